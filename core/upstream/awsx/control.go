package awsx

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"sluice/core/llm"
	"sluice/core/provider"
)

// Control sends a request to Bedrock's control plane, where its jobs are.
// path is escaped. The answer is the service's own, whatever its status; its
// body is the caller's to close.
//
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock.html
func (t *Transport) Control(ctx context.Context, s provider.Settings, method, path string, query url.Values, body []byte) (*http.Response, error) {
	id, err := t.identify(s, true)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, t.controlURL(s, id.region)+path, bytes.NewReader(body))
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "the URL of bedrock cannot be built")
	}
	req.URL.RawQuery = query.Encode()
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if err := t.sign(ctx, req, id, "bedrock", body); err != nil {
		return nil, classify(ctx, err)
	}
	resp, err := t.http.Do(req)
	if err != nil {
		return nil, unsent(ctx, err)
	}
	return resp, nil
}

// controlURL is where the control plane is. A custom host that is Bedrock's
// runtime has none.
func (t *Transport) controlURL(s provider.Settings, region string) string {
	switch {
	case s.CustomHost != "" && !bedrockHost(s.CustomHost):
		return strings.TrimSuffix(s.CustomHost, "/")
	case t.config.ControlEndpoint != "":
		return t.config.ControlEndpoint
	}
	return "https://bedrock." + region + "." + domain(region)
}

func domain(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// sign adds the credential. The path is escaped once more for the signature,
// as everywhere but on S3.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func (t *Transport) sign(ctx context.Context, r *http.Request, id identity, service string, body []byte) error {
	if id.token != "" {
		r.Header.Set("Authorization", "Bearer "+id.token)
		return nil
	}
	keys, err := t.sources.get(id, t.kept).Retrieve(ctx)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	return v4.NewSigner().SignHTTP(ctx, keys, r, hex.EncodeToString(sum[:]), service, id.region, time.Now())
}

// kept are credentials that outlive a request: sessions of roles are.
func (t *Transport) kept(id identity) aws.CredentialsProvider { return t.credentials(id) }

// unsent is a request that has no answer.
func unsent(ctx context.Context, err error) *llm.Error {
	e := classify(ctx, err)
	if e.Kind == llm.Internal {
		return &llm.Error{Kind: llm.Unreachable, Message: "cannot be reached", Err: err}
	}
	return e
}
