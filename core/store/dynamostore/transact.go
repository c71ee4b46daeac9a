package dynamostore

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/core/store/driver"
)

// Write implements [driver.Table].
func (t *Table) Write(ctx context.Context, ops []driver.Op) error {
	if err := cmp.Or(ctx.Err(), driver.ValidOps(ops)); err != nil {
		return err
	}
	cs, err := t.prepare(ctx, ops)
	if err != nil {
		return err
	}
	for range maxTurns {
		now := time.Now()
		err := t.transact(ctx, cs, now)
		canceled, ok := errors.AsType[*types.TransactionCanceledException](err)
		if !ok || classify(err) != final || !isConditional(canceled) {
			t.settle(ctx, cs, err)
			return err
		}
		if err := failures(cs, canceled.CancellationReasons, now); err != nil {
			t.settle(ctx, cs, err)
			return err
		}
	}
	t.dropNew(ctx, cs)
	return t.calls.unavailable(throttled, errContention)
}

const conditionFailed = "ConditionalCheckFailed"

func isConditional(e *types.TransactionCanceledException) bool {
	return slices.ContainsFunc(e.CancellationReasons, func(r types.CancellationReason) bool {
		return deref(r.Code) == conditionFailed
	})
}

// failures returns the first answer among the changes whose conditions did not
// hold, or nil if all can be tried again.
func failures(cs []change, reasons []types.CancellationReason, now time.Time) error {
	tried := sent(cs)
	for i, r := range reasons[:min(len(reasons), len(tried))] {
		if deref(r.Code) != conditionFailed {
			continue
		}
		if _, err := cs[tried[i]].failed(r.Item, now); err != nil {
			return &driver.OpError{Index: tried[i], Err: err}
		}
	}
	return nil
}

// sent lists the changes that are part of the request: a check of Any says
// nothing, and DynamoDB wants a condition.
func sent(cs []change) (indexes []int) {
	for i, c := range cs {
		if c.Kind != driver.OpCheck || c.Version != driver.Any {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

func (t *Table) transact(ctx context.Context, cs []change, now time.Time) error {
	// The token makes a repeated request harmless for 10 minutes.
	token := rand.Text()
	in := &dynamodb.TransactWriteItemsInput{ClientRequestToken: &token}
	for _, i := range sent(cs) {
		in.TransactItems = append(in.TransactItems, t.transactItem(cs[i], cs[i].write(now)))
	}
	if len(in.TransactItems) == 0 {
		return nil
	}
	return t.calls.repeat(ctx, func(ctx context.Context) error {
		_, err := t.db.TransactWriteItems(ctx, in)
		return err
	})
}

func (t *Table) transactItem(c change, w write) (item types.TransactWriteItem) {
	var condition *string
	if w.condition != "" {
		condition = &w.condition
	}
	switch {
	case w.put != nil:
		item.Put = &types.Put{
			TableName: t.name, Item: w.put, ConditionExpression: condition,
			ExpressionAttributeValues: w.values, ReturnValuesOnConditionCheckFailure: onFailure(c),
		}
	case w.update != "":
		item.Update = &types.Update{
			TableName: t.name, Key: w.key, UpdateExpression: &w.update, ConditionExpression: condition,
			ExpressionAttributeNames: w.names, ExpressionAttributeValues: w.values,
			ReturnValuesOnConditionCheckFailure: onFailure(c),
		}
	case c.Kind == driver.OpDelete:
		item.Delete = &types.Delete{TableName: t.name, Key: w.key, ConditionExpression: condition, ExpressionAttributeValues: w.values}
	default:
		item.ConditionCheck = &types.ConditionCheck{TableName: t.name, Key: w.key, ConditionExpression: condition, ExpressionAttributeValues: w.values}
	}
	return item
}
