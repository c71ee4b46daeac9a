package main

import (
	"errors"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

// plain are handlers without the adapter, by the value of PLAIN. They do not
// return.
var plain = map[string]func(){
	"proxy": func() {
		lambda.Start(func(e events.LambdaFunctionURLRequest) (events.LambdaFunctionURLResponse, error) {
			return events.LambdaFunctionURLResponse{
				StatusCode: 201, Headers: map[string]string{"X-Path": e.RawPath}, Cookies: []string{"a=1", "b=2"},
				Body: "aGVsbG8=", IsBase64Encoded: true,
			}, nil
		})
	},
	"object": func() {
		lambda.Start(func() (map[string]string, error) { return map[string]string{"a": "b"}, nil })
	},
	"large": func() {
		lambda.Start(func() (string, error) { return strings.Repeat("x", 7<<20), nil })
	},
	"error": func() {
		lambda.Start(func() (string, error) { return "", errors.New("refused") })
	},
	"panic": func() {
		lambda.Start(func() (string, error) { panic("outside of the adapter") })
	},
	"upper": func() {
		lambda.Start(func(word string) (string, error) {
			switch word {
			case "error":
				return "", errors.New("refused")
			case "exit":
				os.Exit(7)
			case "hang":
				select {}
			}
			return strings.ToUpper(word), nil
		})
	},
	"empty": func() {
		lambda.Start(func() (*events.LambdaFunctionURLStreamingResponse, error) {
			return &events.LambdaFunctionURLStreamingResponse{StatusCode: 204}, nil
		})
	},
}
