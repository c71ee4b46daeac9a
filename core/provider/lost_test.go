package provider

import (
	"slices"
	"strings"
	"testing"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// everyMember is a chat request with the members that the reference loses on
// one OpenAI-compatible provider or another.
const everyMember = `{"model":"m","messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"auto","parallel_tool_calls":true,
	"response_format":{"type":"json_object"},"stop":["x"],"n":1,"seed":7,"logprobs":true,"top_logprobs":2,"stream":true,"stream_options":{"include_usage":true},"user":"u","reasoning_effort":"low",
	"presence_penalty":0.5,"frequency_penalty":0.25,"max_completion_tokens":9,"top_k":3,"unheard_of":{"x":1.0}}`

// without are the members that a provider answers 400 or 422 to, as its pages
// say, or that it has in the address; each is told to the client as dropped.
var without = map[string][]string{
	"cerebras":   {"presence_penalty", "frequency_penalty"},
	"groq":       {"logprobs", "top_logprobs"},
	"mistral-ai": {"stream_options", "user", "logprobs", "top_logprobs"},
	"codestral":  {"stream_options", "user", "logprobs", "top_logprobs"},
	"predibase":  {"user"},
	"sagemaker":  {"model"}, // the address names the endpoint
}

// The reference has lists of members for each provider, and loses the others
// in silence. Here each arrives, under its own name or the provider's.
func TestNoMemberOfAChatRequestIsLost(t *testing.T) {
	t.Parallel()
	renamed := map[string]string{"max_completion_tokens": "max_tokens", "seed": "random_seed"}
	each(t, func(t *testing.T, s *Spec) {
		if !slices.ContainsFunc(s.Available(Settings{}), func(e Endpoint) bool { return e.Codec != nil && e.Codec.Dialect() == llm.OpenAIChat }) {
			return
		}
		out, dropped, err := s.Apply(llm.OpenAIChat, []byte(everyMember))
		if err != nil {
			t.Fatal(err)
		}
		sent := json.ObjectOf(out)
		for _, m := range json.ObjectOf([]byte(everyMember)) {
			got := sent.Get(m.Name)
			if got == nil {
				got = sent.Get(renamed[m.Name])
			}
			lost := slices.Contains(without[s.ID], m.Name)
			if lost != (got == nil) || lost != slices.Contains(dropped, m.Name) {
				t.Errorf("%s: sent %s, reported %v, to be left out %v", m.Name, got, slices.Contains(dropped, m.Name), lost)
			}
			if got != nil && string(got) != string(m.Value) {
				t.Errorf("%s is %s, was %s", m.Name, got, m.Value)
			}
		}
	})
}

// A request without a model is refused: no provider of another name is asked
// for a model of its own.
func TestNoProviderHasADefaultModel(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *Spec) {
		out, _, err := s.Apply(llm.OpenAIChat, []byte(`{"messages":[]}`))
		if err != nil || strings.Contains(string(out), `"model"`) {
			t.Errorf("%s became of a request without a model, %v", out, err)
		}
	})
}
