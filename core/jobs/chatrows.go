package jobs

import (
	"cmp"
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// chatRows rewrites rows for conversations into a provider's form. A job has
// one model and one endpoint, as at OpenAI.
type chatRows struct {
	provider string
	codec    dialect.Outbound
	model    string // of the job; empty: that of the first row
	fixed    bool   // the client has named it beside the rows, whose own do not count then
	endpoint string
	usual    string // endpoint of rows that name none; empty: conversations
	ids      map[string]bool
	dropped  []string
	write    func(w *json.Writer, id string, body json.Value)
}

func (c *chatRows) found() (model, endpoint string, dropped []string) {
	return c.model, c.endpoint, c.dropped
}

func (c *chatRows) row(dst, line []byte) ([]byte, error) {
	r, err := parseRowFor(line, cmp.Or(c.usual, chatEndpoint))
	if err != nil {
		return nil, err
	}
	if err := c.check(r); err != nil {
		return nil, err
	}
	q, err := r.request()
	if err != nil {
		return nil, err
	}
	own := *q
	own.Model = c.model
	x, err := c.codec.Prepare(&own, dialect.Target{Provider: c.provider, Model: c.model})
	if err != nil {
		return nil, err
	}
	for _, name := range x.Dropped() {
		if !slices.Contains(c.dropped, name) {
			c.dropped = append(c.dropped, name)
		}
	}
	w := json.Writer{B: append(dst, '{')}
	c.write(&w, r.id, x.Body())
	w.Close('}')
	return w.B, nil
}

// check holds a row against those before it.
func (c *chatRows) check(r row) error {
	if c.ids == nil {
		c.ids, c.endpoint, c.fixed = map[string]bool{}, r.endpoint, c.model != ""
		if !c.fixed {
			c.model = r.model
		}
	}
	switch {
	case c.model == "":
		return &llm.Error{Kind: llm.BadRequest, Message: "the row names no model, and neither does the header x-portkey-provider-model", Param: "model"}
	case !c.fixed && r.model != c.model:
		return llm.Errorf(llm.BadRequest, "its model is %q, and that of the first row is %q: a job has one model", r.model, c.model)
	case r.endpoint != c.endpoint:
		return llm.Errorf(llm.BadRequest, "its url is %s, and that of the first row is %s", r.endpoint, c.endpoint)
	case c.ids[r.id]:
		return llm.Errorf(llm.BadRequest, "custom_id %q is there twice", r.id)
	}
	c.ids[r.id] = true
	return nil
}
