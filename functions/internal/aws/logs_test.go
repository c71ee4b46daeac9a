package aws

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sluice/core/api"
	"sluice/core/logs"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// away is a table that takes nothing.
type away struct{ driver.Table }

func (away) Put(context.Context, driver.Record) (int64, error) {
	return 0, errors.New("the table is away")
}

// keep hands one record to what an environment asks for, and says where it is.
func keep(t *testing.T, env map[string]string, data driver.Table, r *usage.Record) (inTable bool, lines string) {
	t.Helper()
	var stdout bytes.Buffer
	rec, err := NewRecords(environment(env), data, usage.NewLines(&stdout), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range rec.Sinks {
		if err := s.Write(t.Context(), r); err != nil {
			t.Errorf("%v: %v", env, err)
		}
	}
	if rec.Logs != nil {
		_, err = rec.Logs.Get(t.Context(), r.Workspace, r.ID)
		inTable = err == nil
	}
	return inTable, stdout.String()
}

// TestEveryRecordIsKeptSomewhere: in the table, else as a line, and twice if
// that is asked for.
func TestEveryRecordIsKeptSomewhere(t *testing.T) {
	t.Parallel()
	always := map[string]string{"SLUICE_LOG_LINES": "always"}
	table := func() driver.Table { return memstore.New() }
	tests := []struct {
		name     string
		env      map[string]string
		data     driver.Table
		stranger bool
		inTable  bool
		lines    int
	}{
		{"a table", nil, table(), false, true, 0},
		{"a table, said", map[string]string{"SLUICE_LOG_LINES": "fallback"}, table(), false, true, 0},
		{"no table", nil, nil, false, false, 1},
		{"a table that is away", nil, away{memstore.New()}, false, false, 1},
		{"a table, and lines", always, table(), false, true, 1},
		{"no table, and lines", always, nil, false, false, 1},
		{"a table that is away, and lines", always, away{memstore.New()}, false, false, 1},
		{"a stranger", nil, table(), true, false, 1},
		{"a stranger, and lines", always, table(), true, false, 1},
		{"a stranger without a table", nil, nil, true, false, 1},
	}
	for _, tt := range tests {
		now := time.Now()
		r := &usage.Record{ID: usage.NewID(now), Request: "request-1", Time: now, Stranger: tt.stranger}
		inTable, lines := keep(t, tt.env, tt.data, r)
		if inTable != tt.inTable || strings.Count(lines, "\n") != tt.lines || strings.Count(lines, `"request":"request-1"`) != tt.lines {
			t.Errorf("%s: in the table: %t, lines: %q", tt.name, inTable, lines)
		}
	}
}

func TestSettingsOfLogs(t *testing.T) {
	t.Parallel()
	rec, err := NewRecords(environment(map[string]string{"SLUICE_LOG_BODIES": "redacted", "SLUICE_LOG_BODY_LIMIT": "1000", "SLUICE_LOG_DAYS": "7"}), memstore.New(), usage.NewLines(io.Discard), nil)
	if err != nil || rec.Bodies != (api.Bodies{Keep: usage.KeepRedacted, Max: 1000}) || rec.Logs.Retention != 7*24*time.Hour || rec.Logs.Keep != usage.KeepRedacted || rec.Logs.MaxBody != 1000 {
		t.Errorf("got %+v, %v", rec, err)
	}
	rec, err = NewRecords(environment(nil), memstore.New(), usage.NewLines(io.Discard), nil)
	if err != nil || rec.Bodies != (api.Bodies{Keep: usage.KeepNone, Max: 64 << 10}) || rec.Logs.Retention != 30*24*time.Hour {
		t.Errorf("by default: %+v, %v", rec, err)
	}
	rec, err = NewRecords(environment(map[string]string{"SLUICE_LOG_BODIES": "full"}), nil, usage.NewLines(io.Discard), nil)
	if err != nil || rec.Bodies.Keep != "" || rec.Logs != (*logs.Store)(nil) {
		t.Errorf("without a table: %+v, %v", rec, err)
	}
	for name, values := range map[string][]string{
		"SLUICE_LOG_BODIES": {"all", "FULL"}, "SLUICE_LOG_BODY_LIMIT": {"0", "-1", "64k", "16777217"}, "SLUICE_LOG_DAYS": {"0", "401", "x"}, "SLUICE_LOG_LINES": {"never"},
	} {
		for _, v := range values {
			if _, err := NewRecords(environment(map[string]string{name: v}), memstore.New(), usage.NewLines(io.Discard), nil); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s=%s: got %v", name, v, err)
			}
		}
	}
}
