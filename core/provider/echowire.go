package provider

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"sluice/core/internal/frame"
	"sluice/core/internal/json"
)

// echoCreated is when every answer was made: the same request gets the same
// bytes.
var echoCreated = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()

type echoBody struct {
	ID      string       `json:"id"`
	Object  string       `json:"object"`
	Created int64        `json:"created"`
	Model   string       `json:"model"`
	Choices []echoChoice `json:"choices"`
	Usage   *echoUsage   `json:"usage,omitzero"`
}

type echoChoice struct {
	Index   int        `json:"index"`
	Message *echoDelta `json:"message,omitzero"`
	Delta   *echoDelta `json:"delta,omitzero"`
	Finish  *string    `json:"finish_reason"`
}

type echoDelta struct {
	Role      string         `json:"role,omitempty"`
	Content   *string        `json:"content,omitzero"`
	Reasoning string         `json:"reasoning_content,omitempty"`
	Calls     []echoToolCall `json:"tool_calls,omitempty"`
}

type echoToolCall struct {
	Index    *int   `json:"index,omitzero"`
	ID       string `json:"id,omitempty"`
	Type     string `json:"type,omitempty"`
	Function struct {
		Name      string `json:"name,omitempty"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

type echoUsage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
	Details    struct {
		Reasoning int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

func (a *echoAnswer) usage() *echoUsage {
	u := &echoUsage{Prompt: a.Prompt}
	u.Details.Reasoning = len(pieces(a.Reasoning))
	u.Completion = u.Details.Reasoning + len(pieces(a.Text))
	for _, c := range a.Calls {
		u.Completion += 1 + len(pieces(c.Arguments))
	}
	u.Total = u.Prompt + u.Completion
	return u
}

func (a *echoAnswer) body(object string) echoBody {
	return echoBody{ID: "chatcmpl-echo-" + a.ID, Object: object, Created: echoCreated, Model: a.Model, Choices: []echoChoice{}}
}

func (a *echoAnswer) call(i int) echoToolCall {
	c := echoToolCall{ID: fmt.Sprintf("call_%s_%d", a.ID, i), Type: "function"}
	c.Function.Name, c.Function.Arguments = a.Calls[i].Name, a.Calls[i].Arguments
	return c
}

// whole is the answer as one object.
func (a *echoAnswer) whole() []byte {
	m := &echoDelta{Role: "assistant", Reasoning: a.Reasoning}
	if a.Calls == nil {
		m.Content = &a.Text
	}
	for i := range a.Calls {
		m.Calls = append(m.Calls, a.call(i))
	}
	b := a.body("chat.completion")
	b.Choices = append(b.Choices, echoChoice{Message: m, Finish: &a.Finish})
	b.Usage = a.usage()
	return encodeEcho(b)
}

func encodeEcho(b echoBody) []byte {
	out, err := json.Marshal(b)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return out
}

// deltas are the steps of a stream, the role first.
func (a *echoAnswer) deltas() []echoDelta {
	empty := ""
	out := []echoDelta{{Role: "assistant", Content: &empty}}
	for _, p := range pieces(a.Reasoning) {
		out = append(out, echoDelta{Reasoning: p})
	}
	for _, p := range pieces(a.Text) {
		out = append(out, echoDelta{Content: &p})
	}
	for i, c := range a.Calls {
		start := a.call(i)
		start.Index, start.Function.Arguments = &i, ""
		out = append(out, echoDelta{Calls: []echoToolCall{start}})
		for _, p := range fragments(c.Arguments) {
			next := echoToolCall{Index: &i}
			next.Function.Arguments = p
			out = append(out, echoDelta{Calls: []echoToolCall{next}})
		}
	}
	return out
}

// fragments cuts arguments where no reader expects it.
func fragments(text string) []string {
	const size = 7
	var out []string
	runes := []rune(text)
	for len(runes) > size {
		out, runes = append(out, string(runes[:size])), runes[size:]
	}
	return append(out, string(runes))
}

// stream writes the answer as server-sent events. A cut one ends in the
// middle, and nothing says that it is over.
func (a *echoAnswer) stream(ctx context.Context, w http.ResponseWriter, q *echoRequest) {
	w.Header().Set("Content-Type", echoType(true))
	w.WriteHeader(http.StatusOK)
	send := func(data []byte) bool {
		_, err := w.Write(frame.AppendSSE(nil, "", data))
		_ = http.NewResponseController(w).Flush() // a writer that cannot flush need not
		return err == nil && ctx.Err() == nil
	}
	chunk := a.body("chat.completion.chunk")
	deltas := a.deltas()
	if a.cut {
		deltas = deltas[:len(deltas)/2+1]
	}
	for i := range deltas {
		if i > 0 && !sleep(ctx, q.pause()) {
			return
		}
		chunk.Choices = []echoChoice{{Delta: &deltas[i]}}
		if !send(encodeEcho(chunk)) {
			return
		}
	}
	if a.cut {
		return
	}
	chunk.Choices = []echoChoice{{Delta: &echoDelta{}, Finish: &a.Finish}}
	ok := send(encodeEcho(chunk))
	if q.StreamOptions.Usage && ok {
		chunk.Choices, chunk.Usage = []echoChoice{}, a.usage()
		ok = send(encodeEcho(chunk))
	}
	if ok {
		send([]byte("[DONE]"))
	}
}

// sleep waits, and reports false if the caller has gone.
func sleep(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
