package gemini

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sluice/core/llm"
)

func TestPrepareWritesTurnsOfOtherDialects(t *testing.T) {
	t.Parallel()
	image := &llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "QQ=="}
	tests := []struct {
		name    string
		model   string
		turns   []llm.Turn
		want    string // contents
		dropped []string
	}{
		{"neighbours of one role are merged", pro15, []llm.Turn{turn(llm.User, say("a")), turn(llm.User, say("b"), say(" ")), turn(llm.Assistant, say("c")), turn(llm.Assistant, &llm.Refusal{Text: "d"})},
			`[{"parts":[{"text":"a"},{"text":"b"}],"role":"user"},{"parts":[{"text":"c"},{"text":"d"}],"role":"model"}]`, nil},
		{"results have the names and the order of their calls, in one content", pro15, []llm.Turn{
			turn(llm.User, say("go")), turn(llm.Assistant, say("Look"), call("a", "f", `{"x":1}`), call("b", "g", "")),
			turn(llm.ToolRole, returned("b", say("2"))), turn(llm.ToolRole, returned("a", say("1"))), turn(llm.User, say("thanks"))},
			`[{"parts":[{"text":"go"}],"role":"user"},{"parts":[{"text":"Look"},{"functionCall":{"name":"f","args":{"x":1}}},{"functionCall":{"name":"g","args":{}}}],"role":"model"},` +
				`{"parts":[{"functionResponse":{"name":"f","response":{"output":"1"}}},{"functionResponse":{"name":"g","response":{"output":"2"}}}],"role":"user"},{"parts":[{"text":"thanks"}],"role":"user"}]`, nil},
		{"results come before what is said with them", pro15, []llm.Turn{turn(llm.Assistant, call("a", "f", "")), turn(llm.User, say("see"), returned("a"))},
			`[{"parts":[{"functionCall":{"name":"f","args":{}}}],"role":"model"},{"parts":[{"functionResponse":{"name":"f","response":{"output":""}}}],"role":"user"},{"parts":[{"text":"see"}],"role":"user"}]`, nil},
		{"objects stay objects, errors and lists are wrapped, texts are joined", pro15, []llm.Turn{turn(llm.Assistant, call("a", "f", ""), call("b", "f", ""), call("c", "f", ""), call("d", "f", "")),
			turn(llm.ToolRole, returned("a", say(`{"t": 21.50}`)), returned("b", say(`[1]`)), &llm.ToolResult{CallID: "c", IsError: true, Parts: []llm.Part{say("down")}}, returned("d", say("a"), say("b")))},
			`[{"parts":[{"functionCall":{"name":"f","args":{}}},{"functionCall":{"name":"f","args":{}}},{"functionCall":{"name":"f","args":{}}},{"functionCall":{"name":"f","args":{}}}],"role":"model"},` +
				`{"parts":[{"functionResponse":{"name":"f","response":{"t":21.50}}},{"functionResponse":{"name":"f","response":{"output":"[1]"}}},{"functionResponse":{"name":"f","response":{"error":"down"}}},{"functionResponse":{"name":"f","response":{"output":"a\nb"}}}],"role":"user"}]`, nil},
		{"a result that looks like a schema is a text", pro15, []llm.Turn{turn(llm.Assistant, call("a", "f", "")), turn(llm.ToolRole, returned("a", say(`{"$defs":{}}`)))},
			`[{"parts":[{"functionCall":{"name":"f","args":{}}}],"role":"model"},{"parts":[{"functionResponse":{"name":"f","response":{"output":"{\"$defs\":{}}"}}}],"role":"user"}]`, nil},
		{"pictures follow the results", pro15, []llm.Turn{turn(llm.Assistant, call("a", "f", ""), call("b", "g", "")), turn(llm.ToolRole, returned("a", say("see"), image)), turn(llm.ToolRole, returned("b", say("2")))},
			`[{"parts":[{"functionCall":{"name":"f","args":{}}},{"functionCall":{"name":"g","args":{}}}],"role":"model"},` +
				`{"parts":[{"functionResponse":{"name":"f","response":{"output":"see\n[image of f: see the next message]"}}},{"functionResponse":{"name":"g","response":{"output":"2"}}}],"role":"user"},` +
				`{"parts":[{"text":"[image of f]"},{"inlineData":{"mimeType":"image/png","data":"QQ=="}}],"role":"user"}]`, nil},
		{"a newer model has them inside, with ids", pro3, []llm.Turn{turn(llm.Assistant, &llm.ToolCall{ID: "a", Name: "f", Signature: "c2ln", Native: from(llm.OpenAIChat, `{"function":{"thought_signature":"c2ln"}}`)}), turn(llm.ToolRole, returned("a", image))},
			`[{"parts":[{"functionCall":{"id":"a","name":"f","args":{}},"thoughtSignature":"c2ln"}],"role":"model"},` +
				`{"parts":[{"functionResponse":{"id":"a","name":"f","response":{"output":""},"parts":[{"inlineData":{"mimeType":"image/png","data":"QQ=="}}]}}],"role":"user"}]`, nil},
		{"a signature in Google's own form", pro3, []llm.Turn{turn(llm.Assistant, &llm.ToolCall{ID: "a", Name: "f", Signature: "c2ln", Native: from(llm.OpenAIChat, `{"extra_content":{"google":{"thought_signature":"c2ln"}}}`)})},
			`[{"parts":[{"functionCall":{"id":"a","name":"f","args":{}},"thoughtSignature":"c2ln"}],"role":"model"}]`, nil},
		{"a signature that was lost, on the first call of the step only", pro3, []llm.Turn{turn(llm.Assistant, call("a", "f", ""), call("b", "f", ""))},
			`[{"parts":[{"functionCall":{"id":"a","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"id":"b","name":"f","args":{}}}],"role":"model"}]`,
			[]string{"messages.tool_calls.thought_signature (none came back, the placeholder was sent)"}},
		{"an instruction in the middle keeps its place, behind the results", pro15, []llm.Turn{turn(llm.Assistant, call("a", "f", "")), turn(llm.System, say("note")), turn(llm.User, returned("a", say("1")))},
			`[{"parts":[{"functionCall":{"name":"f","args":{}}}],"role":"model"},{"parts":[{"functionResponse":{"name":"f","response":{"output":"1"}}}],"role":"user"},` +
				`{"parts":[{"text":"<operator-note>\nnote\n</operator-note>"}],"role":"user"}]`, nil},
		{"thoughts go to Gemini only if it has signed them", pro3, []llm.Turn{turn(llm.Assistant, &llm.Reasoning{Text: "a", Signature: "c2ln", Origin: llm.Gemini}, &llm.Reasoning{Text: "b", Signature: "E", Origin: llm.Anthropic}, &llm.Reasoning{Text: "c", Signature: "E"}, say("d"))},
			`[{"parts":[{"text":"a","thought":true,"thoughtSignature":"c2ln"},{"text":"d"}],"role":"model"}]`, []string{"messages.reasoning"}},
		{"broken arguments are wrapped", pro15, []llm.Turn{turn(llm.Assistant, call("a", "f", `{"x`), call("b", "f", `[1]`), &llm.ToolCall{ID: "c", Name: "p", Custom: true, Arguments: "raw"})},
			`[{"parts":[{"functionCall":{"name":"f","args":{"arguments":"{\"x"}}},{"functionCall":{"name":"f","args":{"arguments":[1]}}},{"functionCall":{"name":"p","args":{"input":"raw"}}}],"role":"model"}]`,
			[]string{"messages.tool_calls.arguments (not a JSON object)"}},
		{"what has no word is named", pro15, []llm.Turn{{Role: llm.User, Name: "bob", Native: from(llm.Anthropic, `{"mood":1}`), Parts: []llm.Part{
			&llm.Text{Text: "b", Cache: &llm.CacheMark{}, Citations: []llm.Citation{{Quote: "q"}}, Native: from(llm.Anthropic, `{"x":1}`)},
			&llm.Foreign{Kind: "search_result", Native: from(llm.Anthropic, `{"type":"search_result"}`)}}}},
			`[{"parts":[{"text":"b"}],"role":"user"}]`, []string{"messages.mood", "messages.name", "cache_control", "messages.content.x", "messages.content.citations", "messages.content.search_result"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepare(t, &llm.Request{Turns: tt.turns}, google(tt.model))
			if got := lookup(x.Body(), "contents"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if !slices.Equal(x.Dropped(), tt.dropped) {
				t.Errorf("dropped %q, want %q", x.Dropped(), tt.dropped)
			}
		})
	}
}

