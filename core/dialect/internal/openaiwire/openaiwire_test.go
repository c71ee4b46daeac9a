package openaiwire

import (
	"testing"

	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestFinishReasons(t *testing.T) {
	t.Parallel()
	tests := []struct {
		raw    string
		calls  bool
		reason llm.FinishReason
		strict string
	}{
		{"stop", false, llm.FinishStop, "stop"},
		{"stop", true, llm.FinishToolCalls, "tool_calls"},
		{"length", true, llm.FinishLength, "length"},
		{"content_filter", false, llm.FinishContentFilter, "content_filter"},
		{"function_call", true, llm.FinishToolCalls, "function_call"},
		{"model_length", false, llm.FinishContextLength, "length"},
		{"eos", false, llm.FinishStop, "stop"},
		{"insufficient_system_resource", false, llm.FinishOther, "stop"},
		{"", false, llm.FinishOther, "stop"},
	}
	for _, tt := range tests {
		f := Finish(tt.raw, tt.calls)
		if f.Reason != tt.reason || f.Raw != tt.raw {
			t.Errorf("%q: got %+v, want %s", tt.raw, f, tt.reason)
		}
		if got := FinishWord(f, true); got != tt.strict {
			t.Errorf("%q: strict clients get %q, want %q", tt.raw, got, tt.strict)
		}
	}
	for reason, want := range map[llm.FinishReason]string{llm.FinishRefusal: "content_filter", llm.FinishPause: "stop", llm.FinishStopSequence: "stop"} {
		if got := FinishWord(llm.Finish{Reason: reason, Raw: "x"}, true); got != want {
			t.Errorf("%s: got %q, want %q", reason, got, want)
		}
	}
}

func TestValuesInEverySpelling(t *testing.T) {
	t.Parallel()
	var v struct {
		Number Number   `json:"number"`
		Stops  Stops    `json:"stops"`
		Text   Text     `json:"text"`
		Other  Text     `json:"other"`
		Maybe  Maybe    `json:"maybe"`
		Null   Maybe    `json:"null"`
		Counts [4]Count `json:"counts"`
	}
	err := json.Unmarshal([]byte(`{"number":0.70,"stops":"x","text":"t","other":{"a":1},"maybe":[1],"null":null,"counts":[7,1.9e1,-3,"9"]}`), &v)
	if err != nil || v.Number != "0.70" || len(v.Stops) != 1 || v.Text != "t" || v.Other != `{"a":1}` || string(v.Maybe.Value()) != "[1]" || v.Null.Value() != nil {
		t.Errorf("got %+v, %v", v, err)
	}
	if want := [4]Count{7, 19, 0, 0}; v.Counts != want {
		t.Errorf("counts are %v, want %v", v.Counts, want)
	}
	for _, in := range []string{`{"number":"1"}`, `{"stops":1}`} {
		if err := json.Unmarshal([]byte(in), &v); err == nil {
			t.Errorf("%s was accepted", in)
		}
	}
}

func TestFramesThatSayNoEnd(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]bool{
		`{"choices":[{"delta":{"content":"a"},"finish_reason":null}],"usage":null}`: true,
		`{"choices":[{"text":"say \"usage\": 1"}]}`:                                 true,
		`{"choices":[{"finish_reason" : "stop"}]}`:                                  false,
		`{"choices":[],"usage":{"total_tokens":1}}`:                                 false,
		`{"error":{"message":"x"}}`:                                                 false,
		`[DONE]`:                                                                    false,
	} {
		if got := SaysNoEnd(frame.Frame{Data: []byte(data)}); got != want {
			t.Errorf("%s: got %v", data, got)
		}
	}
}
