package stored

import (
	"bytes"
	"context"
	"errors"
	"sync"

	"sluice/core"
	"sluice/core/dialect/openairesponses"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// An Exchange is one request for a response.
type Exchange struct {
	// Call is the request with all that it goes on from in its input.
	Call *core.Call
	// Echo gives what the answer repeats of the request. It is found when it is
	// first asked for: answers of providers that speak the API repeat it
	// themselves.
	Echo func() json.Value

	store *Store
	id    string       // of the answer, if it is one of ours
	input []json.Value // the request's own
	past  *past        // nil: it goes on from nothing that is kept here
	keep  bool
}

// Open reads what a request goes on from. What is not kept here (answers of
// providers, conversations) stays in the request for the provider to find.
func (s *Store) Open(ctx context.Context, c *core.Call) (*Exchange, error) {
	ms, err := json.Pick(c.Body, "previous_response_id", "store", "input")
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "the request body is not valid JSON: %v", err)
	}
	x := &Exchange{Call: c, store: s, id: openairesponses.NewID(), keep: s.able() && ms[1].Kind() != 'f'}
	x.Echo = sync.OnceValue(func() json.Value { return openairesponses.Echo(c.Body, x.keep) })
	previous := json.Unquote(ms[0])
	input, err := s.resolve(ctx, c.Principal.Workspace, ms[2])
	if err != nil {
		return nil, err
	}
	if x.keep { // long inputs are read again for it
		x.input = items(input, x.id)
	}
	if openairesponses.OwnID(previous) {
		if err := x.goOn(ctx, previous); err != nil {
			return nil, err
		}
	} else if bytes.Equal(input, ms[2]) {
		return x, nil
	}
	return x, x.join(input)
}

// goOn reads the conversation that the request continues.
func (x *Exchange) goOn(ctx context.Context, previous string) error {
	if !x.store.able() {
		return badPrevious("previous_response_id: this gateway keeps no responses; send the whole conversation as input", "")
	}
	ms, err := json.Pick(x.Call.Body, "conversation", "background")
	switch {
	case err != nil:
		return err
	case ms[0] != nil && ms[0].Kind() != 'n':
		return badPrevious("previous_response_id and conversation exclude each other", "")
	case ms[1].Kind() == 't':
		return &llm.Error{Kind: llm.BadRequest, Param: "background", Message: "background: a response that goes on from '" + previous + "' is given at once only"}
	}
	x.past, err = x.store.history(ctx, x.Call.Principal.Workspace, previous)
	return err
}

// join writes the body that stands for itself.
func (x *Exchange) join(input json.Value) error {
	all := items(input, x.id)
	edits := []json.Edit{{Name: "input"}}
	if x.past != nil {
		all = append(x.past.items, all...)
		edits = append(edits, json.Edit{Name: "previous_response_id"})
	}
	edits[0].Value = array(all)
	body, err := json.Splice(x.Call.Body, edits...)
	if err != nil {
		return err
	}
	x.Call = x.Call.WithBody(body)
	return nil
}

// resolve puts items that are kept here in the place of references to them.
func (s *Store) resolve(ctx context.Context, workspace string, input json.Value) (json.Value, error) {
	if !bytes.Contains(input, []byte(`"item_reference"`)) {
		return input, nil
	}
	all, err := json.Elements(input)
	if err != nil {
		return input, nil // for the codec to refuse
	}
	found, size := references{}, int64(0)
	for i, v := range all {
		id := itemID(v)
		of := openairesponses.ResponseOf(id)
		if of == "" || json.Unquote(json.Lookup(v, "type")) != "item_reference" {
			continue
		}
		if all[i], err = s.item(ctx, found, workspace, of, id); err != nil {
			return nil, err
		}
		if size += int64(len(all[i])); size > s.maxHistory() {
			return nil, llm.Errorf(llm.TooLarge, "the items that the input refers to are together larger than the limit of %d bytes", s.maxHistory())
		}
	}
	if len(found) == 0 {
		return input, nil
	}
	return array(all), nil
}

// references are the items of responses that one input refers to, by response
// and id: each response is read once.
type references map[string]map[string]json.Value

// item finds an item of a response.
func (s *Store) item(ctx context.Context, found references, workspace, response, id string) (json.Value, error) {
	items, known := found[response]
	if !known {
		r, err := s.get(ctx, workspace, response)
		if err != nil && !errors.Is(err, errUnknown) {
			return nil, err
		}
		items = map[string]json.Value{}
		if err == nil {
			output, _ := r.output()
			for _, v := range append(output, r.Input...) {
				items[itemID(v)] = v
			}
		}
		found[response] = items
	}
	if v, ok := items[id]; ok {
		return v, nil
	}
	return nil, &llm.Error{Kind: llm.NotFound, Message: "Item with id '" + id + "' not found.", Param: "input", Type: "invalid_request_error"}
}
