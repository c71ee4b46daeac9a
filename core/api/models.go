package api

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/price"
)

// modelList is OpenAI's list, with members of ours behind its own.
type modelList struct {
	Object string       `json:"object"`
	Data   []modelEntry `json:"data"`
	Total  int          `json:"total"` // that the filters leave, before limit and offset
}

// modelEntry is one model. What nobody has told is left out, not guessed.
type modelEntry struct {
	ID       string `json:"id"` // @provider/name: what a request names
	Object   string `json:"object"`
	Created  int64  `json:"created"`
	OwnedBy  string `json:"owned_by"`
	Slug     string `json:"slug"` // the provider's own name
	Provider string `json:"provider"`

	Kind          string   `json:"kind,omitzero"`
	Modalities    []string `json:"modalities,omitempty"`
	Tools         bool     `json:"tools,omitzero"`
	ContextLength int64    `json:"context_length,omitzero"`
	MaxOutput     int64    `json:"max_output_tokens,omitzero"`
	Source        string   `json:"source,omitzero"` // of these facts
	Pricing       *pricing `json:"pricing,omitzero"`
}

// pricing is the standard price of a million tokens, in dollars.
type pricing struct {
	Currency    string `json:"currency"`
	Per         string `json:"per"`
	Input       string `json:"input,omitzero"`
	CachedInput string `json:"cached_input,omitzero"`
	CacheWrite  string `json:"cache_write,omitzero"`
	Output      string `json:"output,omitzero"`
	Version     string `json:"version"`
}

// listModels answers GET /v1/models for a client that names no provider: what
// it can call without bringing a credential.
func (q *request) listModels(ctx context.Context, c *core.Call) (*core.Reply, error) {
	var ids []string
	var err error
	if q.Callable != nil {
		if ids, err = q.Callable(ctx); err != nil {
			return nil, err
		}
	}
	all := slices.Clone(q.builtIn())
	for _, id := range ids {
		for m := range q.prices().Models(id) {
			all = append(all, describeModel(id, m))
		}
	}
	list, err := listFor(c, all)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return core.NewBody(c.Dialect, nil, body), nil
}

// listFor is the list in the client's form: Anthropic's SDKs send the version
// of their API, Google's have a path of their own.
func listFor(c *core.Call, all []modelEntry) (any, error) {
	query, err := url.ParseQuery(c.Query)
	switch {
	case err != nil:
		return nil, llm.Errorf(llm.BadRequest, "the query cannot be read")
	case c.Dialect == llm.Gemini:
		return listForGemini(all, query)
	case c.Header.Get("Anthropic-Version") != "":
		return listForMessages(all, query)
	}
	f, err := parseFilter(query)
	if err != nil {
		return nil, err
	}
	return f.apply(all), nil
}

func (q *request) builtIn() []modelEntry {
	var out []modelEntry
	for _, m := range q.Models {
		out = append(out, modelEntry{ID: "@" + m.Owner + "/" + m.ID, Object: "model", OwnedBy: m.Owner, Slug: m.ID, Provider: m.Owner, Kind: "chat"})
	}
	return out
}

func (q *request) prices() *price.Table {
	if q.Prices == nil {
		return price.Default()
	}
	return q.Prices
}

func describeModel(provider string, m price.Model) modelEntry {
	return modelEntry{
		ID: "@" + provider + "/" + m.Name, Object: "model", OwnedBy: provider, Slug: m.Name, Provider: provider,
		Kind: m.Facts.Kind, Modalities: m.Facts.Modalities(), Tools: m.Facts.Tools(),
		ContextLength: m.Facts.ContextLength, MaxOutput: m.Facts.MaxOutput, Source: m.Facts.Source, Pricing: pricingOf(m.Price),
	}
}

func pricingOf(p price.Price) *pricing {
	if !p.Known() {
		return nil
	}
	rate := func(u price.Unit) string {
		if n, ok := p.Rate(u); ok {
			return n.String()
		}
		return ""
	}
	return &pricing{
		Currency: "USD", Per: "1M tokens", Version: p.Version,
		Input: rate(price.Input), CachedInput: rate(price.CachedInput), CacheWrite: rate(price.CacheWrite), Output: rate(price.Output),
	}
}

// A modelFilter is the query of GET /v1/models.
type modelFilter struct {
	provider, kind, modality, sort string
	descending                     bool
	limit, offset                  int // limit −1: all
}

func parseFilter(v url.Values) (modelFilter, error) {
	f := modelFilter{
		provider: strings.TrimPrefix(cmp.Or(v.Get("provider"), v.Get("ai_service")), "@"),
		kind:     v.Get("kind"), modality: v.Get("modality"), sort: v.Get("sort"), descending: v.Get("order") == "desc", limit: -1,
	}
	if o := v.Get("order"); o != "" && o != "asc" && o != "desc" {
		return f, llm.Errorf(llm.BadRequest, "order must be asc or desc")
	}
	if !slices.Contains([]string{"", "name", "provider", "ai_service"}, f.sort) {
		return f, llm.Errorf(llm.BadRequest, "sort must be name, provider or ai_service")
	}
	for name, n := range map[string]*int{"limit": &f.limit, "offset": &f.offset} {
		if text := v.Get(name); text != "" {
			var err error
			if *n, err = strconv.Atoi(text); err != nil || *n < 0 {
				return f, llm.Errorf(llm.BadRequest, "%s must be a number that is not negative", name)
			}
		}
	}
	return f, nil
}

func (f modelFilter) apply(all []modelEntry) modelList {
	kept := slices.DeleteFunc(all, func(m modelEntry) bool {
		return f.provider != "" && m.Provider != f.provider || f.kind != "" && m.Kind != f.kind ||
			f.modality != "" && !slices.Contains(m.Modalities, f.modality)
	})
	slices.SortStableFunc(kept, func(a, b modelEntry) int {
		order := cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Slug, b.Slug))
		if f.sort == "name" {
			order = cmp.Or(cmp.Compare(a.Slug, b.Slug), order)
		}
		if f.descending {
			return -order
		}
		return order
	})
	l := modelList{Object: "list", Total: len(kept)}
	kept = kept[min(f.offset, len(kept)):]
	if f.limit >= 0 {
		kept = kept[:min(f.limit, len(kept))]
	}
	l.Data = append([]modelEntry{}, kept...)
	return l
}
