package bedrock

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"sluice/core/dialect"
	jsonvalue "sluice/core/internal/json"
	"sluice/core/llm"
)

// Models for tests.
const (
	sonnet35 = "anthropic.claude-3-5-sonnet-20240620-v1:0"
	sonnet45 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
	opus46   = "global.anthropic.claude-opus-4-6-v1"
	novaLite = "amazon.nova-lite-v1:0"
	profile  = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
)

func words(role llm.Role, texts ...string) llm.Turn {
	t := llm.Turn{Role: role}
	for _, s := range texts {
		t.Parts = append(t.Parts, &llm.Text{Text: s})
	}
	return t
}

func parts(role llm.Role, p ...llm.Part) llm.Turn { return llm.Turn{Role: role, Parts: p} }

func call(id, name, arguments string) *llm.ToolCall {
	return &llm.ToolCall{ID: id, Name: name, Arguments: arguments}
}

func result(id string, p ...llm.Part) *llm.ToolResult { return &llm.ToolResult{CallID: id, Parts: p} }

func function(name string) llm.Tool {
	return llm.Tool{Kind: llm.FunctionTool, Name: name, Parameters: jsonvalue.Value(`{"type":"object"}`)}
}

func native(d llm.Dialect, members string) llm.Native {
	return llm.NativeOf(d, jsonvalue.Value(members))
}

func chat(members string) llm.Native { return native(llm.OpenAIChat, members) }

var (
	yes, no = true, false
	hi      = []llm.Turn{words(llm.User, "Hi")}
	spec    = `{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}`
	marked  = &llm.CacheMark{}
)

const (
	hiJSON = `"messages":[{"role":"user","content":[{"text":"Hi"}]}]`
	point  = `{"cachePoint":{"type":"default"}}`
)

func ptr[T any](v T) *T { return &v }

func prepare(t *testing.T, model string, r llm.Request) (string, []string) {
	t.Helper()
	x, err := Codec{}.Prepare(&r, dialect.Target{Provider: "bedrock", Model: model})
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(x.Body()) {
		t.Fatalf("the body is not JSON: %s", x.Body())
	}
	return string(x.Body()), x.Dropped()
}

type prepareTest struct {
	name    string
	model   string // sonnet35 if empty
	r       llm.Request
	want    string // the body without its braces
	dropped []string
}

func runPrepare(t *testing.T, tests []prepareTest) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.model == "" {
				tt.model = sonnet35
			}
			got, dropped := prepare(t, tt.model, tt.r)
			if want := "{" + tt.want + "}"; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if !slices.Equal(dropped, tt.dropped) {
				t.Errorf("dropped %q, want %q", dropped, tt.dropped)
			}
		})
	}
}

