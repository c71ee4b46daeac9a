package admin

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/logs"
	"sluice/core/price"
)

// query is the request's, one text for each parameter.
func (c *call) query() (map[string]string, error) {
	members := map[string]string{}
	for name, values := range c.r.URL.Query() {
		if len(values) > 1 {
			return nil, wrong(name, "was given more than once")
		}
		members[name] = values[0]
	}
	return members, nil
}

// take removes a parameter.
func take(members map[string]string, name string) string {
	v := members[name]
	delete(members, name)
	return v
}

// limit reads how many entries a page may have; 0 leaves it to the store.
func limit(members map[string]string) (int, error) {
	name := "limit"
	if members[name] == "" {
		name = "page_size"
	}
	v := take(members, name)
	if v == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > logs.MaxLimit {
		return 0, wrong(name, "must be a whole number from 1 to "+strconv.Itoa(logs.MaxLimit))
	}
	return n, nil
}

// An entry is a log in a list.
type entry struct {
	ID       string            `json:"id"`
	Created  time.Time         `json:"created_at"`
	Request  string            `json:"request_id"`
	Trace    string            `json:"trace_id,omitzero"`
	Span     string            `json:"span_id,omitzero"`
	Key      string            `json:"api_key_id,omitzero"`
	User     string            `json:"user,omitzero"`
	Metadata map[string]string `json:"metadata,omitzero"`
	Source   string            `json:"source,omitzero"`

	Operation llm.Operation `json:"operation"`
	Dialect   llm.Dialect   `json:"dialect,omitzero"`
	Stream    bool          `json:"stream"`
	Provider  string        `json:"ai_org,omitzero"`
	Model     string        `json:"ai_model,omitzero"`

	Status   int              `json:"response_status_code"`
	Success  bool             `json:"is_success"`
	Error    string           `json:"error,omitzero"`
	Broken   bool             `json:"broken,omitzero"`
	Left     bool             `json:"left,omitzero"`
	Cache    core.CacheStatus `json:"cache_status,omitzero"`
	Attempts int              `json:"attempts"`

	Prompt     int64     `json:"req_units"`
	Completion int64     `json:"res_units"`
	Total      int64     `json:"total_units"`
	Cost       price.USD `json:"cost"` // cents
	Currency   string    `json:"cost_currency"`
	Unpriced   bool      `json:"cost_incomplete,omitzero"`
	Saved      price.USD `json:"cost_saved,omitzero"` // cents

	First int64 `json:"first_byte_time"` // milliseconds
	Took  int64 `json:"response_time"`   // milliseconds
}

func entryOf(e *logs.Entry) entry {
	return entry{
		ID: e.ID, Created: e.Time, Request: e.Request, Trace: e.Trace, Span: e.Span, Key: e.Key, User: e.User, Metadata: e.Metadata, Source: e.Source,
		Operation: e.Operation, Dialect: e.Dialect, Stream: e.Stream, Provider: e.Provider, Model: e.Model,
		Status: e.Status, Success: e.Status < http.StatusBadRequest && !e.Broken, Error: e.Error, Broken: e.Broken, Left: e.Left,
		Cache: e.Cache, Attempts: e.Attempts,
		Prompt: e.Prompt, Completion: e.Completion, Total: e.Prompt + e.Completion,
		Cost: logs.CentsOf(e.Cost), Currency: "USD", Unpriced: e.Unpriced, Saved: logs.CentsOf(e.Saved),
		First: int64(e.First) / 1000, Took: int64(e.Total) / 1000,
	}
}

func entriesOf(list []logs.Entry) []entry {
	out := make([]entry, len(list))
	for i := range list {
		out[i] = entryOf(&list[i])
	}
	return out
}

// listLogs answers GET /logs: a page of logs, the newest first.
func (c *call) listLogs() error {
	members, err := c.query()
	if err != nil {
		return err
	}
	if page := members["current_page"]; page != "" && page != "0" {
		return wrong("current_page", "must be 0: the next page is asked for with cursor")
	}
	q := logs.Query{Workspace: c.who.Workspace, Cursor: take(members, "cursor")}
	if q.Limit, err = limit(members); err != nil {
		return err
	}
	f, err := readFilter(members, true)
	if err != nil {
		return err
	}
	q.From, q.To, q.Filter = f.from, f.to, f.Filter
	page, err := c.Logs.List(c.ctx(), q)
	if err != nil {
		return err
	}
	return c.reply(struct {
		Object string  `json:"object"`
		Data   []entry `json:"data"`
		More   bool    `json:"has_more"`
		Next   string  `json:"next_cursor,omitzero"`
	}{"list", entriesOf(page.Entries), page.Next != "", page.Next})
}

// insertLogs answers POST /logs: logs of requests that were made elsewhere.
func (c *call) insertLogs() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	prices := c.Prices
	if prices == nil {
		prices = price.Default()
	}
	records, err := logs.Parse(body, prices)
	if err != nil {
		return err
	}
	ids := make([]string, len(records))
	for i, r := range records {
		r.Workspace, r.Key, r.User = c.who.Workspace, c.who.Key, cmp.Or(c.who.User, r.User)
		ids[i] = r.ID
	}
	if err := c.Logs.WriteAll(c.ctx(), records); err != nil {
		return err
	}
	return c.reply(struct {
		Status string   `json:"status"`
		IDs    []string `json:"ids"`
	}{"success", ids})
}

// getLog answers GET /logs/{id}.
func (c *call) getLog() error {
	log, err := c.Logs.Get(c.ctx(), c.who.Workspace, c.vars[0])
	if err != nil {
		return err
	}
	c.write(http.StatusOK, logView(log))
	return nil
}

// metadataLists are the keys of metadata, sorted, and their values.
func metadataLists(m map[string]string) (keys, values json.Value) {
	sorted := slices.Sorted(maps.Keys(m))
	texts := make([]string, len(sorted))
	for i, k := range sorted {
		texts[i] = m[k]
	}
	return json.ValueOf(append([]string{}, sorted...)), json.ValueOf(texts)
}
