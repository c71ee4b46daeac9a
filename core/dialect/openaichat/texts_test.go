package openaichat

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/internal/json"
)

const everySurface = ` {"model":"m", "tools":[{"type":"function","function":{"name":"f","description":"not a message"}}],
 "messages" : [ {"role":"system","content":"sys"},
 {"content":[{"type":"text","text":"dev"},{"type":"text","text":""}],"role":"developer"},
 {"role":"user","conte\u006et":[{"text":"caf\u00e9 \"q\"","type":"text"},{"type":"image_url","image_url":{"url":"https://e.com"}},
   {"type":"file","file":{"file_data":"plain words","mime_type":"text/plain"}},
   {"type":"file","file":{"mime_type":"text/plain","file_data":"data:text/plain;base64,QQ=="}},
   {"type":"file","file":{"mime_type":"application/pdf","file_data":"QQ=="}},
   {"type":"tool_thing","content":[{"type":"text","text":"inner"}]}]},
 {"role":"assistant","content":null,"reasoning_content":"hm","reasoning":"hm2","reasoning_details":[{"type":"reasoning.text","text":"hm3"}],"refusal":"no",
   "tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"b","type":"custom","custom":{"name":"g","input":"raw"}},
     {"id":"c","function":{"name":"h","arguments":{"k":["deep",7]}}}],
   "function_call":{"name":"f","arguments":"{}"}},
 {"role":"assistant","content":"a","content_blocks":[{"type":"thinking","thinking":"think","signature":"s"},{"type":"thinking","thinking":[{"type":"text","text":"chunk"}]},{"type":"refusal","refusal":"never"},{"type":"text","text":"block"}]},
 {"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"r1"}]},
 {"role":"function","name":"f","content":"r2"} ],"user":"u"}`

func TestTextsFindEverySurface(t *testing.T) {
	t.Parallel()
	want := []string{
		`0 system "sys"`, `1 system "dev"`,
		`2 user "caf\u00e9 \"q\""`, `2 user "plain words"`, `2 user "inner"`,
		`3 reasoning "hm"`, `3 reasoning "hm2"`, `3 reasoning "hm3"`, `3 assistant "no"`,
		`3 tool_arguments "{\"a\":1}"`, `3 tool_arguments "raw"`, `3 tool_arguments "deep"`, `3 tool_arguments "{}"`,
		`4 assistant "a"`, `4 reasoning "think"`, `4 reasoning "chunk"`, `4 assistant "never"`, `4 assistant "block"`,
		`5 tool_result "r1"`, `6 tool_result "r2"`,
	}
	var got []string
	for s := range (Codec{}).Texts(core.Incoming{Body: []byte(everySurface)}) {
		got = append(got, fmt.Sprintf("%d %s %s", s.Turn, s.Surface, everySurface[s.Start:s.End]))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// An edit is a splice: replacing every text leaves a body whose texts are the
// new ones, and nothing else has changed.
func TestTextsCanBeReplacedInPlace(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	at, n := 0, 0
	for s := range (Codec{}).Texts(core.Incoming{Body: []byte(everySurface)}) {
		out.WriteString(everySurface[at:s.Start] + `"X"`)
		at = s.End
		n++
	}
	out.WriteString(everySurface[at:])
	edited := out.String()
	if !json.Valid([]byte(edited)) {
		t.Fatalf("not JSON: %s", edited)
	}
	for s := range (Codec{}).Texts(core.Incoming{Body: []byte(edited)}) {
		if got := edited[s.Start:s.End]; got != `"X"` {
			t.Errorf("%s is left", got)
		}
		n--
	}
	if n != 0 {
		t.Errorf("the number of texts differs by %d", n)
	}
}

func TestTextsStopWhenNobodyWantsMore(t *testing.T) {
	t.Parallel()
	for k := range 20 {
		n := 0
		for range (Codec{}).Texts(core.Incoming{Body: []byte(everySurface)}) {
			if n++; n > k {
				break
			}
		}
		if n != k+1 {
			t.Errorf("got %d texts, want %d", n, k+1)
		}
	}
}

func TestTextsOfOtherBodies(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `null`, `[]`, `{}`, `{"messages":{}}`, `{"messages":[7,"x",null,[]]}`, `{"messages":[{"content":7}]}`, `{"messages":[{"role":"user","content":"x"`} {
		for s := range (Codec{}).Texts(core.Incoming{Body: []byte(body)}) {
			t.Errorf("%s has a text at %d", body, s.Start)
		}
	}
}