func TestVertexGetsNoIDs(t *testing.T) {
	t.Parallel()
	r := &llm.Request{Turns: []llm.Turn{turn(llm.Assistant, call("a", "f", "")), turn(llm.ToolRole, returned("a"))}}
	if got := string(prepare(t, r, vertex(pro3)).Body()); strings.Contains(got, `"id"`) {
		t.Errorf("got %s", got)
	}
}

func TestAllLeadingInstructionsBecomeTheSystemInstruction(t *testing.T) {
	t.Parallel()
	x := prepare(t, &llm.Request{Turns: []llm.Turn{
		turn(llm.System, say("x-anthropic-billing-header: cc_version=1"), say("a"), say("b")), turn(llm.Developer, say("c")), turn(llm.User, say("d")),
	}}, google(pro15))
	if got, want := lookup(x.Body(), "systemInstruction"), `{"parts":[{"text":"a"},{"text":"b"},{"text":"c"}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestASystemPromptAloneIsSentAsTheUsers(t *testing.T) {
	t.Parallel()
	x := prepare(t, &llm.Request{Turns: []llm.Turn{turn(llm.System, say("Say hi."))}}, google(pro15))
	if got, want := string(x.Body()), `{"contents":[{"parts":[{"text":"Say hi."}],"role":"user"}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPrepareWritesMedia(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		media llm.Media
		want  string // the part; what an error says begins with an exclamation mark
	}{
		{"inline", llm.Media{Kind: llm.Image, MediaType: "image/jpg", Data: "QQ=="}, `{"inlineData":{"mimeType":"image/jpeg","data":"QQ=="}}`},
		{"a type that nobody told, by the data", llm.Media{Kind: llm.Document, Data: "JVBERi0="}, `{"inlineData":{"mimeType":"application/pdf","data":"JVBERi0="}}`},
		{"the other alphabet of base64", llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "-_8="}, `{"inlineData":{"mimeType":"image/png","data":"+/8="}}`},
		{"a URL", llm.Media{Kind: llm.Image, URL: "https://e.com/a.webp?x=1"}, `{"fileData":{"mimeType":"image/webp","fileUri":"https://e.com/a.webp?x=1"}}`},
		{"a URL that tells no type", llm.Media{Kind: llm.Image, URL: "https://e.com/a"}, `{"fileData":{"mimeType":"image/jpeg","fileUri":"https://e.com/a"}}`},
		{"a bucket", llm.Media{Kind: llm.Image, URL: "gs://b/a.mp4"}, `{"fileData":{"mimeType":"video/mp4","fileUri":"gs://b/a.mp4"}}`},
		{"a file by name", llm.Media{Kind: llm.Document, FileID: "files/abc"}, `{"fileData":{"mimeType":"application/pdf","fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}}`},
		{"a data URL", llm.Media{Kind: llm.Image, URL: "data:image/png;base64,QQ=="}, `{"inlineData":{"mimeType":"image/png","data":"QQ=="}}`},
		{"a data URL that is not base64", llm.Media{Kind: llm.Document, URL: "data:text/plain,hi"}, `{"inlineData":{"mimeType":"text/plain","data":"aGk="}}`},
		{"plain text", llm.Media{Kind: llm.Document, Text: "words", Name: "a.txt"}, `{"text":"a.txt\n\nwords"}`},
		{"sound", llm.Media{Kind: llm.Audio, MediaType: "audio/mpeg", Data: "QQ=="}, `{"inlineData":{"mimeType":"audio/mp3","data":"QQ=="}}`},
		{"somebody else's file", llm.Media{Kind: llm.Document, FileID: "file-abc"}, `!does not know the file`},
		{"somebody else's bucket", llm.Media{Kind: llm.Document, URL: "s3://b/a"}, `!cannot fetch`},
		{"a data URL without data", llm.Media{Kind: llm.Image, URL: "data:image/png"}, `!has no data`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x, err := Codec{}.Prepare(&llm.Request{Turns: []llm.Turn{turn(llm.User, &tt.media)}}, google(pro15))
			if want, fails := strings.CutPrefix(tt.want, "!"); fails {
				if e, ok := errors.AsType[*llm.Error](err); !ok || !strings.Contains(e.Message, want) || e.HTTPStatus() != 400 {
					t.Errorf("got %v, want %q", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := lookup(x.Body(), "contents", "0", "parts", "0"); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestPrepareWritesParameters(t *testing.T) {
	t.Parallel()
	chat := func(members string) *llm.Request { return &llm.Request{Native: from(llm.OpenAIChat, members)} }
	tests := []struct {
		name    string
		vertex  bool
		r       *llm.Request
		want    string // the body
		dropped []string
	}{
		{"all of them", false, &llm.Request{
			MaxTokens: ptr[int64](5), Temperature: "0.70", TopP: "1", TopK: ptr[int64](3), Seed: ptr[int64](0), N: ptr[int64](2),
			PresencePenalty: "0.1", FrequencyPenalty: "-0.1", Stop: []string{"a", ""}, User: "u", ServiceTier: "flex", ParallelTools: ptr(false)},
			`{"generationConfig":{"temperature":0.70,"topP":1,"topK":3,"candidateCount":2,"maxOutputTokens":5,"stopSequences":["a"],"presencePenalty":0.1,"frequencyPenalty":-0.1,"seed":0}}`,
			[]string{"parallel_tool_calls", "stop", "user", "service_tier"}},
		{"one answer needs no saying", false, &llm.Request{N: ptr[int64](1)}, `{}`, nil},
		{"any JSON", false, &llm.Request{Output: llm.Output{Kind: llm.OutputJSON}}, `{"generationConfig":{"responseMimeType":"application/json"}}`, nil},
		{"free text", false, &llm.Request{Output: llm.Output{Kind: llm.OutputText}}, `{}`, nil},
		{"what chat clients send for Gemini", false,
			chat(`{"logprobs":true,"top_logprobs":2,"modalities":["text","image"],"image_config":{"aspect_ratio":"16:9"},"safety_settings":[{"category":"X"}],"cached_content":"cachedContents/1","labels":{"a_b":"c"},"logit_bias":{"1":2},"metadata":{}}`),
			`{"generationConfig":{"responseLogprobs":true,"logprobs":2,"responseModalities":["TEXT","IMAGE"],"imageConfig":{"aspectRatio":"16:9"}},"safetySettings":[{"category":"X"}],"cachedContent":"cachedContents/1"}`,
			[]string{"logit_bias", "labels"}},
		{"labels on Vertex", true, chat(`{"labels":{"a_b":"c"}}`), `{"labels":{"a_b":"c"}}`, nil},
		{"members of other dialects", false, &llm.Request{Native: from(llm.Anthropic, `{"container":"c","empty":{}}`), Cache: &llm.CacheMark{}}, `{}`, []string{"cache_control", "container"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			to := google(pro15)
			if tt.vertex {
				to = vertex(pro15)
			}
			x := prepare(t, tt.r, to)
			if got := string(x.Body()); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if !slices.Equal(x.Dropped(), tt.dropped) {
				t.Errorf("dropped %q, want %q", x.Dropped(), tt.dropped)
			}
		})
	}
}
