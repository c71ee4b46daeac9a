package guard_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/anthropic"
	"sluice/core/dialect/bedrock"
	"sluice/core/dialect/cohere"
	"sluice/core/dialect/gemini"
	"sluice/core/dialect/openaichat"
	"sluice/core/dialect/openairesponses"
	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func asks(d llm.Dialect, in dialect.Inbound, body string) *guard.Request {
	return guard.NewRequest(&core.Call{Incoming: core.Incoming{Body: []byte(body)}, Operation: llm.Generate, Dialect: d, Decoder: in}, "p")
}

func TestTextsBesideTheKnownOnesHavePlaceAndSpeaker(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		dialect llm.Dialect
		codec   dialect.Inbound
		body    string
		want    []string // place, role, turn, text
	}{
		{llm.OpenAIChat, openaichat.Codec{}, `{"tools":[{"type":"function","function":{"name":"f","description":"D","parameters":{"properties":{"description":{"type":"string","description":"P","enum":["e"]}}}}}],"messages":[{"role":"user","name":"bob","content":[{"type":"text","text":"T"},{"type":"image_url","image_url":{"url":"https://x.example/","detail":"low"}},{"type":"file","file":{"filename":"F","file_id":"i"}}]}],"prediction":{"type":"content","content":"W"},"user":"u","metadata":{"a":"b"}}`,
			[]string{"definition system -1 D", "definition system -1 P", "content user 0 T", "file_name user 0 F", "content user -1 W"}},
		{llm.Anthropic, anthropic.Codec{}, `{"system":[{"type":"text","text":"S","cache_control":{"type":"ephemeral","ttl":"5m"}}],"messages":[{"content":[{"type":"text","text":"A","citations":[{"type":"char_location","cited_text":"C","file_id":null}]},{"type":"server_tool_use","id":"i","name":"n","input":{"url":"U"}},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}],"role":"assistant"},{"role":"user","content":"x"}]}`,
			[]string{"content system -1 S", "content assistant 0 A", "content assistant 0 C", "content assistant 0 U", "content user 1 x"}},
		{llm.OpenAIResponses, openairesponses.Codec{}, `{"input":[{"type":"code_interpreter_call","id":"i","code":"C","status":"completed"},{"type":"x_output","call_id":"i","note":"R"},{"role":"user","content":[{"type":"input_file","filename":"F"}]}]}`,
			[]string{"content assistant 0 C", "content tool 1 R", "file_name user 2 F"}},
		{llm.Gemini, gemini.Codec{}, `{"contents":[{"parts":[{"fileData":{"displayName":"F","fileUri":"gs://b/a","mimeType":"text/plain"}},{"new":{"words":["N"]}}],"role":"model"}]}`,
			[]string{"file_name assistant 0 F", "content assistant 0 N"}},
		{llm.Converse, bedrock.Codec{}, `{"messages":[{"role":"user","content":[{"document":{"name":"F","format":"pdf","source":{"bytes":"AA=="}}},{"cachePoint":{"type":"default"}},{"guardContent":{"text":{"text":"G","qualifiers":["query"]}}}]}],"promptVariables":{"a":{"text":"V"}}}`,
			[]string{"file_name user 0 F", "content user 0 G", "content user -1 V"}},
		{llm.Cohere, cohere.Codec{}, `{"messages":[{"role":"assistant","tool_plan":"P","citations":[{"text":"C","sources":[{"type":"document","id":"i"}]}]}]}`,
			[]string{"reasoning assistant 0 P", "content assistant 0 C"}},
	} {
		var got []string
		for _, x := range asks(tt.dialect, tt.codec, tt.body).Input().Texts {
			got = append(got, fmt.Sprintf("%s %s %d %s", x.Place, x.Role, x.Turn, x.Text))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", tt.dialect, got, tt.want)
		}
	}
}

func TestWhatBelongsToNoMessageIsAlwaysNew(t *testing.T) {
	t.Parallel()
	body := `{"prediction":{"content":"W"},"messages":[{"role":"user","content":"old"},{"role":"assistant","content":"begun"}],"tools":[{"description":"D"}]}`
	seen := []string{}
	hook := hookOf(t, `{"default.seen":{}}`, func(in *guard.Input) (guard.Verdict, error) {
		for _, x := range in.Texts {
			seen = append(seen, x.Text)
		}
		return guard.Verdict{Pass: true}, nil
	})
	guard.Run(t.Context(), []*guard.Hook{hook}, asks(llm.OpenAIChat, openaichat.Codec{}, body).Input())
	if !slices.Equal(seen, []string{"W", "begun"}) {
		t.Errorf("judged %q", seen)
	}
}

// hookOf is a hook whose check default.seen is a function.
func hookOf(t *testing.T, hook string, check checkFunc) *guard.Hook {
	t.Helper()
	library := guard.NewLibrary(guard.Spec{ID: "default.seen", New: func(*guard.Params, guard.Env) guard.Check { return check }})
	p := guard.Parser{Library: library, Fault: func(path []string, message string) { t.Error(path, message) }}
	return p.Hooks("input_guardrails", json.Value("["+hook+"]"), nil)[0]
}

