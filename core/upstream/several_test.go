package upstream

import (
	"context"
	"net/http"
	"testing"

	"sluice/core"
	"sluice/core/dialect/openaichat"
	"sluice/core/llm"
	"sluice/core/provider"
)

type panicking struct{}

func (panicking) Send(context.Context, provider.Settings, Message) (*http.Response, error) {
	panic("a bug")
}

// A fault in one of several requests reaches whoever serves the call, and not
// the end of the process.
func TestAFaultInOneOfSeveralRequestsIsTheCalls(t *testing.T) {
	t.Parallel()
	defer func() {
		if p := recover(); p != "a bug" {
			t.Errorf("recovered %v", p)
		}
	}()
	spec, _ := provider.Find("bedrock")
	c := &Client{Transports: map[string]Transport{provider.BedrockTransport: panicking{}}}
	call := (&core.Call{
		Incoming:  core.Incoming{Method: http.MethodPost, Model: "amazon.titan-embed-text-v2:0", Body: []byte(`{"model":"amazon.titan-embed-text-v2:0","input":["a","b"]}`)},
		Operation: llm.Embed, Dialect: llm.OpenAIChat, Decoder: openaichat.Codec{},
	}).Prepare()
	_, err := c.Do(t.Context(), call, Target{Spec: spec})
	t.Errorf("it went on: %v", err)
}
