package logs

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// download runs an export of everything that x asks for.
func download(t *testing.T, s *Store, x Export) (lines []string) {
	t.Helper()
	x, err := s.CreateExport(t.Context(), "w", x)
	if err == nil {
		x, err = s.StartExport(t.Context(), "w", x.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := s.Download(t.Context(), "w", x.ID, &out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	if got, err := s.Export(t.Context(), "w", x.ID); err != nil || got.Status != ExportSuccess || got.Rows != int64(len(lines)) {
		t.Errorf("%d lines, and the export is %+v, %v", len(lines), got, err)
	}
	return lines
}

func TestExportsAreTheLogsThatWereAskedFor(t *testing.T) {
	onAll(t, func(t *testing.T, table driver.Table) {
		s := New(table, Options{Keep: usage.KeepFull, Retention: 100 * time.Hour})
		records := mixed("w", 24)
		if isMemory(table) {
			records = mixed("w", 600) // several pages
		}
		records[2].Exchange = exchange(`{"a": 1}`, `no json`)
		records[2].Exchange.Header.Add("X-Two", "1")
		records[2].Exchange.Header.Add("X-Two", "2")
		write(t, s, records...)
		write(t, s, record("other", at(1)))
		var ids []string
		for _, line := range download(t, s, Export{Fields: []string{"id"}}) {
			ids = append(ids, json.Unquote(json.Lookup([]byte(line), "id")))
		}
		same(t, "all", ids, newestFirst(records, func(*usage.Record) bool { return true }))
		ids = nil
		for _, line := range download(t, s, Export{Filter: Filter{Provider: []string{"anthropic"}}}) {
			if !json.Valid([]byte(line)) || strings.Contains(line, `"request"`) {
				t.Errorf("the line %s", line)
			}
			ids = append(ids, json.Unquote(json.Lookup([]byte(line), "id")))
		}
		same(t, "one provider", ids, newestFirst(records, func(r *usage.Record) bool { return r.Provider == "anthropic" }))
		r := records[2]
		lines := download(t, s, Export{Fields: Fields, Filter: Filter{Request: []string{r.Request}}})
		want := `{"id":"` + r.ID + `","trace_id":"trace-0","created_at":"` + r.Time.Format(time.RFC3339Nano) + `",` +
			`"request":{"method":"POST","url":"/v1/chat/completions","headers":{"Content-Type":"application/json","X-Two":"1, 2"},"body":{"a": 1},"size":8},` +
			`"response":{"headers":{},"body":"no json","size":7},"is_success":false,"ai_org":"anthropic","ai_model":"claude","req_units":10,"res_units":5,"total_units":15,` +
			`"request_url":"/v1/chat/completions","cost":0.0075,"cost_currency":"USD","response_time":2,"response_status_code":500,"mode":null,"config":null,"prompt_slug":null,` +
			`"metadata":{"a=b":"c","team":"t#2"}}`
		if len(lines) != 1 || lines[0] != want {
			t.Errorf("got %s\nwant %s", lines, want)
		}
	})
}

func TestAnExportGoesThroughItsStates(t *testing.T) {
	t.Parallel()
	s := New(memstore.New(), Options{})
	refused := func(what string, err error) {
		t.Helper()
		if llm.KindOf(err) != llm.BadRequest {
			t.Errorf("%s: %v", what, err)
		}
	}
	var out bytes.Buffer
	x, err := s.CreateExport(t.Context(), "w", Export{ID: "mine", Status: ExportSuccess, Fields: []string{"id"}})
	if err != nil || x.ID == "mine" || x.Status != ExportDraft {
		t.Fatalf("%+v, %v", x, err)
	}
	refused("a draft", s.Download(t.Context(), "w", x.ID, &out))
	x, err = s.UpdateExport(t.Context(), "w", x.ID, func(x *Export) { x.ID, x.Status, x.Description = "mine", ExportSuccess, "new" })
	if err != nil || x.Status != ExportDraft || x.Description != "new" {
		t.Errorf("%+v, %v", x, err)
	}
	_, err = s.UpdateExport(t.Context(), "w", x.ID, func(x *Export) { x.Fields = []string{"password"} })
	refused("an unknown field", err)
	x, err = s.StartExport(t.Context(), "w", x.ID)
	if err != nil || x.Status != ExportSuccess || x.To.IsZero() {
		t.Errorf("%+v, %v", x, err)
	}
	_, err = s.StartExport(t.Context(), "w", x.ID)
	refused("started again", err)
	_, err = s.UpdateExport(t.Context(), "w", x.ID, func(*Export) {})
	refused("a change of what was started", err)
	if x, err = s.CancelExport(t.Context(), "w", x.ID); err != nil || x.Status != ExportStopped {
		t.Errorf("%+v, %v", x, err)
	}
	refused("a stopped one", s.Download(t.Context(), "w", x.ID, &out))
	if list, err := s.Exports(t.Context(), "w", 0); err != nil || len(list) != 1 || list[0].ID != x.ID || list[0].Description != "new" {
		t.Errorf("%+v, %v", list, err)
	}
	for _, get := range []func() error{
		func() error { _, err := s.Export(t.Context(), "other", x.ID); return err },
		func() error { _, err := s.StartExport(t.Context(), "w", "x"); return err },
		func() error { return s.Download(t.Context(), "w", usage.NewID(at(0)), &out) },
	} {
		if err := get(); !errors.Is(err, ErrNoExport) {
			t.Errorf("got %v", err)
		}
	}
}

// A writerFunc is a client that downloads.
type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestAStoppedOrBrokenDownloadEnds(t *testing.T) {
	t.Parallel()
	s := New(memstore.New(), Options{})
	write(t, s, mixed("w", 3*rowsAtOnce)...)
	x, err := s.CreateExport(t.Context(), "w", Export{Fields: []string{"id"}})
	if err == nil {
		x, err = s.StartExport(t.Context(), "w", x.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	err = s.Download(t.Context(), "w", x.ID, writerFunc(func([]byte) (int, error) { return 0, errBroken }))
	if got, getErr := s.Export(t.Context(), "w", x.ID); !errors.Is(err, errBroken) || getErr != nil || got.Status != ExportFailed || got.Error == "" {
		t.Errorf("a broken download: %v, the export is %+v", err, got)
	}
	writes := 0
	err = s.Download(t.Context(), "w", x.ID, writerFunc(func(p []byte) (int, error) {
		if writes++; writes == 1 {
			if _, err := s.CancelExport(t.Context(), "w", x.ID); err != nil {
				t.Error(err)
			}
		}
		return len(p), nil
	}))
	if got, _ := s.Export(t.Context(), "w", x.ID); llm.KindOf(err) != llm.BadRequest || writes != 1 || got.Status != ExportStopped {
		t.Errorf("a stopped download: %v after %d writes, the export is %s", err, writes, got.Status)
	}
}

// A page in which nothing was found is not the end of an export.
func TestAnExportGoesOnBehindEmptyPages(t *testing.T) {
	t.Parallel()
	s := New(memstore.New(), Options{})
	for i := range filteredReads*rowsAtOnce + 100 {
		r := record("w", at(0).Add(time.Duration(i)*time.Millisecond))
		if i == 0 {
			r.Cost = dollars(1_000_000_000)
		}
		if err := s.Write(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	least := int64(1_000_000)
	x, err := s.CreateExport(t.Context(), "w", Export{Filter: Filter{Cost: Span{Min: &least}}, Fields: []string{"cost"}})
	if err == nil {
		_, err = s.StartExport(t.Context(), "w", x.ID)
	}
	var rows strings.Builder
	if err == nil {
		err = s.Download(t.Context(), "w", x.ID, &rows)
	}
	if err != nil || rows.String() != `{"cost":100}`+"\n" {
		t.Errorf("got %q, %v", rows.String(), err)
	}
}
