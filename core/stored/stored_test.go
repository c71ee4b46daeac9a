package stored_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/dialect/openairesponses"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/stored"
)

// call is a request for a response by a workspace.
func call(workspace, body string) *core.Call {
	return (&core.Call{
		Incoming:  core.Incoming{Method: http.MethodPost, Body: []byte(body)},
		Operation: llm.Generate, Dialect: llm.OpenAIResponses, Decoder: openairesponses.Codec{}, Principal: core.Principal{Workspace: workspace},
	}).Prepare()
}

// says answers everything with one sentence, and notes what it was asked.
type says struct {
	sentence string
	asked    json.Value
}

func (s *says) Handle(_ context.Context, c *core.Call) (*core.Reply, error) {
	s.asked = c.Body
	return core.NewResponse(&llm.Response{
		Model: "m", Choices: []llm.Choice{{Parts: []llm.Part{&llm.Text{Text: s.sentence}}, Finish: llm.Finish{Reason: llm.FinishStop}}},
	}), nil
}

// respond has a request answered, and returns the id of the response.
func respond(t *testing.T, s *stored.Store, h core.Handler, c *core.Call) (string, error) {
	t.Helper()
	x, err := s.Open(t.Context(), c)
	if err != nil {
		return "", err
	}
	reply, err := x.Around(h).Handle(t.Context(), x.Call)
	if err != nil {
		return "", err
	}
	resp, err := reply.Response()
	if err != nil {
		return "", err
	}
	return resp.ID, nil
}

func read(t *testing.T, s *stored.Store, workspace, rest string) (json.Value, error) {
	t.Helper()
	c := call(workspace, "")
	c.Method, c.Rest = http.MethodGet, rest
	reply, err := s.Serve(t.Context(), c)
	if err != nil {
		return nil, err
	}
	return reply.Body(), nil
}

func kindOf(err error) llm.ErrorKind {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return e.Kind
	}
	return llm.Internal
}

// TestAWorkspaceDoesNotSeeAnothers tries every way to another workspace's
// response, also by names that look like a place in the store.
func TestAWorkspaceDoesNotSeeAnothers(t *testing.T) {
	t.Parallel()
	s := &stored.Store{Table: memstore.New()}
	h := &says{sentence: "A secret."}
	id, err := respond(t, s, h, call("ours", `{"model":"m","input":"Hi"}`))
	if err != nil {
		t.Fatal(err)
	}
	body, err := read(t, s, "ours", id)
	if err != nil || !strings.Contains(string(body), "A secret.") {
		t.Fatalf("%s %v", body, err)
	}
	output, _ := json.Elements(json.Lookup(body, "output"))
	item := json.Unquote(json.Lookup(output[0], "id"))
	for _, other := range []string{"", "theirs", "ours|" + id, "OURS"} {
		for _, rest := range []string{id, id + "/input_items", "../" + id} {
			if got, err := read(t, s, other, rest); kindOf(err) != llm.NotFound {
				t.Errorf("workspace %q read %s: %s %v", other, rest, got, err)
			}
		}
		if _, err := respond(t, s, h, call(other, `{"model":"m","input":"x","previous_response_id":"`+id+`"}`)); kindOf(err) != llm.BadRequest {
			t.Errorf("workspace %q went on: %v", other, err)
		}
		if _, err := respond(t, s, h, call(other, `{"model":"m","input":[{"type":"item_reference","id":"`+item+`"}]}`)); kindOf(err) != llm.NotFound {
			t.Errorf("workspace %q referred to an item: %v", other, err)
		}
		c := call(other, "")
		c.Method, c.Rest = http.MethodDelete, id
		if _, err := s.Serve(t.Context(), c); kindOf(err) != llm.NotFound {
			t.Errorf("workspace %q deleted: %v", other, err)
		}
	}
	if _, err := read(t, s, "ours", id); err != nil {
		t.Errorf("it is gone: %v", err)
	}
}

