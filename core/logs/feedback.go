package logs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/store/driver"
	"sluice/core/usage"
)

// Feedback is what somebody thinks of what came out of a trace.
type Feedback struct {
	ID       string     `json:"id"`
	Trace    string     `json:"trace_id"`
	Log      string     `json:"log_id,omitzero"` // of the request that it is summed up with, if one was found
	Value    int64      `json:"value"`           // -10 to 10
	Weight   float64    `json:"weight"`          // 0 to 1
	Metadata json.Value `json:"metadata,omitzero"`
	Created  time.Time  `json:"created"`
	Updated  time.Time  `json:"updated,omitzero"`
}

// MaxFeedback is how much feedback is taken together.
const MaxFeedback = 100

// ErrNoFeedback is the answer for feedback that is not there, has expired, or
// belongs to another workspace.
var ErrNoFeedback = errors.New("there is no such feedback")

// opinion is feedback as a client sends it.
type opinion struct {
	Trace    string     `json:"trace_id"`
	Value    *int64     `json:"value"`
	Weight   *float64   `json:"weight"`
	Metadata json.Value `json:"metadata"`
}

// ParseFeedback reads what a client sends: one object or a list of them, with
// trace_id, value, weight (1 if it is not there) and metadata. A change of
// feedback has no trace_id.
func ParseFeedback(body []byte, change bool) ([]Feedback, error) {
	items := []json.Value{body}
	many := json.Value(body).Kind() == '[' && !change
	if many {
		var err error
		if items, err = json.Elements(body); err != nil {
			return nil, llm.Errorf(llm.BadRequest, "the body is no list of feedback")
		}
	}
	if len(items) == 0 || len(items) > MaxFeedback {
		return nil, llm.Errorf(llm.BadRequest, "from 1 to %d feedbacks are taken together", MaxFeedback)
	}
	list := make([]Feedback, len(items))
	for i, item := range items {
		at := placeIn(many, i)
		var o opinion
		if err := json.Unmarshal(item, &o); err != nil {
			return nil, problem(at, err)
		}
		f, err := o.feedback(at, change)
		if err != nil {
			return nil, err
		}
		list[i] = f
	}
	return list, nil
}

func (o *opinion) feedback(at string, change bool) (Feedback, error) {
	f := Feedback{Trace: o.Trace, Weight: 1, Metadata: o.Metadata}
	if o.Weight != nil {
		f.Weight = *o.Weight
	}
	switch {
	case o.Trace == "" && !change, len(o.Trace) > maxTrace:
		return f, wrong(at+"trace_id", fmt.Sprintf("must be a text of at most %d bytes", maxTrace))
	case o.Value == nil || *o.Value < -10 || *o.Value > 10:
		return f, wrong(at+"value", "must be a whole number from -10 to 10")
	case !(f.Weight >= 0 && f.Weight <= 1):
		return f, wrong(at+"weight", "must be a number from 0 to 1")
	case json.Present(o.Metadata) && o.Metadata.Kind() != '{', len(o.Metadata) > maxFeedbackMetadata:
		return f, wrong(at+"metadata", fmt.Sprintf("must be an object of at most %d bytes", maxFeedbackMetadata))
	}
	f.Value = *o.Value
	return f, nil
}

// Bounds of what clients tell, in bytes.
const (
	maxTrace            = 512
	maxFeedbackMetadata = 16 << 10
)

func wrong(param, what string) error {
	return &llm.Error{Kind: llm.BadRequest, Param: param, Message: param + " " + what}
}

func feedbackKey(workspace, id string) driver.Key {
	return driver.Key{Part: "FEEDBACK#" + segment(workspace), Sort: id}
}

func traceKey(workspace, trace, id string) driver.Key {
	return driver.Key{Part: "FEEDBACK#" + segment(workspace) + "#" + segment(trace), Sort: id}
}

// AddFeedback stores feedback, with an id of its own, and returns it as it is
// stored.
func (s *Store) AddFeedback(ctx context.Context, workspace string, f Feedback) (Feedback, error) {
	f.Created = time.Now().UTC().Truncate(time.Millisecond)
	f.ID = usage.NewID(f.Created)
	return f, s.putDue(ctx, workspace, f, driver.Absent, Due{After: f})
}

