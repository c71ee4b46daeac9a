package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/price"
	"sluice/core/usage"
)

// Fields are what a row of an export may have, in the reference's words.
var Fields = []string{
	"id", "trace_id", "created_at", "request", "response", "is_success", "ai_org", "ai_model", "req_units", "res_units", "total_units",
	"request_url", "cost", "cost_currency", "response_time", "response_status_code", "mode", "config", "prompt_slug", "metadata",
}

// errStopped ends a download.
var errStopped = llm.Errorf(llm.BadRequest, "the export was stopped")

// rowsAtOnce is how many rows are read for one write.
const rowsAtOnce = 200

// Download writes an export as lines of JSON, one a log, the newest first. It
// looks between pages whether the export was stopped. How it went is noted
// with the export.
func (s *Store) Download(ctx context.Context, workspace, id string, w io.Writer) error {
	x, err := s.Export(ctx, workspace, id)
	if err != nil {
		return err
	}
	if x.Status != ExportSuccess && x.Status != ExportFailed {
		return llm.Errorf(llm.BadRequest, "the export cannot be downloaded: it is %s", x.Status)
	}
	rows, err := s.rows(ctx, workspace, &x, w)
	if errors.Is(err, errStopped) {
		return err
	}
	note := context.WithoutCancel(ctx) // also if the client has gone
	_, noteErr := s.changeExport(note, workspace, id, func(x *Export) error {
		if x.Status == ExportStopped {
			return errStopped
		}
		x.Rows, x.Status, x.Error = rows, ExportSuccess, ""
		if err != nil {
			x.Status, x.Error = ExportFailed, "the logs could not be read or sent to their end"
		}
		return nil
	})
	return errors.Join(err, noteErr)
}

func (s *Store) rows(ctx context.Context, workspace string, x *Export, w io.Writer) (n int64, err error) {
	q := Query{Workspace: workspace, From: x.From, To: x.To, Filter: x.Filter, Limit: rowsAtOnce}
	for {
		page, err := s.List(ctx, q)
		if err != nil {
			return n, err
		}
		entries := page.Entries
		if x.Limit > 0 {
			entries = entries[:min(int64(len(entries)), x.Limit-n)]
		}
		lines, err := s.lines(ctx, workspace, x.fields(), entries)
		if err != nil {
			return n, err
		}
		if _, err := w.Write(lines); err != nil {
			return n, err
		}
		n += int64(len(entries))
		if q.Cursor = page.Next; q.Cursor == "" || x.Limit > 0 && n == x.Limit {
			return n, nil
		}
		if now, err := s.Export(ctx, workspace, x.ID); err != nil || now.Status == ExportStopped {
			return n, errors.Join(err, errStopped)
		}
	}
}

// fields are what rows have.
func (x *Export) fields() []string {
	if len(x.Fields) > 0 {
		return x.Fields
	}
	var list []string
	for _, f := range Fields {
		if !ofBodies(f) {
			list = append(list, f)
		}
	}
	return list
}

// ofBodies reports whether a field is in what is kept of bodies.
func ofBodies(field string) bool {
	return field == "request" || field == "response" || field == "request_url"
}

// lines are rows, with bodies if a field needs them.
func (s *Store) lines(ctx context.Context, workspace string, fields []string, entries []Entry) ([]byte, error) {
	bodies := false
	for _, f := range fields {
		bodies = bodies || ofBodies(f)
	}
	exchanges := make([]*usage.Exchange, len(entries))
	if bodies {
		if err := s.exchanges(ctx, workspace, entries, exchanges); err != nil {
			return nil, err
		}
	}
	var out []byte
	for i := range entries {
		out = append(append(out, row(fields, &entries[i], exchanges[i])...), '\n')
	}
	return out, nil
}

// exchanges reads bodies, some at the same time. A log that has expired in the
// meantime has none.
func (s *Store) exchanges(ctx context.Context, workspace string, entries []Entry, into []*usage.Exchange) error {
	return each(ctx, len(entries), func(ctx context.Context, i int) error {
		log, err := s.Get(ctx, workspace, entries[i].ID)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		into[i] = log.Record.Exchange
		return err
	})
}

// CentsOf is an amount in cents, as a decimal number in JSON.
func CentsOf(n price.Nano) price.USD { return price.USD(n * 100) }

// row writes the fields of a log. What nobody knows is null.
func row(fields []string, e *Entry, x *usage.Exchange) json.Value {
	w := json.NewWriter("{")
	for _, f := range fields {
		v := value(f, e, x)
		if v == nil {
			v = json.Value("null")
		}
		w.Raw(f, v)
	}
	w.Close('}')
	return w.B
}

func value(field string, e *Entry, x *usage.Exchange) json.Value {
	switch field {
	case "id":
		return json.Quote(e.ID)
	case "trace_id":
		return textOrNil(e.Trace)
	case "created_at":
		return json.Quote(e.Time.Format(time.RFC3339Nano))
	case "is_success":
		return json.Bool(e.Status < http.StatusBadRequest && !e.Broken)
	case "ai_org":
		return textOrNil(e.Provider)
	case "ai_model":
		return textOrNil(e.Model)
	case "req_units":
		return json.ValueOf(e.Prompt)
	case "res_units":
		return json.ValueOf(e.Completion)
	case "total_units":
		return json.ValueOf(e.Prompt + e.Completion)
	case "cost":
		return json.ValueOf(CentsOf(e.Cost))
	case "cost_currency":
		return json.Quote("USD")
	case "response_time":
		return json.ValueOf(int64(e.Total) / 1000)
	case "response_status_code":
		return json.ValueOf(e.Status)
	case "metadata":
		return json.ValueOf(e.Metadata)
	}
	if x == nil {
		return nil
	}
	return exchangeValue(field, x)
}

// exchangeValue is a field of what was kept of bodies.
func exchangeValue(field string, x *usage.Exchange) json.Value {
	switch field {
	case "request_url":
		return json.Quote(x.URL)
	case "request":
		return message(x.Header, x.Body, "method", x.Method, "url", x.URL)
	case "response":
		return message(x.ResponseHeader, x.Response)
	}
	return nil
}

// message is one half of an exchange. A body in JSON is that, another one a
// text.
func message(h http.Header, b usage.Body, texts ...string) json.Value {
	w := json.NewWriter("{")
	for i := 0; i < len(texts); i += 2 {
		w.Str(texts[i], texts[i+1])
	}
	w.Raw("headers", json.ValueOf(flat(h)))
	if json.Valid(b.Bytes) {
		w.Raw("body", b.Bytes)
	} else {
		w.Str("body", string(b.Bytes))
	}
	w.Int("size", b.Size)
	w.Close('}')
	return w.B
}

// flat has one text for each header.
func flat(h http.Header) map[string]string {
	out := map[string]string{}
	for name, values := range h {
		for _, v := range values {
			if out[name] != "" {
				v = fmt.Sprintf("%s, %s", out[name], v)
			}
			out[name] = v
		}
	}
	return out
}

func textOrNil(s string) json.Value {
	if s == "" {
		return nil
	}
	return json.Quote(s)
}