func TestAReferenceIsReplacedByWhatItNames(t *testing.T) {
	t.Parallel()
	s := &stored.Store{Table: memstore.New()}
	h := &says{sentence: "Forty-two."}
	id, err := respond(t, s, h, call("w", `{"model":"m","input":"What is it?"}`))
	if err != nil {
		t.Fatal(err)
	}
	body, err := read(t, s, "w", id)
	if err != nil {
		t.Fatal(err)
	}
	output, _ := json.Elements(json.Lookup(body, "output"))
	refer := fmt.Sprintf(`{"model":"m","input":[{"type":"item_reference","id":%s},{"type":"item_reference","id":"msg_theirs"},{"role":"user","content":"Why?"}]}`, json.Lookup(output[0], "id"))
	if _, err := respond(t, s, h, call("w", refer)); err != nil {
		t.Fatal(err)
	}
	if asked := string(h.asked); !strings.Contains(asked, "Forty-two.") || !strings.Contains(asked, "msg_theirs") || strings.Count(asked, "item_reference") != 1 {
		t.Errorf("asked %s", asked)
	}
}

// TestReferencesTakeTheRoomOfWhatTheyName: a short reference may stand for a
// long item, many times.
func TestReferencesTakeTheRoomOfWhatTheyName(t *testing.T) {
	t.Parallel()
	table := &readings{Table: memstore.New()}
	s := &stored.Store{Table: table, MaxHistory: 1000}
	id, err := respond(t, s, &says{sentence: strings.Repeat("x", 300)}, call("w", `{"model":"m","input":"Hi"}`))
	if err != nil {
		t.Fatal(err)
	}
	body, err := read(t, s, "w", id)
	if err != nil {
		t.Fatal(err)
	}
	output, _ := json.Elements(json.Lookup(body, "output"))
	one := `{"type":"item_reference","id":` + string(json.Lookup(output[0], "id")) + `}`
	for n, ok := range map[int]bool{2: true, 10: false} {
		table.n.Store(0)
		_, err := respond(t, s, &says{}, call("w", `{"model":"m","input":[`+one+strings.Repeat(","+one, n-1)+`]}`))
		if (err == nil) != ok || err != nil && kindOf(err) != llm.TooLarge {
			t.Errorf("%d times: %v", n, err)
		}
		if got := table.n.Load(); got != 1 {
			t.Errorf("%d times: %d readings", n, got)
		}
	}
}

// readings counts them.
type readings struct {
	driver.Table
	n atomic.Int64
}

func (r *readings) Get(ctx context.Context, k driver.Key) (driver.Record, error) {
	r.n.Add(1)
	return r.Table.Get(ctx, k)
}

func TestAResponseIsKeptThirtyDays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &stored.Store{Table: memstore.New()}
		id, err := respond(t, s, &says{}, call("w", `{"model":"m","input":"Hi"}`))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(stored.Life - time.Second)
		if _, err := read(t, s, "w", id); err != nil {
			t.Errorf("a second before: %v", err)
		}
		time.Sleep(2 * time.Second)
		if _, err := read(t, s, "w", id); kindOf(err) != llm.NotFound {
			t.Errorf("a second after: %v", err)
		}
	})
}

// TestALongConversationKeepsItsOrder is longer than what is read at once.
func TestALongConversationKeepsItsOrder(t *testing.T) {
	t.Parallel()
	s := &stored.Store{Table: memstore.New()}
	h := &says{}
	previous := ""
	const turns = 40
	for i := range turns {
		body := fmt.Sprintf(`{"model":"m","input":"question %d."}`, i)
		if previous != "" {
			body = strings.Replace(body, "{", `{"previous_response_id":"`+previous+`",`, 1)
		}
		h.sentence = fmt.Sprintf("answer %d.", i)
		id, err := respond(t, s, h, call("w", body))
		if err != nil {
			t.Fatal(err)
		}
		previous = id
	}
	at := -1
	for i := range turns {
		for _, want := range []string{fmt.Sprintf("question %d.", i), fmt.Sprintf("answer %d.", i)} {
			n := strings.Index(string(h.asked), want)
			if i == turns-1 && strings.HasPrefix(want, "answer") {
				continue // it came after
			}
			if n <= at {
				t.Fatalf("%q is missing or out of order in %s", want, h.asked)
			}
			at = n
		}
	}
	s.MaxHistory = 500
	if _, err := respond(t, s, h, call("w", `{"model":"m","input":"x","previous_response_id":"`+previous+`"}`)); kindOf(err) != llm.TooLarge {
		t.Errorf("a conversation over the limit: %v", err)
	}
}
