package dynamostore

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/core/store/driver"
)

// Range implements [driver.Table].
func (t *Table) Range(ctx context.Context, part string, q driver.Query) iter.Seq2[driver.Record, error] {
	return func(yield func(driver.Record, error) bool) {
		if err := cmp.Or(ctx.Err(), q.Valid(part)); err != nil {
			yield(driver.Record{}, err)
			return
		}
		lo, hi := q.Bounds()
		if hi != "" && lo >= hi {
			return
		}
		in := t.query(part, lo, hi, q)
		for left := q.Limit; ; {
			out, err := t.page(ctx, in)
			if err != nil {
				yield(driver.Record{}, err)
				return
			}
			for _, item := range out.Items {
				r, err := t.rangeRecord(ctx, item)
				if err != nil {
					yield(driver.Record{}, err)
					return
				}
				if r == nil || hi != "" && r.Sort == hi {
					continue // gone meanwhile, or the bound itself, which BETWEEN includes
				}
				if !yield(*r, nil) {
					return
				}
				if left--; left == 0 {
					return
				}
			}
			if !further(in, out) {
				return
			}
		}
	}
}

// further prepares the request for the next page. It reports false if there is
// none.
func further(in *dynamodb.QueryInput, out *dynamodb.QueryOutput) bool {
	in.ExclusiveStartKey = out.LastEvaluatedKey
	if in.Limit != nil { // much on the page before had expired
		*in.Limit = min(4**in.Limit, 1000)
	}
	return len(in.ExclusiveStartKey) > 0
}

func (t *Table) query(part, lo, hi string, q driver.Query) *dynamodb.QueryInput {
	cond, values := "pk = :pk AND sk >= :lo", map[string]types.AttributeValue{
		":pk": text(escape(part)), ":lo": text(escape(lo)), ":now": number(time.Now().UnixMilli()),
	}
	if hi != "" {
		cond, values[":hi"] = "pk = :pk AND sk BETWEEN :lo AND :hi", text(escape(hi))
	}
	in := &dynamodb.QueryInput{
		TableName:                 t.name,
		KeyConditionExpression:    &cond,
		FilterExpression:          aws.String(live),
		ExpressionAttributeValues: values,
		ScanIndexForward:          aws.Bool(!q.Reverse),
		ConsistentRead:            aws.Bool(true),
	}
	if q.Limit > 0 {
		in.Limit = aws.Int32(int32(min(q.Limit, 999) + 1)) // one more for the bound
	}
	return in
}

func (t *Table) page(ctx context.Context, in *dynamodb.QueryInput) (out *dynamodb.QueryOutput, err error) {
	err = t.calls.repeat(ctx, func(ctx context.Context) (err error) {
		out, err = t.db.Query(ctx, in)
		return err
	})
	return out, err
}

// rangeRecord returns nil for a record that is gone.
func (t *Table) rangeRecord(ctx context.Context, item map[string]types.AttributeValue) (*driver.Record, error) {
	if expired(item, time.Now()) {
		return nil, nil
	}
	r, err := t.decode(ctx, item)
	if errors.Is(err, errNoBlob) {
		r, err = t.Get(ctx, r.Key)
	}
	if errors.Is(err, driver.ErrNotFound) {
		return nil, nil
	}
	return &r, err
}
