package stored

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Pages of a list.
//
// https://platform.openai.com/docs/api-reference/responses/input-items
const (
	pageSize    = 20
	maxPageSize = 100
)

// inputItems lists what led to a response, with all that came before its own
// input: what the model has read.
func (s *Store) inputItems(ctx context.Context, workspace string, r *record, query url.Values) (*core.Reply, error) {
	records, err := s.chain(ctx, workspace, r.Chain)
	if err != nil {
		return nil, err
	}
	var p past
	for _, earlier := range records {
		if err := p.add(earlier, s.maxHistory()); err != nil {
			return nil, err
		}
	}
	all := append(p.items, r.Input...)
	page, more, err := cut(all, query)
	if err != nil {
		return nil, err
	}
	first, last := json.Value("null"), json.Value("null")
	if len(page) > 0 {
		first, last = json.Quote(itemID(page[0])), json.Quote(itemID(page[len(page)-1]))
	}
	b := append([]byte(`{"object":"list","data":`), array(page)...)
	b = append(append(b, `,"first_id":`...), first...)
	b = append(append(b, `,"last_id":`...), last...)
	b = strconv.AppendBool(append(b, `,"has_more":`...), more)
	return whole(append(b, '}')), nil
}

// cut takes the page that a query asks for out of a list.
func cut(all []json.Value, query url.Values) (page []json.Value, more bool, err error) {
	limit := pageSize
	if text := query.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxPageSize {
			return nil, false, badQuery("limit", "must be a number from 1 to 100")
		}
	}
	page = slices.Clone(all)
	switch query.Get("order") {
	case "asc":
	case "", "desc":
		slices.Reverse(page)
	default:
		return nil, false, badQuery("order", "must be asc or desc")
	}
	if page, err = between(page, query.Get("after"), query.Get("before")); err != nil {
		return nil, false, err
	}
	if len(page) <= limit {
		return page, false, nil
	}
	if query.Get("before") != "" && query.Get("after") == "" { // the page next to it
		return page[len(page)-limit:], true, nil
	}
	return page[:limit], true, nil
}

// between is the part of a list behind one item and in front of another.
func between(list []json.Value, after, before string) ([]json.Value, error) {
	if after != "" {
		i := slices.IndexFunc(list, func(v json.Value) bool { return itemID(v) == after })
		if i < 0 {
			return nil, badQuery("after", "names no item of this list")
		}
		list = list[i+1:]
	}
	if before != "" {
		i := slices.IndexFunc(list, func(v json.Value) bool { return itemID(v) == before })
		if i < 0 {
			return nil, badQuery("before", "names no item of this list")
		}
		list = list[:i]
	}
	return list, nil
}

func badQuery(param, what string) error {
	return &llm.Error{Kind: llm.BadRequest, Param: param, Message: param + " " + what}
}
