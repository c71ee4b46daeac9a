package aws

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"sluice/core/api"
	"sluice/core/logs"
	"sluice/core/store/driver"
	"sluice/core/usage"
)

// Logs keeps records of requests in the data table, and what it does not take on
// stdout, as the environment says:
//
//	SLUICE_LOG_DAYS         days for which they are kept, 1 to 400; empty means 30
//	SLUICE_LOG_BODIES       what is kept of requests and answers: none, redacted
//	                        or full; empty means none
//	SLUICE_LOG_BODY_LIMIT   bytes that are kept of each, up to 16 MiB; empty means 64 KiB
func Logs(getenv func(string) string, data driver.Table, stdout io.Writer, log *slog.Logger) (*logs.Store, error) {
	return newLogs(getenv, data, usage.NewLines(stdout), log)
}

func newLogs(getenv func(string) string, data driver.Table, fallback usage.Sink, log *slog.Logger) (*logs.Store, error) {
	bodies, err := bodies(getenv)
	if err != nil {
		return nil, err
	}
	days, err := number(getenv, "SLUICE_LOG_DAYS", 30, maxLogDays)
	if err != nil {
		return nil, err
	}
	o := logs.Options{Retention: time.Duration(days) * 24 * time.Hour, Keep: bodies.Keep, MaxBody: bodies.Max, Fallback: fallback, Log: log}
	if onLambda(getenv) {
		o.Settle = settle
	}
	return logs.New(data, o), nil
}

// settle is how long the worker takes at most to make a record findable, unless
// something fails: the window in which Lambda collects a batch, and the batch.
const settle = 15 * time.Second

// maxLogDays is how long the bucket keeps bodies that do not fit in the table.
const maxLogDays = 400

// maxKept is the most that is kept of a body, in bytes: it is held in memory
// until the answer has gone out.
const maxKept = 16 << 20

// bodies reads what is kept of requests and answers.
func bodies(getenv func(string) string) (b api.Bodies, err error) {
	b.Keep = usage.Keep(cmp.Or(getenv("SLUICE_LOG_BODIES"), string(usage.KeepNone)))
	switch b.Keep {
	case usage.KeepNone, usage.KeepRedacted, usage.KeepFull:
	default:
		return b, fmt.Errorf("SLUICE_LOG_BODIES is %q: it may be none, redacted or full", b.Keep)
	}
	b.Max, err = number(getenv, "SLUICE_LOG_BODY_LIMIT", api.DefaultMaxKept, maxKept)
	return b, err
}

func number(getenv func(string) string, name string, usual, most int) (int, error) {
	v := getenv(name)
	if v == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%s is %q: it may be 1 to %d", name, v, most)
	}
	return n, nil
}

// Values of SLUICE_LOG_LINES.
const (
	linesInstead = "fallback" // a line for what the table does not take
	linesAlways  = "always"
)

// Records are what becomes of the records of requests.
type Records struct {
	Sinks  []usage.Sink
	Bodies api.Bodies
	Logs   *logs.Store // nil if there is no table
}

// NewRecords keeps records in the data table, as [Logs] does, and hands them to
// lines, as the environment says:
//
//	SLUICE_LOG_LINES   fallback (or empty): a line for each record that the
//	                   table does not take, or always
//
// Without a table every record is a line, and no body is kept. Requests of
// strangers are lines at most: nobody fills the table without a key.
func NewRecords(getenv func(string) string, data driver.Table, lines usage.Sink, log *slog.Logger) (r Records, err error) {
	always := getenv("SLUICE_LOG_LINES") == linesAlways
	if v := getenv("SLUICE_LOG_LINES"); v != "" && v != linesInstead && !always {
		return r, fmt.Errorf("SLUICE_LOG_LINES is %q: it may be %s or %s", v, linesInstead, linesAlways)
	}
	if data == nil {
		_, err := bodies(getenv)
		return Records{Sinks: []usage.Sink{lines}}, err
	}
	fallback := lines
	if always {
		fallback, r.Sinks = written{}, append(r.Sinks, lines)
	}
	if r.Logs, err = newLogs(getenv, data, fallback, log); err != nil {
		return r, err
	}
	r.Bodies = api.Bodies{Keep: r.Logs.Keep, Max: r.Logs.MaxBody}
	r.Sinks = append(r.Sinks, known{r.Logs, fallback})
	return r, nil
}

// known keeps records of requests with a valid key, and has a sink for the
// others.
type known struct {
	logs      *logs.Store
	strangers usage.Sink
}

func (k known) Write(ctx context.Context, r *usage.Record) error {
	if r.Stranger {
		return k.strangers.Write(ctx, r)
	}
	return k.logs.Take(ctx, r)
}

// written is in the place of lines that are written already.
type written struct{}

func (written) Write(context.Context, *usage.Record) error { return nil }
