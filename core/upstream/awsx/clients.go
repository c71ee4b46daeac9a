package awsx

import (
	"container/list"
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/auth/bearer"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// maxClients is how many clients are kept. A client is small; what is lost
// with it is the session of an assumed role.
const maxClients = 128

// clients keeps the clients that were used last. The zero value is ready.
type clients[T any] struct {
	mu     sync.Mutex
	byID   map[identity]*list.Element
	recent list.List // of *entry[T], the latest first
}

type entry[T any] struct {
	id     identity
	client T
}

// get returns the client of an identity, and makes it if need be.
func (c *clients[T]) get(id identity, build func(identity) T) T {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byID[id]; ok {
		c.recent.MoveToFront(e)
		return e.Value.(*entry[T]).client
	}
	if c.byID == nil {
		c.byID = map[identity]*list.Element{}
	}
	e := &entry[T]{id, build(id)}
	c.byID[id] = c.recent.PushFront(e)
	if c.recent.Len() > maxClients {
		last := c.recent.Remove(c.recent.Back()).(*entry[T])
		delete(c.byID, last.id)
	}
	return e.client
}

// newClient makes a client. Its credentials are set behind the SDK's own
// defaults: with AWS_BEARER_TOKEN_BEDROCK in the environment these would send
// that token for every target, also for those with keys of their own.
func (t *Transport) newClient(id identity) *bedrockruntime.Client {
	o := bedrockruntime.Options{Region: id.region, HTTPClient: t.http, Retryer: aws.NopRetryer{}}
	if id.endpoint != "" {
		o.BaseEndpoint = &id.endpoint
	}
	return bedrockruntime.New(o, func(o *bedrockruntime.Options) {
		o.APIOptions = nil
		o.Credentials, o.BearerAuthTokenProvider = nil, nil
		if id.token != "" {
			o.BearerAuthTokenProvider = bearer.StaticTokenProvider{Token: bearer.Token{Value: id.token}}
			o.BearerAuthSigner = bearerSigner{}
			o.AuthSchemePreference = []string{"httpBearerAuth"}
			return
		}
		o.Credentials = t.credentials(id)
		o.AuthSchemePreference = []string{"sigv4"}
	})
}

// bearerSigner sends the token to whatever endpoint was set. The SDK's own
// refuses plain HTTP, but then the endpoint is a custom host, and those have
// been checked: only an operator can allow plain HTTP.
type bearerSigner struct{}

func (bearerSigner) SignWithBearerToken(_ context.Context, t bearer.Token, m bearer.Message) (bearer.Message, error) {
	r := m.(*smithyhttp.Request).Clone()
	r.Header.Set("Authorization", "Bearer "+t.Value)
	return r, nil
}
