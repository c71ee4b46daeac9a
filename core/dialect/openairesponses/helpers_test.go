package openairesponses

import (
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func read(stream string) ([]llm.Event, error) { return readWith(Codec{}.Raw(nil), stream) }

func readWith(x dialect.Exchange, stream string) ([]llm.Event, error) {
	var events []llm.Event
	for e, err := range core.Events(frame.SSE(strings.NewReader(stream), 0), x.DecodeStream()) {
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

func decode(t testing.TB, body string) *llm.Request {
	t.Helper()
	r, err := Codec{}.DecodeRequest(core.Incoming{Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// prepare writes a request that comes from another dialect.
func prepare(t testing.TB, r *llm.Request) dialect.Exchange {
	t.Helper()
	x, err := Codec{}.Prepare(r, dialect.Target{Provider: "openai", Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(x.Body()) {
		t.Fatalf("not JSON: %s", x.Body())
	}
	return x
}

func encoded(t testing.TB, r *llm.Response, o dialect.Options) []byte {
	t.Helper()
	b, err := Codec{}.EncodeResponse(r, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func say(s string) *llm.Text { return &llm.Text{Text: s} }

func ptr[T any](v T) *T { return &v }

func ofAnthropic(members string) llm.Native {
	return llm.Native{Dialect: llm.Anthropic, Members: json.Value(members)}
}

func ofChat(members string) llm.Native {
	return llm.Native{Dialect: llm.OpenAIChat, Members: json.Value(members)}
}
