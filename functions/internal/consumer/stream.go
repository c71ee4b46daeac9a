package consumer

import (
	"context"
	"errors"

	"sluice/core/logs"
	"sluice/core/store/driver"
	"sluice/core/store/dynamostore"
	"sluice/core/usage"
)

// A change is one of the table, as the stream tells it.
type change struct {
	EventName string `json:"eventName"`
	DynamoDB  struct {
		SequenceNumber string            `json:"SequenceNumber"`
		Keys           dynamostore.Image `json:"Keys"`
		NewImage       dynamostore.Image `json:"NewImage"`
	} `json:"dynamodb"`
}

// failures name what is to be delivered again: Lambda goes back to the first.
type failures struct {
	Items []failure `json:"batchItemFailures"`
}

type failure struct {
	Sequence string `json:"itemIdentifier"`
}

// consume consumes the records among changes, all together if that goes well.
func (h *Handler) consume(ctx context.Context, changes []change) failures {
	records, places, failed := h.read(ctx, changes)
	if err := h.Consumer.Consume(ctx, records); err != nil {
		h.Log.WarnContext(ctx, "records could not be consumed together", "records", len(records), "error", err)
		if i, err := h.Consumer.ConsumeEach(ctx, records); err != nil {
			h.Log.ErrorContext(ctx, "a record could not be consumed", "error", err)
			failed = min(failed, places[i])
		}
	}
	if failed == len(changes) {
		return failures{[]failure{}}
	}
	sequence := changes[failed].DynamoDB.SequenceNumber
	h.Log.WarnContext(ctx, "changes are to come again", "from", sequence, "number", len(changes)-failed)
	return failures{[]failure{{sequence}}}
}

// read returns the records among changes with their places there, and the
// place of the first change that could not be read; len(changes) if all could.
func (h *Handler) read(ctx context.Context, changes []change) (records []*usage.Record, places []int, failed int) {
	failed = len(changes)
	for i := range changes {
		r, err := h.record(ctx, &changes[i])
		if err != nil {
			h.Log.ErrorContext(ctx, "a change could not be read", "sequence", changes[i].DynamoDB.SequenceNumber, "error", err)
			if failed = min(failed, i); stops(ctx, err) {
				break
			}
		}
		if r != nil {
			records, places = append(records, r), append(places, i)
		}
	}
	return records, places, failed
}

// record is what has been inserted: nil for what is no record, is not there any
// more, or will never be readable. That must not stand in the way of others.
func (h *Handler) record(ctx context.Context, c *change) (*usage.Record, error) {
	if c.EventName != "INSERT" {
		return nil, nil
	}
	key, err := c.DynamoDB.Keys.Key()
	if err != nil || !logs.IsRecord(key) {
		return nil, nil
	}
	stored, err := c.DynamoDB.NewImage.Record()
	if err != nil { // too large for an item, or an image of which we know nothing: the table knows better
		stored, err = h.Table.Get(ctx, key)
	}
	if errors.Is(err, driver.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := logs.Decode(stored.Data)
	if err != nil {
		h.Log.ErrorContext(ctx, "a log cannot be read and is passed over", "log", key.Sort, "part", key.Part, "error", err)
		return nil, nil
	}
	return r, nil
}
