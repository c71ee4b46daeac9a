package consumer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"sluice/core/store/driver"
)

// A Handler is the Lambda function. It knows three events:
//
//   - Changes of the data table, from its stream. The answer names the first
//     change that is to be delivered again (ReportBatchItemFailures).
//   - {"rescan":{"from":"…","to":"…"}}, sent by hand, with instants in RFC 3339:
//     the records of that time are read from the table. The answer is a
//     [Rescanned].
//   - What the queue of failed batches has: the time of the batch is read again.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
type Handler struct {
	Consumer *Consumer
	Table    driver.Table // with data that is too large for the stream
	Log      *slog.Logger
}

var _ lambda.Handler = (*Handler)(nil)

// Start serves events until the process ends. It does not return.
func (h *Handler) Start(ctx context.Context) { lambda.StartWithOptions(h, lambda.WithContext(ctx)) }

// An event is any of the three.
type event struct {
	Records []change    `json:"Records"`
	Rescan  *span       `json:"rescan"`
	Batch   *deadLetter `json:"DDBStreamBatchInfo"`
}

// A span is a time, both ends included.
type span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// A deadLetter says what was in a batch that failed for the last time.
type deadLetter struct {
	First time.Time `json:"approximateArrivalOfFirstRecord"`
	Last  time.Time `json:"approximateArrivalOfLastRecord"`
}

// longest is how long before its record was written a request may have come,
// whose time is in its id: the most that a function may take, and more than a
// minute for clocks.
const longest = 17 * time.Minute

// span is when the requests of the batch came.
func (d *deadLetter) span() span {
	if d.First.IsZero() {
		return span{}
	}
	return span{From: d.First.Add(-longest), To: d.Last.Add(time.Minute)}
}

// reserve is how long before the end of the invocation work breaks off, so that
// an answer can be given. Else the whole batch would have failed.
const reserve = 5 * time.Second

// Invoke implements [lambda.Handler].
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, fmt.Errorf("read the event: %w", err)
	}
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-min(reserve, time.Until(end)/4)))
		defer cancel()
	}
	answer, err := h.answer(ctx, &e)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}

func (h *Handler) answer(ctx context.Context, e *event) (any, error) {
	switch {
	case e.Records != nil:
		return h.consume(ctx, e.Records), nil
	case e.Rescan != nil:
		return h.rescan(ctx, *e.Rescan)
	case e.Batch != nil:
		return h.rescan(ctx, e.Batch.span())
	}
	return nil, errors.New(`read the event: it has neither Records, "rescan" nor DDBStreamBatchInfo`)
}

// Rescanned is what has become of a rescan.
type Rescanned struct {
	Records int  `json:"records"` // that were read and consumed
	Done    bool `json:"done"`
	// Next is where to begin again if it is not done.
	Next  time.Time `json:"next,omitzero"`
	Error string    `json:"error,omitempty"` // why it is not
}

// maxSpan is how much is read again at once. Older records are not counted any
// more.
const maxSpan = 31 * 24 * time.Hour

func (h *Handler) rescan(ctx context.Context, s span) (*Rescanned, error) {
	if s.From.IsZero() || s.To.Before(s.From) || s.To.Sub(s.From) > maxSpan {
		return nil, fmt.Errorf("rescan from %v to %v: it needs both ends, in this order and at most %d days apart",
			s.From, s.To, maxSpan/(24*time.Hour))
	}
	n, next, err := h.Consumer.Rescan(ctx, s.From, s.To)
	r := &Rescanned{Records: n, Done: err == nil}
	if err != nil {
		r.Next, r.Error = next, err.Error()
	}
	h.Log.InfoContext(ctx, "rescanned", "from", s.From, "to", s.To, "records", n, "done", r.Done, "next", r.Next, "error", r.Error)
	return r, nil
}
