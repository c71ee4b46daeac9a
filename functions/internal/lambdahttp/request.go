package lambdahttp

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// newRequest makes a server's request of an event in payload format 2.0. The
// path and the query keep the escapes of the client, since %2F in the name of
// a model is not a separator. The name of the host is the URL's own, and the
// address that of the connection: what headers say about either, anybody can
// write.
func newRequest(e *events.LambdaFunctionURLRequest) (*http.Request, error) {
	if e == nil || e.RequestContext.HTTP.Method == "" {
		return nil, errors.New("not an HTTP event of a function URL")
	}
	uri := requestURI(e)
	u, err := url.ParseRequestURI(uri)
	if err != nil {
		return nil, errors.New("path of the request cannot be read")
	}
	b, n, err := requestBody(e)
	if err != nil {
		return nil, err
	}
	major, minor, ok := http.ParseHTTPVersion(e.RequestContext.HTTP.Protocol)
	if !ok {
		major, minor = 1, 1
	}
	return &http.Request{
		Method:        e.RequestContext.HTTP.Method,
		URL:           u,
		Proto:         fmt.Sprintf("HTTP/%d.%d", major, minor),
		ProtoMajor:    major,
		ProtoMinor:    minor,
		Header:        requestHeader(e),
		Body:          b,
		ContentLength: n,
		Host:          e.RequestContext.DomainName,
		RemoteAddr:    net.JoinHostPort(e.RequestContext.HTTP.SourceIP, "0"),
		RequestURI:    uri,
	}, nil
}

// unsplit escapes what would end the path of a front that decodes it, as API
// Gateway's HTTP APIs do. A function URL sends neither.
var unsplit = strings.NewReplacer("?", "%3F", "#", "%23")

func requestURI(e *events.LambdaFunctionURLRequest) string {
	uri := unsplit.Replace(cmp.Or(e.RawPath, "/"))
	if e.RawQueryString != "" {
		uri += "?" + e.RawQueryString
	}
	return uri
}

func requestBody(e *events.LambdaFunctionURLRequest) (io.ReadCloser, int64, error) {
	switch {
	case e.Body == "":
		return http.NoBody, 0, nil
	case !e.IsBase64Encoded:
		return io.NopCloser(strings.NewReader(e.Body)), int64(len(e.Body)), nil
	}
	b, err := base64.StdEncoding.DecodeString(e.Body)
	if err != nil {
		return nil, 0, errors.New("body of the event is not base64")
	}
	return io.NopCloser(bytes.NewReader(b)), int64(len(b)), nil
}

// requestHeader takes the headers as they are: one that was sent twice comes
// as one value with a comma, and cannot be told from one that has it.
func requestHeader(e *events.LambdaFunctionURLRequest) http.Header {
	h := make(http.Header, len(e.Headers)+1)
	for name, value := range e.Headers {
		h.Set(name, value)
	}
	h.Del("Host")
	if len(e.Cookies) > 0 { // said twice: the header joins them with a comma
		h.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	return h
}
