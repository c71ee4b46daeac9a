package bedrockinvoke

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// A guardrail of Bedrock puts its own words in the model's place, which
// therefore ends as if it had said them.
func TestAnswersThatAGuardrailStoppedDoNotEndAsAnyOther(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"claude": `{"id":"m","type":"message","role":"assistant","content":[{"type":"text","text":"Sorry."}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1},ACTION}`,
		"nova":   `{"output":{"message":{"role":"assistant","content":[{"text":"Sorry."}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":1},ACTION}`,
		"chat":   `{"choices":[{"index":0,"message":{"role":"assistant","content":"Sorry."},"finish_reason":"stop"}],ACTION}`,
		"llama":  `{"generation":"Sorry.","stop_reason":"stop",ACTION}`,
	} {
		for action, want := range map[string]llm.FinishReason{"INTERVENED": llm.FinishContentFilter, "NONE": llm.FinishStop} {
			r, err := Codec{}.Raw(nil).DecodeResponse([]byte(strings.Replace(body, "ACTION", `"amazon-bedrock-guardrailAction":"`+action+`"`, 1)))
			if err != nil || r.Choices[0].Finish.Reason != want {
				t.Errorf("%s, %s: got %+v, %v", name, action, r, err)
			}
		}
	}
}

// In a stream a later chunk than that of the reason may tell of it.
func TestStreamsThatAGuardrailStoppedDoNotEndAsAnyOther(t *testing.T) {
	t.Parallel()
	claude := []string{
		`{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Sorry."}}`, `{"type":"content_block_stop","index":0}`,
		`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5,"new":[1,2,3]}}`,
		`{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":1,"outputTokenCount":5}}`,
	}
	llama := []string{`{"generation":"Sorry."}`, `{"generation":"","stop_reason":"stop"}`, `{"generation":"","amazon-bedrock-invocationMetrics":{"inputTokenCount":1,"outputTokenCount":5}}`}
	for name, payloads := range map[string][]string{"claude": claude, "llama": llama} {
		for place := range payloads {
			told := slices.Clone(payloads)
			told[place] = strings.TrimSuffix(told[place], "}") + `,"amazon-bedrock-guardrailAction":"INTERVENED"}`
			plain, got := decoded(t, payloads), decoded(t, told)
			want := strings.NewReplacer(`reason="stop" raw="end_turn"`, `reason="content_filter" raw="guardrail_intervened"`,
				`reason="stop" raw="stop"`, `reason="content_filter" raw="guardrail_intervened"`).Replace(plain)
			if got != want || want == plain {
				t.Errorf("%s, told in chunk %d: got\n%swant\n%s", name, place, got, want)
			}
		}
	}
}

func decoded(t *testing.T, payloads []string) string {
	t.Helper()
	var wire []byte
	for _, p := range payloads {
		wire = frame.AppendEvent(wire, "chunk", []byte(`{"bytes":"`+base64.StdEncoding.EncodeToString([]byte(p))+`"}`))
	}
	var events []llm.Event
	for e, err := range core.Events(frame.EventStream(strings.NewReader(string(wire)), 0), Codec{}.Raw(nil).DecodeStream()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind != llm.EventNative { // which keeps the member itself
			events = append(events, e)
		}
	}
	return dialecttest.Dump(events, nil)
}
