package dynamostore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/core/store/driver"
)

// maxTurns is how often a change is tried whose item expires, or is replaced
// after it has expired, while we look at it.
const maxTurns = 8

var errContention = errors.New("the record is changed by too many at once")

// change does one operation and returns the new version or, of an Add, the
// value.
func (t *Table) change(ctx context.Context, op driver.Op) (int64, error) {
	if err := cmp.Or(ctx.Err(), op.Valid()); err != nil {
		return 0, err
	}
	cs, err := t.prepare(ctx, []driver.Op{op})
	if err != nil {
		return 0, err
	}
	c := &cs[0]
	for range maxTurns {
		now := time.Now()
		n, err := t.send(ctx, *c, now)
		failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err)
		if !ok {
			t.settle(ctx, cs, err)
			return n, err
		}
		if n, err = c.failed(failed.Item, now); err != nil {
			t.settle(ctx, cs, err)
			return n, err
		}
	}
	t.dropNew(ctx, cs)
	return 0, t.calls.unavailable(throttled, errContention)
}

// prepare packs the data of operations, and moves out what is too large for
// an item or, in a Write, for the request.
func (t *Table) prepare(ctx context.Context, ops []driver.Op) ([]change, error) {
	cs := make([]change, len(ops))
	total := 0
	for i, op := range ops {
		cs[i].Op = op
		if op.Kind == driver.OpPut {
			cs[i].content = pack(op.Record)
		}
		total += cs[i].size + 2*driver.MaxKey
	}
	limit := MaxInline
	if total > maxRequest {
		limit = min(limit, maxRequest/len(ops)-4*driver.MaxKey)
	}
	for i := range cs {
		if cs[i].size <= limit {
			continue
		}
		var err error
		if cs[i].content, err = t.moveOut(ctx, cs[i].content, cs[i].Expires); err != nil {
			t.dropNew(ctx, cs)
			return nil, err
		}
	}
	return cs, nil
}

// maxRequest is how many bytes all items of a transaction have together: 4 MB,
// less what the rest of an item takes.
const maxRequest = 3_900_000

// settle removes the objects that were written for changes that were refused.
// After any other failure it is not known whether a record has them.
func (t *Table) settle(ctx context.Context, cs []change, err error) {
	for _, refused := range []error{driver.ErrConflict, driver.ErrCeiling, driver.ErrInvalid} {
		if errors.Is(err, refused) {
			t.dropNew(ctx, cs)
		}
	}
}

// dropNew removes the objects that were written for changes.
func (t *Table) dropNew(ctx context.Context, cs []change) {
	for _, c := range cs {
		t.dropBlob(ctx, c.blob)
	}
}

// dropOld removes the object of the item that c has replaced. An attempt whose
// answer was lost finds what the one before it has made.
func (t *Table) dropOld(ctx context.Context, c change, item map[string]types.AttributeValue) {
	if key := textOf(item, "o"); key != c.blob {
		t.dropBlob(ctx, key)
	}
}

// send makes the request for one change.
func (t *Table) send(ctx context.Context, c change, now time.Time) (int64, error) {
	w := c.write(now)
	switch {
	case w.put != nil:
		return t.putItem(ctx, c, w)
	case w.update != "":
		return t.updateItem(ctx, c, w)
	}
	return 0, t.deleteItem(ctx, c, w)
}

func (t *Table) putItem(ctx context.Context, c change, w write) (n int64, err error) {
	var out *dynamodb.PutItemOutput
	err = t.calls.conditional(ctx, func(ctx context.Context) (err error) {
		out, err = t.db.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: t.name, Item: w.put, ConditionExpression: &w.condition,
			ExpressionAttributeValues: w.values, ReturnValues: t.old(),
			ReturnValuesOnConditionCheckFailure: onFailure(c),
		})
		return err
	})
	if err != nil {
		return 0, err
	}
	t.dropOld(ctx, c, out.Attributes)
	if c.Kind == driver.OpAdd {
		return c.Delta, nil
	}
	return strconv.ParseInt(numberOf(w.put, "v"), 10, 64)
}

func (t *Table) updateItem(ctx context.Context, c change, w write) (n int64, err error) {
	in := &dynamodb.UpdateItemInput{
		TableName: t.name, Key: w.key, UpdateExpression: &w.update, ConditionExpression: &w.condition,
		ExpressionAttributeNames: w.names, ExpressionAttributeValues: w.values,
		ReturnValues: types.ReturnValueAllNew, ReturnValuesOnConditionCheckFailure: onFailure(c),
	}
	if c.Kind == driver.OpAdd {
		out, err := t.update(ctx, in, t.calls.once)
		if err != nil {
			return 0, err
		}
		return attribute(out.Attributes, "n")
	}
	// The old item has the version as well, and the object that is not needed
	// any more.
	in.ReturnValues = types.ReturnValueAllOld
	out, err := t.update(ctx, in, t.calls.repeat)
	switch {
	case err != nil:
		return 0, err
	case len(out.Attributes) == 0:
		return 1, nil
	}
	t.dropOld(ctx, c, out.Attributes)
	version, err := attribute(out.Attributes, "v")
	return version + 1, err
}

type call func(context.Context, func(context.Context) error) error

func (t *Table) update(ctx context.Context, in *dynamodb.UpdateItemInput, call call) (out *dynamodb.UpdateItemOutput, err error) {
	err = call(ctx, func(ctx context.Context) (err error) {
		out, err = t.db.UpdateItem(ctx, in)
		return err
	})
	return out, err
}

func (t *Table) deleteItem(ctx context.Context, c change, w write) error {
	in := &dynamodb.DeleteItemInput{TableName: t.name, Key: w.key, ExpressionAttributeValues: w.values, ReturnValues: t.old()}
	if w.condition != "" {
		in.ConditionExpression = &w.condition
	}
	var out *dynamodb.DeleteItemOutput
	err := t.calls.conditional(ctx, func(ctx context.Context) (err error) {
		out, err = t.db.DeleteItem(ctx, in)
		return err
	})
	if err != nil {
		return err
	}
	t.dropOld(ctx, c, out.Attributes)
	return nil
}

// old asks for the item that is replaced, if it may have an object.
func (t *Table) old() types.ReturnValue {
	if t.blobs == nil {
		return types.ReturnValueNone
	}
	return types.ReturnValueAllOld
}

// onFailure asks for the item that is stored, if it matters.
func onFailure(c change) types.ReturnValuesOnConditionCheckFailure {
	if c.builds() {
		return types.ReturnValuesOnConditionCheckFailureAllOld
	}
	return types.ReturnValuesOnConditionCheckFailureNone
}

func attribute(item map[string]types.AttributeValue, name string) (int64, error) {
	n, err := strconv.ParseInt(numberOf(item, name), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("dynamostore: attribute %s: %w", name, err)
	}
	return n, nil
}
