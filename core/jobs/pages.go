package jobs

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"sluice/core"
	"sluice/core/internal/json"
)

// maxPages bounds the search for the place in a list that a client names: the
// provider's own marks are not OpenAI's.
const maxPages = 50

// listPages lists a provider's jobs as OpenAI does: those after an id, so many.
func listPages[T item](ctx context.Context, r *request, send sender, path string, query url.Values, member string, read func(json.Object) T) (*core.Reply, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	var found []T
	begun := p.after == ""
	for range maxPages {
		o, err := send(ctx, http.MethodGet, path, query, nil)
		if err != nil {
			return nil, err
		}
		items, err := json.Elements(o.Get(member))
		if err != nil && o.Has(member) {
			return nil, unreadable(r, err)
		}
		for _, v := range items {
			one := read(json.ObjectOf(v))
			if begun {
				found = append(found, one)
			}
			begun = begun || one.name() == p.after || one.name() == url.QueryEscape(p.after)
		}
		next := json.Unquote(o.Get("nextToken")) + json.Unquote(o.Get("nextPageToken"))
		if next == "" || len(found) > p.limit {
			break
		}
		query = nextPage(query, o, next)
	}
	more := len(found) > p.limit
	return answer(list(slices.Clip(found[:min(len(found), p.limit)]), more)), nil
}

// nextPage has Amazon's or Google's mark.
func nextPage(query url.Values, o json.Object, mark string) url.Values {
	own := url.Values{}
	for name, values := range query {
		own[name] = values
	}
	if o.Has("nextPageToken") {
		own.Set("pageToken", mark)
	} else {
		own.Set("nextToken", mark)
	}
	return own
}
