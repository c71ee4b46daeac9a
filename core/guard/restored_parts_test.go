package guard_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"sluice/core"
	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// everything is an answer that has all that one may have, with placeholders.
func everything(d llm.Dialect, citation, finish string) *llm.Response {
	native := func(members string) llm.Native { return llm.Native{Dialect: d, Members: json.Value(members)} }
	return &llm.Response{ID: "x", Native: native(`{"instructions":"for [EMAIL_1]","n":1.50}`), Choices: []llm.Choice{{
		Parts: []llm.Part{
			&llm.Reasoning{Text: "[EMAIL_1]?", Signature: "sig", Native: native(`{"a":"[EMAIL_1]"}`)},
			&llm.Reasoning{Redacted: "b64"},
			&llm.Text{
				Text:      "苹 [EMAIL_1], see [KEY_1].",
				Citations: []llm.Citation{{URL: "https://x.y/[EMAIL_1]", Title: "[EMAIL_1]", Quote: "see [KEY_1]", Native: native(citation)}},
			},
			&llm.Refusal{Text: "No, [EMAIL_1]"},
			&llm.ToolCall{ID: "c", Name: "n", Arguments: `{"k":["[KEY_1]",1]}`, Native: native(`{"again":"{\"k\":\"[KEY_1]\"}"}`)},
			&llm.ToolCall{ID: "d", Name: "n", Custom: true, Arguments: `[KEY_1]`},
			&llm.Foreign{Kind: "new", Native: native(`{"x":["[EMAIL_1]"]}`)},
			&llm.Media{Kind: llm.Document, Text: "of [EMAIL_1]"},
		},
		Finish: llm.Finish{Reason: llm.FinishStop}, Native: native(finish), Logprobs: []llm.TokenLogprob{{Token: "[", Logprob: "-0.1"}},
	}}}
}

// restoredWhole restores an answer, whole or streamed.
func restoredWhole(c *core.Call, resp *llm.Response, d llm.Dialect, stream bool) (*llm.Response, *core.Reply) {
	reply := core.NewResponse(resp)
	reply.Dialect = d
	if stream {
		reply = flowing(d, slices.Collect(resp.Events()))
	}
	guard.PutBack(c, reply)
	got, _ := reply.Response()
	return got, reply
}

// TestEveryPlaceOfAnAnswerIsRestored, whole and streamed, and the answer that
// others may have kept is not touched.
func TestEveryPlaceOfAnAnswerIsRestored(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{false, true} {
		resp := everything(llm.OpenAIResponses, `{}`, `{"logprobs":{"content":[]},"more":"[KEY_1]"}`)
		before := string(json.ValueOf(resp))
		got, reply := restoredWhole(taken(t, llm.Generate, ""), resp, llm.OpenAIResponses, stream)
		if string(json.ValueOf(resp)) != before {
			t.Error("the answer itself was changed")
		}
		shown := string(json.ValueOf(got))
		if strings.Contains(shown, "[EMAIL_1]") || strings.Contains(shown, "[KEY_1]") || strings.Count(shown, "ann@example.org") != 9 || strings.Count(shown, "PRIVATE KEY") != 12 {
			t.Errorf("streamed %v: got %s", stream, shown)
		}
		parts := got.Choices[0].Parts
		call := parts[4].(*llm.ToolCall)
		again := json.Unquote(json.Lookup(call.Native.Members, "again"))
		for _, v := range []string{call.Arguments, again, string(got.Native.Members), string(parts[6].(*llm.Foreign).Native.Members)} {
			if !json.Valid([]byte(v)) {
				t.Errorf("no JSON any more: %s", v)
			}
		}
		if k := json.Unquote(json.Lookup(json.Value(call.Arguments), "k", "0")); k != pem || parts[5].(*llm.ToolCall).Arguments != pem {
			t.Errorf("called with %s", call.Arguments)
		}
		if parts[0].(*llm.Reasoning).Signature != "sig" || parts[1].(*llm.Reasoning).Redacted != "b64" || !strings.Contains(string(got.Native.Members), `"n":1.50`) {
			t.Errorf("got %s", shown)
		}
		if got.Choices[0].Logprobs != nil || strings.Contains(shown, "logprobs") || !slices.Equal(reply.Dropped, []string{"response.logprobs"}) {
			t.Errorf("dropped %q of %s", reply.Dropped, shown)
		}
	}
}