func TestTurns(t *testing.T) {
	t.Parallel()
	runPrepare(t, []prepareTest{
		{
			name: "leading instructions become the system prompt and equal roles are merged",
			r: llm.Request{Turns: []llm.Turn{
				words(llm.System, "Be brief."), words(llm.Developer, "Be kind."),
				words(llm.User, "Hello"), words(llm.User, "again"), words(llm.Assistant, "Hi"), words(llm.User, "Bye"),
			}},
			want: `"system":[{"text":"Be brief."},{"text":"Be kind."}],"messages":[` +
				`{"role":"user","content":[{"text":"Hello"},{"text":"again"}]},` +
				`{"role":"assistant","content":[{"text":"Hi"}]},{"role":"user","content":[{"text":"Bye"}]}]`,
		},
		{
			name: "later instructions keep their place, behind the results of a call",
			r: llm.Request{Tools: []llm.Tool{function("f")}, Turns: []llm.Turn{
				words(llm.User, "Hi"), parts(llm.Assistant, call("t", "f", `{}`)),
				words(llm.System, "reminder"), parts(llm.User, result("t", &llm.Text{Text: "r"})),
			}},
			want: hiJSON[:len(hiJSON)-1] + `,{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"f","input":{}}}]},` +
				`{"role":"user","content":[{"toolResult":{"toolUseId":"t","content":[{"text":"r"}]}},` +
				`{"text":"<operator-note>\nreminder\n</operator-note>"}]}],"toolConfig":{"tools":[` + spec + `]}`,
		},
		{
			name: "results of parallel calls stand first in one message",
			r: llm.Request{Tools: []llm.Tool{function("f")}, Turns: []llm.Turn{
				words(llm.User, "Hi"), parts(llm.Assistant, call("a", "f", `{"x":1}`), call("b", "f", "")),
				parts(llm.ToolRole, result("a", &llm.Text{Text: "[1,2,3]"})),
				parts(llm.ToolRole, &llm.ToolResult{CallID: "b", IsError: true}), words(llm.User, "go on"),
			}},
			want: hiJSON[:len(hiJSON)-1] + `,{"role":"assistant","content":[{"toolUse":{"toolUseId":"a","name":"f","input":{"x":1}}},` +
				`{"toolUse":{"toolUseId":"b","name":"f","input":{}}}]},{"role":"user","content":[` +
				`{"toolResult":{"toolUseId":"a","content":[{"text":"[1,2,3]"}]}},{"toolResult":{"toolUseId":"b","content":[],"status":"error"}},` +
				`{"text":"go on"}]}],"toolConfig":{"tools":[` + spec + `]}`,
		},
		{
			name: "blank texts and empty thought vanish, the rest stays",
			r: llm.Request{Tools: []llm.Tool{function("n")}, Turns: []llm.Turn{
				words(llm.System, " "), words(llm.User, "Hi"),
				parts(llm.Assistant, &llm.Text{}, &llm.Reasoning{}, call("t", "n", "{}")),
			}},
			want: hiJSON[:len(hiJSON)-1] + `,{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"n","input":{}}}]}],` +
				`"toolConfig":{"tools":[{"toolSpec":{"name":"n","inputSchema":{"json":{"type":"object"}}}}]}`,
		},
		{
			name: "a message of which nothing is left goes, and its neighbours are merged",
			r:    llm.Request{Turns: []llm.Turn{words(llm.User, "Hi"), words(llm.Assistant, " \n"), words(llm.User, "there")}},
			want: `"messages":[{"role":"user","content":[{"text":"Hi"},{"text":"there"}]}]`,
		},
		{
			name: "a line that differs in every request does not void the cache",
			r: llm.Request{Turns: []llm.Turn{
				words(llm.System, "x-anthropic-billing-header: cch=1a2b3", "You are"), hi[0],
			}},
			want: `"system":[{"text":"You are"}],` + hiJSON, dropped: []string{"x-anthropic-billing-header"},
		},
		{
			name: "a refusal is what the assistant said",
			r:    llm.Request{Turns: []llm.Turn{hi[0], parts(llm.Assistant, &llm.Refusal{Text: "No."})}},
			want: hiJSON[:len(hiJSON)-1] + `,{"role":"assistant","content":[{"text":"No."}]}]`,
		},
		{
			name: "parts of other dialects are named",
			r: llm.Request{Turns: []llm.Turn{{Role: llm.User, Name: "ann", Parts: []llm.Part{
				&llm.Text{Text: "Hi", Native: chat(`{"x":1}`)},
				&llm.Foreign{Kind: "container_upload", Native: native(llm.Anthropic, `{"type":"container_upload"}`)},
			}}}},
			want: hiJSON, dropped: []string{"messages.name", "messages.content.x", "messages.content.container_upload"},
		},
	})
}

func TestReasoningInTheHistory(t *testing.T) {
	t.Parallel()
	with := func(r *llm.Reasoning) llm.Request {
		return llm.Request{Turns: []llm.Turn{hi[0], parts(llm.Assistant, r, &llm.Text{Text: "42"}), words(llm.User, "go")}}
	}
	body := func(thought string) string {
		return `"messages":[{"role":"user","content":[{"text":"Hi"}]},{"role":"assistant","content":[` + thought +
			`{"text":"42"}]},{"role":"user","content":[{"text":"go"}]}]`
	}
	signed := body(`{"reasoningContent":{"reasoningText":{"text":"hm","signature":"sig"}}},`)
	lost := []string{"messages.reasoning"}
	runPrepare(t, []prepareTest{
		{name: "signed thought is Claude's wherever it comes from", r: with(&llm.Reasoning{Text: "hm", Signature: "sig", Origin: llm.Anthropic}), want: signed},
		{name: "an opaque profile may be Claude", model: profile, r: with(&llm.Reasoning{Text: "hm", Signature: "sig", Origin: llm.Anthropic}), want: signed},
		{name: "redacted thought is base64 once", r: with(&llm.Reasoning{Redacted: "cmVk", Origin: llm.Anthropic}), want: body(`{"reasoningContent":{"redactedContent":"cmVk"}},`)},
		{name: "unsigned thought is dropped", r: with(&llm.Reasoning{Text: "hm", Origin: llm.OpenAIChat}), want: body(""), dropped: lost},
		{name: "another family cannot verify it", model: novaLite, r: with(&llm.Reasoning{Text: "hm", Signature: "sig", Origin: llm.Anthropic}), want: body(""), dropped: lost},
		{name: "thought of this dialect stays unsigned", model: novaLite, r: with(&llm.Reasoning{Text: "hm", Origin: llm.Converse}), want: body(`{"reasoningContent":{"reasoningText":{"text":"hm"}}},`)},
	})
}

