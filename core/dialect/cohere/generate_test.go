package cohere

import (
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func completion(model string) *llm.Request {
	return &llm.Request{
		Model: model, Turns: []llm.Turn{user(text("Once"))}, MaxTokens: ptr[int64](9), N: ptr[int64](2), Stop: []string{"."}, User: "u", TopP: "0.5", TopK: ptr[int64](3),
		Native: llm.Native{Dialect: llm.OpenAIText, Members: json.Value(`{"suffix":"x"}`)},
	}
}

func TestPromptsOfOldModelsAreGenerated(t *testing.T) {
	t.Parallel()
	x, err := Codec{}.Prepare(completion("command"), dialect.Target{Provider: "cohere"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(x.Body()), `{"model":"command","prompt":"Once","num_generations":2,"max_tokens":9,"p":0.5,"k":3,"end_sequences":["."]}`; got != want || !IsPrompt(x.Body()) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if d := strings.Join(x.Dropped(), " "); d != "user suffix" {
		t.Errorf("dropped %s", d)
	}
	r, err := x.DecodeResponse([]byte(`{"id":"g","generations":[{"text":" upon","finish_reason":"MAX_TOKENS"},{"text":" more"}],"meta":{"billed_units":{"input_tokens":1,"output_tokens":4}}}`))
	if err != nil || len(r.Choices) != 2 || r.Choices[0].Finish.Reason != llm.FinishLength || r.Choices[1].Finish.Reason != llm.FinishStop || r.Usage.Output != 4 || r.Model != "command" {
		t.Errorf("%+v, %v", r, err)
	}
	for _, body := range []string{`{}`, `<`, `{"error":"no"}`, `{"generations":[{"text":"","finish_reason":"ERROR"}]}`} {
		if r, err := x.DecodeResponse([]byte(body)); err == nil {
			t.Errorf("%s is read as %+v", body, r)
		}
	}
	if e := x.DecodeError(429, nil, []byte(`{"message":"slow"}`)); e.Kind != llm.RateLimited || e.Message != "slow" {
		t.Errorf("got %+v", e)
	}
}

func TestPromptsOfOtherModelsBecomeAConversation(t *testing.T) {
	t.Parallel()
	q := completion("command-a-03-2025")
	q.N = nil
	x, err := Codec{}.Prepare(q, dialect.Target{Provider: "cohere"})
	if err != nil || IsPrompt(x.Body()) || !strings.Contains(string(x.Body()), `"messages":[{"role":"user","content":"Once"}]`) {
		t.Errorf("%v", err)
	}
}