// TestPlacesOfSourcesMoveWithTheText: each dialect counts in its own way. The
// text is "苹 [EMAIL_1], see [KEY_1].", with an address of 15 characters.
func TestPlacesOfSourcesMoveWithTheText(t *testing.T) {
	t.Parallel()
	key := len(pem) - len("[KEY_1]")
	for _, tt := range []struct {
		dialect                        llm.Dialect
		citation, finish, want, wanted string
	}{
		{llm.OpenAIChat, `{"url_citation":{"start_index":2,"end_index":11}}`, "", `{"url_citation":{"start_index":2,"end_index":17}}`, ""},
		{llm.OpenAIChat, `{"url_citation":{"start_index":13,"end_index":16}}`, "", `{"url_citation":{"start_index":19,"end_index":22}}`, ""},
		{llm.OpenAIChat, `{"url_citation":{"start_index":0,"end_index":1}}`, "", `{"url_citation":{"start_index":0,"end_index":1}}`, ""},
		{llm.OpenAIResponses, `{"start_index":5,"end_index":7}`, "", `{"start_index":2,"end_index":17}`, ""}, // within
		{llm.OpenAIResponses, `{"type":"file_citation","index":9}`, "", `{"type":"file_citation","index":9}`, ""},
		{llm.Cohere, `{"start":13,"end":24,"text":"see [KEY_1]"}`, "", fmt.Sprintf(`{"start":19,"end":%d,"text":%s}`, 30+key, json.Quote("see "+pem)), ""},
		{
			llm.Gemini, `{}`, `{"groundingMetadata":{"groundingSupports":[{"segment":{"startIndex":15,"endIndex":26,"text":"see [KEY_1]"}},{"segment":{"endIndex":3}}]}}`, `{}`,
			fmt.Sprintf(`{"groundingMetadata":{"groundingSupports":[{"segment":{"startIndex":21,"endIndex":%d,"text":%s}},{"segment":{"endIndex":3}}]}}`, 32+key, json.Quote("see "+pem)),
		},
	} {
		for _, stream := range []bool{false, true} {
			got, _ := restoredWhole(taken(t, llm.Generate, ""), everything(tt.dialect, tt.citation, tt.finish), tt.dialect, stream)
			c := got.Choices[0].Parts[2].(*llm.Text).Citations[0]
			if string(c.Native.Members) != tt.want || c.URL != "https://x.y/ann@example.org" || c.Quote != "see "+pem {
				t.Errorf("%s, streamed %v: %+v, want %s", tt.dialect, stream, c, tt.want)
			}
			if finish := string(got.Choices[0].Native.Members); finish != tt.wanted {
				t.Errorf("%s, streamed %v: %s, want %s", tt.dialect, stream, finish, tt.wanted)
			}
		}
	}
}

// TestPlacesInDocumentsWithPlaceholdersAreDropped: the model has counted the
// characters of another text. Those in documents of which nothing was taken out
// stay.
func TestPlacesInDocumentsWithPlaceholdersAreDropped(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]int{"of ann@example.org": 0, "of nobody": 1} {
		for _, stream := range []bool{false, true} {
			for d, citation := range map[llm.Dialect]string{
				llm.Anthropic: `{"type":"char_location","document_index":0,"start_char_index":3}`, llm.Converse: `{"location":{"documentChar":{"start":3}}}`,
			} {
				c := taken(t, llm.Generate, "")
				c.Decoder = documented(document)
				got, reply := restoredWhole(c, everything(d, citation, ""), d, stream)
				if n := len(got.Choices[0].Parts[2].(*llm.Text).Citations); n != want || slices.Contains(reply.Dropped, "response.citations (of documents with placeholders)") == (want == 1) {
					t.Errorf("%s, streamed %v: %d sources, dropped %q", d, stream, n, reply.Dropped)
				}
			}
		}
	}
}

// documented decodes every request to one with a document.
type documented string

func (d documented) DecodeRequest(core.Incoming) (*llm.Request, error) {
	return &llm.Request{Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Media{Kind: llm.Document, Text: string(d)}}}}}, nil
}

// TestWordsThatAreJSONStayJSON, when the client has asked for such.
func TestWordsThatAreJSONStayJSON(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{false, true} {
		resp := &llm.Response{Choices: []llm.Choice{{Parts: []llm.Part{&llm.Text{Text: `{"key":"[KEY_1]"}`}}}}}
		got, _ := restoredWhole(taken(t, llm.Generate, `,"response_format":{"type":"json_object"}`), resp, llm.OpenAIChat, stream)
		if text := got.Choices[0].Parts[0].(*llm.Text).Text; json.Unquote(json.Lookup(json.Value(text), "key")) != pem {
			t.Errorf("streamed %v: got %s", stream, text)
		}
	}
}

// TestAnswersThatAreNoConversationAreRestored: documents of a ranking, prompts
// of an image, transcripts.
func TestAnswersThatAreNoConversationAreRestored(t *testing.T) {
	t.Parallel()
	for op, body := range map[llm.Operation]string{
		llm.Rerank:        `{"results":[{"document":{"text":"to %s"},"relevance_score":0.50}]}`,
		llm.GenerateImage: `{"data":[{"revised_prompt":"%s","b64_json":"AAAA"}]}`,
		llm.Transcribe:    `{"text":"it is %s"}`,
	} {
		reply := core.NewBody(llm.OpenAIChat, nil, []byte(fmt.Sprintf(body, "[KEY_1]")))
		guard.PutBack(taken(t, op, ""), reply)
		if want := fmt.Sprintf(body, strings.Trim(string(json.Quote(pem)), `"`)); string(reply.Body()) != want {
			t.Errorf("%s: got %s, want %s", op, reply.Body(), want)
		}
	}
	for contentType, want := range map[string]string{"text/plain; charset=utf-8": "so " + pem + " [EM", "application/json": "so " + strings.Trim(string(json.Quote(pem)), `"`) + " [EM"} {
		reply := core.NewRelay(io.NopCloser(iotest.OneByteReader(strings.NewReader("so [KEY_1] [EM"))), nil)
		reply.Header = http.Header{"Content-Type": {contentType}}
		guard.PutBack(taken(t, llm.Transcribe, ""), reply)
		if got, err := io.ReadAll(reply.Relay()); string(got) != want || err != nil {
			t.Errorf("%s: got %q, %v", contentType, got, err)
		}
	}
}