func TestToolCallsInTheHistory(t *testing.T) {
	t.Parallel()
	const lost = "messages.tool_calls.arguments (not a JSON object)"
	tests := []struct{ name, arguments, want, dropped string }{
		{"every byte stays", `{"id":9223372036854775807,"x":"<a&b>"}`, `{"id":9223372036854775807,"x":"<a&b>"}`, ""},
		{"nothing is an empty object", ``, `{}`, ""},
		{"broken JSON is wrapped", `{"a":`, `{"arguments":"{\"a\":"}`, lost},
		{"what is no object is wrapped", `[1]`, `{"arguments":[1]}`, lost},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body, dropped := prepare(t, sonnet35, llm.Request{Turns: []llm.Turn{hi[0], parts(llm.Assistant, call("t", "f", tt.arguments))}})
			if want := `"input":` + tt.want + `}}`; !strings.Contains(body, want) {
				t.Errorf("got %s, want %s in it", body, want)
			}
			if strings.Join(dropped, "") != tt.dropped {
				t.Errorf("dropped %q, want %q", dropped, tt.dropped)
			}
		})
	}
}

func TestMedia(t *testing.T) {
	t.Parallel()
	with := func(m ...*llm.Media) llm.Request {
		turn := words(llm.User, "Hi")
		for _, m := range m {
			turn.Parts = append(turn.Parts, m)
		}
		return llm.Request{Turns: []llm.Turn{turn}}
	}
	body := func(blocks string) string {
		return `"messages":[{"role":"user","content":[{"text":"Hi"},` + blocks + `]}]`
	}
	doc := func(format, name string) string {
		return `{"document":{"format":"` + format + `","name":"` + name + `","source":{"bytes":"AAAA"}}}`
	}
	docx := "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	runPrepare(t, []prepareTest{
		{name: "an image", r: with(&llm.Media{Kind: llm.Image, MediaType: "image/jpg", Data: "AAAA", Detail: "high"}),
			want: body(`{"image":{"format":"jpeg","source":{"bytes":"AAAA"}}}`), dropped: []string{"messages.content.detail"}},
		{name: "an image that does not say what it is", r: with(&llm.Media{Kind: llm.Image, Data: "R0lGODlh"}),
			want: body(`{"image":{"format":"gif","source":{"bytes":"R0lGODlh"}}}`)},
		{name: "a data URL", r: with(&llm.Media{Kind: llm.Image, URL: "data:image/png;base64,AAAA"}),
			want: body(`{"image":{"format":"png","source":{"bytes":"AAAA"}}}`)},
		{name: "what is sent as an image may be a film or a document", r: with(
			&llm.Media{Kind: llm.Image, MediaType: "video/quicktime", Data: "AAAA"}, &llm.Media{Kind: llm.Image, MediaType: "application/pdf", Data: "AAAA"}),
			want: body(`{"video":{"format":"mov","source":{"bytes":"AAAA"}}},` + doc("pdf", "document"))},
		{name: "S3", r: with(&llm.Media{Kind: llm.Video, MediaType: "video/mp4", URL: "s3://b/k"}),
			want: body(`{"video":{"format":"mp4","source":{"s3Location":{"uri":"s3://b/k"}}}}`)},
		{name: "formats are Converse's, not media types", r: with(
			&llm.Media{Kind: llm.Document, MediaType: "text/markdown; charset=utf-8", Data: "AAAA", Name: "a"},
			&llm.Media{Kind: llm.Document, MediaType: docx, Data: "AAAA", Name: "b"}, &llm.Media{Kind: llm.Document, Data: "AAAA", Name: "c.XLS"}),
			want: body(doc("md", "a") + "," + doc("docx", "b") + "," + doc("xls", "c XLS"))},
		{name: "names are legal, different and stable", r: with(
			&llm.Media{Kind: llm.Document, Data: "AAAA", Name: "John's  report.pdf"}, &llm.Media{Kind: llm.Document, Data: "AAAA", Name: "John's report.pdf"},
			&llm.Media{Kind: llm.Document, Data: "AAAA", Name: "見積書　2026.pdf"}, &llm.Media{Kind: llm.Document, Data: "AAAA"}),
			want: body(doc("pdf", "John s report pdf") + "," + doc("pdf", "John s report pdf (2)") + "," + doc("pdf", "2026 pdf") + "," + doc("pdf", "document"))},
		{name: "a document as text, for Claude", r: with(&llm.Media{Kind: llm.Document, MediaType: "text/plain", Text: "words", Name: "n"}),
			want: body(`{"document":{"format":"txt","name":"n","source":{"text":"words"}}}`)},
		{name: "a document as text, for others", model: novaLite, r: with(&llm.Media{Kind: llm.Document, Text: "words", Name: "n"}),
			want: body(`{"document":{"format":"txt","name":"n","source":{"bytes":"d29yZHM="}}}`)},
		{name: "a document alone gets a text", r: llm.Request{Turns: []llm.Turn{parts(llm.User, &llm.Media{Kind: llm.Document, Data: "AAAA"})}},
			want:    `"messages":[{"role":"user","content":[` + doc("pdf", "document") + `,{"text":"See the attached document."}]}]`,
			dropped: []string{"messages.document without text (text added)"}},
		{name: "images inside tool results are native", r: llm.Request{Turns: []llm.Turn{parts(llm.User, result("t", &llm.Text{Text: "a"}, &llm.Text{Text: "b"},
			&llm.Media{Kind: llm.Image, MediaType: "image/webp", Data: "AAAA"}))}},
			want: `"messages":[{"role":"user","content":[{"toolResult":{"toolUseId":"t","content":[{"text":"a"},{"text":"b"},` +
				`{"image":{"format":"webp","source":{"bytes":"AAAA"}}}]}}]}],"toolConfig":{"tools":[{"toolSpec":{"name":"unavailable","description":"Not available.",` +
				`"inputSchema":{"json":{"type":"object","properties":{}}}}}]}`},
		{name: "a format that only Converse knows", r: with(&llm.Media{Kind: llm.Image, Data: "AAAA", Native: native(llm.Converse, `{"format":"heic"}`)}),
			want: body(`{"image":{"format":"heic","source":{"bytes":"AAAA"}}}`)},
	})
}

