package openaichat

import (
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestLogprobsAndGroundingOfGemini(t *testing.T) {
	t.Parallel()
	native := llm.Native{Dialect: llm.Gemini, Members: json.Value(`{"groundingMetadata":{"webSearchQueries":["q"]},"safetyRatings":[{}],"avgLogprobs":1}`)}
	r := &llm.Response{ID: "r", Choices: []llm.Choice{{
		Parts: []llm.Part{&llm.Text{Text: "Hi"}}, Finish: llm.Finish{Reason: llm.FinishStop, Raw: "STOP"}, Native: native,
		Logprobs: []llm.TokenLogprob{{Token: "é", Logprob: "-0.10", Top: []llm.TokenLogprob{{Token: "H", Logprob: "-2"}}}},
	}}}
	const likely = `"logprobs":{"content":[{"token":"é","logprob":-0.10,"bytes":[195,169],"top_logprobs":[{"token":"H","logprob":-2,"bytes":[72]}]}]}`
	for _, tt := range []struct {
		o            dialect.Options
		ground, safe bool
	}{{dialect.Options{Strict: true, Provider: "vertex-ai"}, false, false}, {dialect.Options{Provider: "vertex-ai"}, true, true}, {dialect.Options{Provider: "google"}, true, false}} {
		whole, err := Codec{}.EncodeResponse(r, tt.o)
		if err != nil {
			t.Fatal(err)
		}
		s, streamed := Codec{}.EncodeStream(tt.o), []byte(nil)
		for e := range r.Events() {
			if streamed, err = s.Encode(streamed, e); err != nil {
				t.Fatal(err)
			}
		}
		for _, out := range []string{string(whole), string(streamed)} {
			if !strings.Contains(out, likely) || tt.ground != strings.Contains(out, `"groundingMetadata":{"webSearchQueries":["q"]}`) ||
				tt.safe != strings.Contains(out, `"safetyRatings":[{}]`) || strings.Contains(out, "avgLogprobs") {
				t.Errorf("%+v:\n%s", tt.o, out)
			}
		}
	}
}
