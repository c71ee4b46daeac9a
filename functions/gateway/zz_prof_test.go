package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"sluice/core/gateway"
	"sluice/core/usage"
	"sluice/functions/internal/aws"
	"sluice/functions/internal/lambdahttp"
	"context"
	"io"
	"encoding/json"
	"github.com/aws/aws-lambda-go/events"
)

func TestZZ(t *testing.T) {
	t0 := time.Now()
	env := map[string]string{"SLUICE_KEY": "k", "AWS_LAMBDA_RUNTIME_API": "x"}
	getenv := func(n string) string { return env[n] }
	log := aws.Logger(getenv, os.Stderr)
	slog.SetDefault(log)
	t1 := time.Now()
	c, _ := aws.Gateway(getenv)
	c.Sinks = []usage.Sink{usage.NewLines(io.Discard)}
	t2 := time.Now()
	h, _ := gateway.New(c)
	t3 := time.Now()
	fmt.Println("logger", t1.Sub(t0), "aws", t2.Sub(t1), "new", t3.Sub(t2))
	for range 3 {
		r := httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(strings.Replace(chat, `"echo"`, `"echo-fast"`, 1)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Portkey-Provider", "echo")
		r.Header.Set("X-Portkey-Api-Key", "k")
		w := &firstW{ResponseRecorder: httptest.NewRecorder()}
		t4 := time.Now()
		h.ServeHTTP(w, r)
		t5 := time.Now()
		fmt.Println("serve", t5.Sub(t4), "first", w.first.Sub(t4), w.Code)
	}
	ad := lambdahttp.Adapt(h, lambdahttp.Options{})
	for range 3 {
		b, _ := json.Marshal(&events.LambdaFunctionURLRequest{RawPath: "/v1/chat/completions", Body: strings.Replace(chat, `"echo"`, `"echo-fast"`, 1), Headers: map[string]string{"content-type": "application/json", "x-portkey-provider": "echo", "x-portkey-api-key": "k"}, RequestContext: events.LambdaFunctionURLRequestContext{HTTP: events.LambdaFunctionURLRequestContextHTTPDescription{Method: "POST"}}})
		t4 := time.Now()
		var e events.LambdaFunctionURLRequest
		json.Unmarshal(b, &e)
		t5 := time.Now()
		resp, err := ad(context.Background(), &e)
		t6 := time.Now()
		if err != nil { t.Fatal(err) }
		io.ReadAll(resp.Body)
		t7 := time.Now()
		resp.Body.(io.Closer).Close()
		fmt.Println("unm", t5.Sub(t4), "adapt", t6.Sub(t5), "read", t7.Sub(t6), "close", time.Since(t7), resp.StatusCode)
	}
}

type firstW struct {
	*httptest.ResponseRecorder
	first time.Time
}

func (w *firstW) Write(p []byte) (int, error) {
	if w.first.IsZero() {
		w.first = time.Now()
	}
	return w.ResponseRecorder.Write(p)
}
var _ http.Handler
