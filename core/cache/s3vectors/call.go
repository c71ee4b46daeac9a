package s3vectors

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"sluice/core/internal/json"
)

// service is the name that signatures are for.
const service = "s3vectors"

// maxAnswer is the largest answer that is read, in bytes.
const maxAnswer = 1 << 20

// A Fault is a refusal of the service.
type Fault struct {
	Operation string
	Status    int
	Code      string // such as NotFoundException
	Message   string
}

// Error implements error.
func (f *Fault) Error() string {
	return fmt.Sprintf("s3vectors: %s: %d %s %s", f.Operation, f.Status, f.Code, f.Message)
}

func is(err error, code string) bool {
	f, ok := errors.AsType[*Fault](err)
	return ok && f.Code == code
}

// isMissing reports whether there is no such index.
func isMissing(err error) bool { return is(err, "NotFoundException") }

// call asks for an operation. out may be nil.
func (x *Index) call(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("s3vectors: %s: %w", operation, err)
	}
	resp, err := x.send(ctx, operation, body)
	if err != nil {
		return fmt.Errorf("s3vectors: %s: %w", operation, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("s3vectors: %s: %w", operation, err)
	case resp.StatusCode != http.StatusOK:
		return fault(operation, resp, answer)
	case out == nil:
		return nil
	}
	if err := json.UnmarshalLoose(answer, out); err != nil {
		return fmt.Errorf("s3vectors: %s: read the answer: %w", operation, err)
	}
	return nil
}

// send signs a request and sends it.
//
// https://docs.aws.amazon.com/general/latest/gr/s3.html
func (x *Index) send(ctx context.Context, operation string, body []byte) (*http.Response, error) {
	c := x.config
	host := cmp.Or(c.Endpoint, "https://s3vectors."+c.Region+"."+domain(c.Region))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(host, "/")+"/"+operation, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	keys, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, keys, req, hex.EncodeToString(sum[:]), service, c.Region, time.Now()); err != nil {
		return nil, err
	}
	return c.HTTP.Do(req)
}

func domain(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "api.amazonwebservices.com.cn"
	}
	return "api.aws"
}

// fault reads a refusal. Its code may have a name space in front and a URL
// behind.
//
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization
func fault(operation string, resp *http.Response, answer []byte) error {
	var said struct {
		Message string `json:"message"`
		Code    string `json:"__type"`
	}
	_ = json.UnmarshalLoose(answer, &said) // whatever it is: the status says enough
	code, _, _ := strings.Cut(cmp.Or(resp.Header.Get("X-Amzn-Errortype"), said.Code), ":")
	return &Fault{operation, resp.StatusCode, code[strings.LastIndexByte(code, '#')+1:], said.Message}
}
