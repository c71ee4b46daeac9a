package cohere

import (
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/llm"
)

func decode(body string) (*llm.Request, error) {
	return Codec{}.DecodeRequest(core.Incoming{Body: []byte(body)})
}

func TestFaultsAreNamedByTheirPlace(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{`:                                 "the request body",
		`{"model":"m"}`:                     "messages: is missing",
		`{"messages":[{"content":"x"}]}`:    "messages[0].role: is missing",
		`{"messages":[{"role":"chatbot"}]}`: "messages[0].role: must be system, user, assistant or tool",
		`{"messages":[{"role":"user","content":7}]}`:                                        "messages[0].content: must be",
		`{"messages":[{"role":"user","content":[{"type":"text"}]}]}`:                        "messages[0].content[0].text: is missing",
		`{"messages":[{"role":"user","content":[{"text":"x"}]}]}`:                           "messages[0].content[0].type: is missing",
		`{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}`:                   "messages[0].content[0].image_url.url: is missing",
		`{"messages":[{"role":"assistant","content":[{"type":"thinking"}]}]}`:               "messages[0].content[0].thinking: is missing",
		`{"messages":[{"role":"tool","content":[{"type":"document"}],"tool_call_id":"x"}]}`: "messages[0].content[0].document: is missing",
		`{"messages":[{"role":"tool","content":"x"}]}`:                                      "messages[0].tool_call_id: is missing",
		`{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}]}`:      "messages[0].tool_calls[0].id: is missing",
		`{"messages":[{"role":"assistant","tool_calls":[{"id":"c"}]}]}`:                     "messages[0].tool_calls[0].function.name: is missing",
		`{"messages":[],"tools":[{"type":"web"}]}`:                                          "tools[0].type: must be function",
		`{"messages":[],"tools":[{"type":"function"}]}`:                                     "tools[0].function.name: is missing",
		`{"messages":[],"tool_choice":"AUTO"}`:                                              "tool_choice: must be REQUIRED or NONE",
		`{"messages":[],"documents":[{"id":"x"}]}`:                                          "data must be an object or a string",
		`{"messages":[],"response_format":{"type":"xml"}}`:                                  "response_format.type: must be text or json_object",
		`{"messages":[],"response_format":"json"}`:                                          "response_format",
		`{"messages":[],"thinking":{"type":"some"}}`:                                        "thinking.type: must be enabled or disabled",
		`{"messages":[],"thinking":{"token_budget":"x"}}`:                                   "thinking.token_budget",
		`{"messages":[],"temperature":"hot"}`:                                               "temperature: must be a number",
		`{"messages":[],"max_tokens":0}`:                                                    "max_tokens: must be at least 1",
	} {
		_, err := decode(body)
		if e, ok := err.(*llm.Error); !ok || e.Kind != llm.BadRequest || !strings.Contains(e.Message, want) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

// TestDocumentsGoToWhatTheUserSaysLast: other dialects have documents in
// messages only.
func TestDocumentsGoToWhatTheUserSaysLast(t *testing.T) {
	t.Parallel()
	r, err := decode(`{"documents":["a",{"data":{"title":"T","text":"b"},"id":"1"},{"data":{"text":"c","year":2001}}],
		"messages":[{"role":"user","content":"one"},{"role":"user","content":"two"},{"role":"assistant","content":"three"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range r.Turns[1].Parts {
		switch p := p.(type) {
		case *llm.Media:
			got = append(got, p.Name+":"+p.Text)
		case *llm.Text:
			got = append(got, p.Text)
		}
	}
	if s := strings.Join(got, " | "); s != `:a | T:b | :{"text":"c","year":2001} | two` || len(r.Turns[0].Parts) != 1 {
		t.Errorf("got %s", s)
	}
}

func TestTextsAreFoundInTheirOrder(t *testing.T) {
	t.Parallel()
	body := `{"messages":[{"content":"s","role":"system"},{"role":"user","content":[{"type":"text","text":"u"},{"type":"image_url","image_url":{"url":"no"}}]},
		{"role":"assistant","tool_plan":"p","content":[{"type":"thinking","thinking":"t"}],"tool_calls":[{"id":"no","function":{"name":"no","arguments":"{}"}}]},
		{"role":"tool","tool_call_id":"no","content":[{"type":"document","document":{"id":"no","data":{"a":"r1","b":["r2"]}}},{"type":"text","text":"r3"}]}],
		"documents":["d1",{"data":{"text":"d2"},"id":"no"},{"data":"d3"}],"model":"no"}`
	var got []string
	for s := range (Codec{}).Texts(core.Incoming{Body: []byte(body)}) {
		got = append(got, s.Surface+"="+body[s.Start:s.End])
	}
	want := `system="s" user="u" reasoning="p" reasoning="t" tool_arguments="{}" tool_result="r1" tool_result="r2" tool_result="r3" user="d1" user="d2" user="d3"`
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}