type checkFunc func(in *guard.Input) (guard.Verdict, error)

func (f checkFunc) Check(_ context.Context, in *guard.Input) (guard.Verdict, error) { return f(in) }

// randomJSON writes the same values in ever other ways: spaces, escapes,
// members in other orders, members that nobody knows.
type randomJSON struct {
	*rand.Rand
	strings.Builder
}

func (r *randomJSON) space() {
	for range r.IntN(3) {
		r.WriteByte(" \n\t\r"[r.IntN(4)])
	}
}

func (r *randomJSON) text(s string) {
	r.WriteByte('"')
	for _, c := range s {
		switch n := r.IntN(4); {
		case n == 0 && c < 0x10000:
			fmt.Fprintf(r, `\u%04x`, c)
		case c == '"' || c == '\\':
			r.WriteByte('\\')
			r.WriteRune(c)
		case c == '/' && n == 1:
			r.WriteString(`\/`)
		case c == '\n':
			r.WriteString(`\n`)
		default:
			r.WriteRune(c)
		}
	}
	r.WriteByte('"')
}

func (r *randomJSON) object(members ...func()) {
	r.WriteByte('{')
	for i, at := range r.Perm(len(members)) {
		if i > 0 {
			r.WriteByte(',')
		}
		r.space()
		members[at]()
		r.space()
	}
	r.WriteByte('}')
}

func (r *randomJSON) member(name string, value func()) func() {
	return func() { r.text(name); r.space(); r.WriteByte(':'); r.space(); value() }
}

func (r *randomJSON) odd() {
	r.WriteString([]string{`1.50e+02`, `null`, `{ }`, `[1 , 2]`, `"\ud83d\ude00"`, `-0`, `12345678901234567890`, `{"id":"a"}`}[r.IntN(8)])
}

// conversation writes a chat whose texts are marks, each once between others.
func (r *randomJSON) conversation() (body string, marks []string) {
	texts := []string{"plain", "東京", "a\"b\\c/d\ne", "😀", "é"}
	said := func() {
		mark := fmt.Sprintf("<%d>", len(marks))
		marks = append(marks, mark)
		r.text(texts[r.IntN(len(texts))] + mark + texts[r.IntN(len(texts))])
	}
	message := func() {
		r.object(r.member("role", func() { r.text("user") }), r.member("x_unknown", r.odd), r.member("content", func() {
			if r.IntN(2) == 0 {
				said()
				return
			}
			r.WriteByte('[')
			r.object(r.member("type", func() { r.text("text") }), r.member("text", said), r.member("cache", r.odd))
			r.space()
			r.WriteByte(',')
			r.object(r.member("type", func() { r.text("image_url") }), r.member("image_url", func() { r.object(r.member("url", func() { r.text("https://x.example/a/b") })) }))
			r.WriteByte(']')
		}))
	}
	r.object(r.member("model", func() { r.text("m/1") }), r.member("extra", r.odd), r.member("messages", func() {
		r.WriteByte('[')
		for i := range 1 + r.IntN(4) {
			if i > 0 {
				r.WriteByte(',')
			}
			message()
		}
		r.space()
		r.WriteByte(']')
	}), r.member("n", func() { r.WriteString("1.0") }))
	return r.String(), marks
}

func TestRewritingKeepsEveryByteOfWhatItDoesNotTouch(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		r := &randomJSON{Rand: rand.New(rand.NewPCG(seed, 6))}
		body, marks := r.conversation()
		touched := marks[r.IntN(len(marks))]
		var before, after string
		hook := hookOf(t, `{"scope":"all","default.seen":{}}`, func(in *guard.Input) (guard.Verdict, error) {
			v := guard.Verdict{Pass: true}
			for _, x := range in.Texts {
				if strings.Contains(x.Text, touched) {
					before, after = x.Text, strings.Replace(x.Text, touched, "\"new\"\n", 1)
					x.Text = after
				}
				v.Texts = append(v.Texts, x.Text)
			}
			return v, nil
		})
		req := asks(llm.OpenAIChat, openaichat.Codec{}, body)
		got := string(req.Call(guard.Run(t.Context(), []*guard.Hook{hook}, req.Input())).Body)
		quoted := string(json.Quote(after))
		head, tail, ok := strings.Cut(got, quoted)
		if !ok || before == "" || !strings.HasPrefix(body, head) || !strings.HasSuffix(body, tail) || len(head)+len(tail) >= len(body) {
			t.Fatalf("seed %d: %s\nbecame %s", seed, body, got)
		}
		if was := body[len(head) : len(body)-len(tail)]; json.Unquote([]byte(was)) != before {
			t.Fatalf("seed %d: replaced %s, which is not %q", seed, was, before)
		}
	}
}

func BenchmarkTextsOf32kB(b *testing.B) {
	body := `{"model":"m","messages":[` + strings.Repeat(`{"role":"user","content":[{"type":"text","text":"`+strings.Repeat("word ", 100)+`"}]},`, 56) + `{"role":"user","content":"end"}]}`
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if len(asks(llm.OpenAIChat, openaichat.Codec{}, body).Input().Texts) != 57 {
			b.Fatal("texts are missing")
		}
	}
}
