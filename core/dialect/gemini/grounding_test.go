package gemini

import (
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

const grounded = `"groundingMetadata":{"webSearchQueries":["q"],"groundingChunks":[{"web":{"uri":"https://a","title":"A"}},{"retrievedContext":{"uri":"gs://b"}}],` +
	`"groundingSupports":[{"segment":{"endIndex":5,"text":"Hello"},"groundingChunkIndices":[0,1,7,-1]}]}`

// GM-06: several sources of one passage are several citations, each an event
// of its own.
func TestEverySourceIsACitationOfItsOwn(t *testing.T) {
	t.Parallel()
	body := `{"candidates":[{"content":{"role":"model","parts":[{"text":"Hello"}]},"finishReason":"STOP",` + grounded + `}]}`
	r, err := Codec{}.Raw(nil).DecodeResponse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	check := func(got []llm.Citation) {
		t.Helper()
		if len(got) != 2 || got[0].URL != "https://a" || got[0].Title != "A" || got[0].Quote != "Hello" || got[1].URL != "gs://b" {
			t.Errorf("cites %+v", got)
		}
	}
	check(r.Choices[0].Parts[0].(*llm.Text).Citations)
	d := Codec{}.Raw(nil).DecodeStream()
	events, err := d.Decode(nil, frame.Frame{Data: []byte(body)})
	if err == nil {
		events, err = d.Flush(events)
	}
	var got []llm.Citation
	for _, e := range events {
		if e.Kind == llm.EventCitation {
			got = append(got, *e.Citation)
		}
	}
	if check(got); err != nil {
		t.Error(err)
	}
}

// What others cite is told to clients of this dialect as passages and their
// sources, streamed or not.
func TestCitationsOfOthersAreGrounding(t *testing.T) {
	t.Parallel()
	r := &llm.Response{ID: "r", Choices: []llm.Choice{{
		Parts:  []llm.Part{&llm.Text{Text: "Hi", Citations: []llm.Citation{{URL: "https://a", Title: "A", Quote: "H"}, {Title: "no page"}}}},
		Finish: llm.Finish{Reason: llm.FinishStop}, Logprobs: []llm.TokenLogprob{{Token: "Hi", Logprob: "-0.10", Top: []llm.TokenLogprob{{Token: "Hi", Logprob: "-0.10"}, {Token: "Yo", Logprob: "-2"}}}},
	}}}
	const sources = `"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a","title":"A"}}],"groundingSupports":[{"segment":{"text":"H"},"groundingChunkIndices":[0]}]}`
	const likely = `"logprobsResult":{"topCandidates":[{"candidates":[{"token":"Hi","logProbability":-0.10},{"token":"Yo","logProbability":-2}]}],"chosenCandidates":[{"token":"Hi","logProbability":-0.10}]}`
	whole, err := Codec{}.EncodeResponse(r, dialect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, streamed := Codec{}.EncodeStream(dialect.Options{}), []byte(nil)
	for e := range r.Events() {
		if streamed, err = s.Encode(streamed, e); err != nil {
			t.Fatal(err)
		}
	}
	for _, out := range []string{string(whole), string(streamed)} {
		if !strings.Contains(out, sources) || !strings.Contains(out, likely) {
			t.Errorf("got\n%s", out)
		}
	}
	back, err := Codec{}.Raw(nil).DecodeResponse(whole)
	if err != nil || len(back.Choices[0].Logprobs) != 1 || back.Choices[0].Logprobs[0].Top[1].Logprob != "-2" {
		t.Errorf("%+v, %v", back, err)
	}
}
