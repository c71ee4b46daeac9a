package stored

import (
	"context"
	"errors"
	"slices"
	"sync"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// atOnce is how many records of a conversation are read side by side.
const atOnce = 16

// chain reads the records under ids, in their order.
func (s *Store) chain(ctx context.Context, workspace string, ids []string) ([]*record, error) {
	records, errs := make([]*record, len(ids)), make([]error, len(ids))
	var wait sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for i, id := range ids {
		places <- struct{}{}
		wait.Go(func() {
			records[i], errs[i] = s.get(ctx, workspace, id)
			<-places
		})
	}
	wait.Wait()
	for i, err := range errs {
		if errors.Is(err, errUnknown) {
			return nil, unknownPrevious(ids[i])
		}
		if err != nil {
			return nil, err
		}
	}
	return records, nil
}

// A past is what a request goes on from.
type past struct {
	ids   []string // of all responses, the oldest first
	items []json.Value
	size  int64
}

// history reads all that led to a response, and the response.
func (s *Store) history(ctx context.Context, workspace, id string) (*past, error) {
	last, err := s.get(ctx, workspace, id)
	if errors.Is(err, errUnknown) {
		return nil, unknownPrevious(id)
	}
	if err != nil {
		return nil, err
	}
	if last.status() == "failed" {
		return nil, badPrevious("Previous response with id '"+id+"' failed and cannot be continued.", "")
	}
	records, err := s.chain(ctx, workspace, last.Chain)
	if err != nil {
		return nil, err
	}
	p := &past{ids: append(slices.Clone(last.Chain), id)}
	for _, r := range append(records, last) {
		if err := p.add(r, s.maxHistory()); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (s *Store) maxHistory() int64 {
	if s.MaxHistory > 0 {
		return s.MaxHistory
	}
	return defaultMaxHistory
}

func (p *past) add(r *record, limit int64) error {
	output, err := r.output()
	if err != nil {
		return err
	}
	for _, v := range slices.Concat(r.Input, output) {
		if json.Unquote(json.Lookup(v, "type")) == "compaction" { // stands for all before it
			p.items, p.size = nil, 0
		}
		if p.size += int64(len(v)); p.size > limit {
			return llm.Errorf(llm.TooLarge, "the conversation that previous_response_id names is larger than the limit of %d bytes", limit)
		}
		p.items = append(p.items, v)
	}
	return nil
}

// unknownPrevious is OpenAI's answer, in its words.
func unknownPrevious(id string) error {
	return badPrevious("Previous response with id '"+id+"' not found.", "previous_response_not_found")
}

func badPrevious(message, code string) error {
	return &llm.Error{Kind: llm.BadRequest, Message: message, Code: code, Param: "previous_response_id"}
}