func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	media := func(m llm.Media) llm.Request { return llm.Request{Turns: []llm.Turn{parts(llm.User, &m)}} }
	tools := func(t llm.Tool) llm.Request { return llm.Request{Turns: hi, Tools: []llm.Tool{t}} }
	search := llm.Tool{Kind: "web_search_20250305", Name: "web_search", Native: native(llm.Anthropic, `{"type":"web_search_20250305","name":"web_search"}`)}
	bash := llm.Tool{Kind: "bash_20250124", Name: "bash", Native: native(llm.Anthropic, `{"type":"bash_20250124","name":"bash"}`)}
	tests := []struct {
		name, model string
		r           llm.Request
		kind        llm.ErrorKind
		says        string
	}{
		{"several answers", sonnet35, llm.Request{Turns: hi, N: ptr(int64(2))}, llm.BadRequest, "n must be 1"},
		{"an image from the web", sonnet35, media(llm.Media{Kind: llm.Image, URL: "https://example.com/key=1"}), llm.Unsupported, "send the image inline"},
		{"an image from another cloud", sonnet35, media(llm.Media{Kind: llm.Image, URL: "gs://b/k"}), llm.Unsupported, "inline"},
		{"a file id", sonnet35, media(llm.Media{Kind: llm.Document, FileID: "file_1"}), llm.Unsupported, "no file ids"},
		{"an unknown type", sonnet35, media(llm.Media{Kind: llm.Document, MediaType: "application/zip", Data: "AAAA"}), llm.Unsupported, "application/zip"},
		{"an image of which nothing is known", sonnet35, media(llm.Media{Kind: llm.Image, Data: "AAAA"}), llm.BadRequest, "media type"},
		{"a data URL that is not base64", sonnet35, media(llm.Media{Kind: llm.Image, URL: "data:image/svg+xml,<svg>"}), llm.BadRequest, "base64"},
		{"a tool that the provider would run", sonnet35, tools(search), llm.Unsupported, "web_search_20250305"},
		{"Claude's tools on another model", novaLite, tools(bash), llm.Unsupported, "bash_20250124"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Codec{}.Prepare(&tt.r, dialect.Target{Model: tt.model})
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != tt.kind || e.HTTPStatus() != 400 || !strings.Contains(e.Message, tt.says) {
				t.Errorf("got %v, want a 400 that says %q", err, tt.says)
			}
			if strings.Contains(err.Error(), "key=1") {
				t.Errorf("the message shows the URL: %v", err)
			}
		})
	}
}