// putDue writes both copies of feedback and what is to be summed up, or
// nothing.
func (s *Store) putDue(ctx context.Context, workspace string, f Feedback, version int64, due Due) error {
	left, err := due.op(workspace)
	if err != nil {
		return err
	}
	return s.putFeedback(ctx, workspace, f, version, left)
}

// putFeedback writes both copies of feedback, and what else is to be done, or
// nothing.
func (s *Store) putFeedback(ctx context.Context, workspace string, f Feedback, version int64, ops ...driver.Op) error {
	data, err := pack(f)
	if err != nil {
		return err
	}
	for _, k := range []driver.Key{feedbackKey(workspace, f.ID), traceKey(workspace, f.Trace, f.ID)} {
		ops = append(ops, driver.Put(driver.Record{Key: k, Version: version, Data: data, Expires: s.expires(f.ID)}))
	}
	if err := s.table.Write(ctx, ops); err != nil {
		return fmt.Errorf("logs: keep feedback %s: %w", f.ID, err)
	}
	return nil
}

// maxChanges is how often a change is tried against others.
const maxChanges = 10

// ChangeFeedback gives feedback another value, weight and metadata. It returns
// what it was and what it is.
func (s *Store) ChangeFeedback(ctx context.Context, workspace, id string, to Feedback) (before, after Feedback, err error) {
	for range maxChanges {
		var version int64
		before, version, err = s.feedback(ctx, workspace, id)
		if err != nil {
			return before, after, err
		}
		after = before
		after.Value, after.Weight, after.Metadata = to.Value, to.Weight, to.Metadata
		after.Updated = time.Now().UTC().Truncate(time.Millisecond)
		due := Due{Change: usage.NewID(after.Updated), Before: &before, After: after}
		if err = s.putDue(ctx, workspace, after, version, due); !errors.Is(err, driver.ErrConflict) {
			break
		}
	}
	return before, after, err
}

// AttachFeedback notes which log feedback is about, unless that was known
// before, and returns the log that it is about.
func (s *Store) AttachFeedback(ctx context.Context, workspace, id, log string) (string, error) {
	var f Feedback
	var err error
	for range maxChanges {
		var version int64
		if f, version, err = s.feedback(ctx, workspace, id); err != nil || f.Log != "" {
			break
		}
		f.Log = log
		if err = s.putFeedback(ctx, workspace, f, version); !errors.Is(err, driver.ErrConflict) {
			break
		}
	}
	return f.Log, err
}

// Feedback returns feedback by its id, or ErrNoFeedback.
func (s *Store) Feedback(ctx context.Context, workspace, id string) (Feedback, error) {
	f, _, err := s.feedback(ctx, workspace, id)
	return f, err
}

func (s *Store) feedback(ctx context.Context, workspace, id string) (f Feedback, version int64, err error) {
	if _, ok := usage.TimeOf(id); !ok {
		return f, 0, ErrNoFeedback
	}
	r, err := s.table.Get(ctx, feedbackKey(workspace, id))
	switch {
	case errors.Is(err, driver.ErrNotFound):
		return f, 0, ErrNoFeedback
	case err == nil:
		err = unpack(r.Data, &f)
	}
	if err != nil {
		return f, 0, fmt.Errorf("logs: get feedback %s: %w", id, err)
	}
	return f, r.Version, nil
}

// FeedbackOf returns the feedback on a trace, the oldest first, a hundred at
// most.
func (s *Store) FeedbackOf(ctx context.Context, workspace, trace string) ([]Feedback, error) {
	var list []Feedback
	for r, err := range s.table.Range(ctx, traceKey(workspace, trace, "").Part, driver.Query{Limit: MaxFeedback}) {
		var f Feedback
		if err == nil {
			err = unpack(r.Data, &f)
		}
		if err != nil {
			return nil, fmt.Errorf("logs: get the feedback on a trace: %w", err)
		}
		list = append(list, f)
	}
	return list, nil
}
