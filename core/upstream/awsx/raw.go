package awsx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A call is one request and its answer.
type call struct {
	body     []byte
	header   http.Header
	http     *http.Client
	output   any // what the SDK's operation returns: empty, of the right type
	response *http.Response
}

// raw makes an operation of the SDK carry the call's bytes.
func (c *call) raw(o *bedrockruntime.Options) {
	o.HTTPClient = c
	o.APIOptions = append(o.APIOptions, c.install)
}

// Names of the SDK's middleware. That they still fit is tested by every test
// that reads an answer.
const (
	serializer        = "OperationSerializer"
	deserializer      = "OperationDeserializer"
	eventDeserializer = "OperationEventStreamDeserializer"
)

func (c *call) install(s *middleware.Stack) error {
	if _, ok := s.Deserialize.Get(eventDeserializer); ok {
		if _, err := s.Deserialize.Remove(eventDeserializer); err != nil {
			return err
		}
	}
	if _, err := s.Deserialize.Swap(deserializer, middleware.DeserializeMiddlewareFunc(deserializer, c.capture)); err != nil {
		return err
	}
	return s.Serialize.Insert(middleware.SerializeMiddlewareFunc("RawBody", c.fill), serializer, middleware.After)
}

// fill puts our bytes in the place of what the SDK has written. Signing comes
// later.
func (c *call) fill(ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler) (
	out middleware.SerializeOutput, m middleware.Metadata, err error,
) {
	req, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return out, m, fmt.Errorf("the SDK writes a %T", in.Request)
	}
	if req, err = req.SetStream(bytes.NewReader(c.body)); err != nil {
		return out, m, err
	}
	req.Header.Set("Content-Type", "application/json")
	for name, values := range c.header {
		if name = textproto.CanonicalMIMEHeaderKey(name); ours(name) {
			req.Header[name] = values
		}
	}
	in.Request = req
	return next.HandleSerialize(ctx, in)
}

// ours reports whether a header may be set. Others are what the SDK or the
// connection says about itself.
func ours(name string) bool {
	switch name {
	case "Authorization", "Host", "Content-Length", "User-Agent", "Connection", "Transfer-Encoding", "Expect":
		return false
	}
	return !strings.HasPrefix(name, "X-Amz-") && !strings.HasPrefix(name, "Amz-Sdk-")
}

// capture keeps the answer, of which nothing has been read.
func (c *call) capture(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	out middleware.DeserializeOutput, m middleware.Metadata, err error,
) {
	out, m, err = next.HandleDeserialize(ctx, in)
	if err != nil {
		return out, m, err
	}
	resp, ok := out.RawResponse.(*smithyhttp.Response)
	if !ok || resp.Response == nil {
		return out, m, errors.New("the SDK has no answer")
	}
	c.response, out.Result = resp.Response, c.output
	return out, m, nil
}

// Do sends the signed request. With GetBody, net/http may send it again when
// a connection that was kept turns out to be dead before anything was
// answered.
func (c *call) Do(r *http.Request) (*http.Response, error) {
	r.ContentLength = int64(len(c.body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c.body)), nil }
	r.Body, _ = r.GetBody()
	return c.http.Do(r)
}
