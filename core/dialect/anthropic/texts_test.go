package anthropic

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sluice/core"
	"sluice/core/internal/golden"
	"sluice/core/internal/json"
)

func spans(body string) []string {
	var out []string
	for s := range (Codec{}).Texts(core.Incoming{Body: []byte(body)}) {
		out = append(out, fmt.Sprintf("%d %s %s", s.Turn, s.Surface, json.Unquote(json.Value(body[s.Start:s.End]))))
	}
	return out
}

func TestTextsAreFoundWhereverTheyStand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       []string
	}{
		{"texts as strings", ` { "system" : "s" , "messages" : [ {"role":"user","content":"a"}, {"content":"b","role":"assistant"}, {"role":"system","content":"c"} ] } `,
			[]string{"-1 system s", "0 user a", "1 assistant b", "2 system c"}},
		{"blocks", `{"messages":[{"role":"user","content":[{"text":"a","type":"text"},{"type":"text","cache_control":{"type":"ephemeral"},"text":"b"}]}],"system":[{"type":"text","text":"s"}]}`,
			[]string{"0 user a", "0 user b", "-1 system s"}},
		{"arguments, each string of them", `{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"i","name":"f","input":{"a":"x","b":[1,"y",{"c":"z"}],"d":null,"e" : "w"}}]}]}`,
			[]string{"0 tool_arguments x", "0 tool_arguments y", "0 tool_arguments z", "0 tool_arguments w"}},
		{"results", `{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"i","content":"r"},{"type":"tool_result","content":[{"type":"text","text":"q"},{"type":"image","source":{"type":"base64","data":"AAAA"}},{"type":"document","title":"t","source":{"type":"text","data":"d"}}]}]}]}`,
			[]string{"0 tool_result r", "0 tool_result q", "0 tool_result t", "0 tool_result d"}},
		{"documents", `{"messages":[{"role":"user","content":[{"type":"document","source":{"data":"d","type":"text","media_type":"text/plain"},"title":"t","context":"c"},{"type":"document","source":{"type":"content","content":[{"type":"text","text":"e"}]}},{"type":"document","source":{"type":"content","content":"f"}},{"type":"document","source":{"type":"base64","data":"AAAA"}},{"type":"document","source":{"type":"url","url":"https://x"}}]}]}`,
			[]string{"0 user d", "0 user t", "0 user c", "0 user e", "0 user f"}},
		{"search results", `{"messages":[{"role":"user","content":[{"type":"search_result","source":"https://x","title":"t","content":[{"type":"text","text":"a"}]}]}]}`,
			[]string{"0 user t", "0 user a"}},
		{"thoughts, but nothing signed or encrypted", `{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"web_search_tool_result","content":[{"type":"web_search_result","encrypted_content":"e"}]}]}]}`,
			[]string{"0 reasoning hm"}},
		{"names with escapes hide nothing", `{"mess\u0061ges":[{"r\u006fle":"user","content":[{"type":"te\u0078t","t\u0065xt":"a\"\\"}]}]}`,
			[]string{`0 user a"\`}},
		{"nothing to read", `{"model":"m","messages":5,"system":{},"metadata":{"user_id":"u"}}`, nil},
		{"not an object", `["messages"]`, nil},
		{"not JSON", `{"messages":[{"role":"user","content":"a"}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := spans(tt.body); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTextsMayBeLeftEarly(t *testing.T) {
	t.Parallel()
	n := 0
	for range (Codec{}).Texts(core.Incoming{Body: []byte(`{"system":"s","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}`)}) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("got %d texts, want 2", n)
	}
}

// An edit of every span must leave a request that says the same elsewhere.
func TestEditsOfTextsAreSplices(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/request-*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, p := range paths {
		if _, err := os.Stat(p); err != nil {
			t.Fatal(err)
		}
		body := golden.Read(t, p).Get("request.json")
		var edited []byte
		last, n := 0, 0
		for s := range (Codec{}).Texts(core.Incoming{Body: body}) {
			if s.Start < last || body[s.Start] != '"' || body[s.End-1] != '"' {
				t.Fatalf("%s: the span %+v is not a string behind the one before", p, s)
			}
			edited = append(append(append(edited, body[last:s.Start]...), '"'), `ed\"it"`...)
			last, n = s.End, n+1
		}
		edited = append(edited, body[last:]...)
		if n == 0 || !json.Valid(edited) {
			t.Errorf("%s: %d edits give %s", p, n, edited)
		}
		if _, err := (Codec{}).DecodeRequest(core.Incoming{Body: edited}); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
}
