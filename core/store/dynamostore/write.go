package dynamostore

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/core/store/driver"
)

// Conditions on an item. One that has expired counts as absent.
const (
	absent = "(attribute_not_exists(pk) OR exp <= :now)"
	live   = "(attribute_not_exists(exp) OR exp > :now)"
	gone   = "exp <= :now"
)

// A change is an operation, the data it stores, and how far it has come.
type change struct {
	driver.Op
	content
	// reset: the item has expired, so that it is replaced. Otherwise an Add and
	// a Put of Any build on what the item has, which no expression can make
	// depend on its expiry.
	reset bool
}

// A write is a change in the words of DynamoDB.
type write struct {
	put       map[string]types.AttributeValue // the whole item, or
	update    string                          // an update expression; neither: delete or check
	key       map[string]types.AttributeValue
	condition string
	names     map[string]string
	values    map[string]types.AttributeValue
}

// builds reports whether c builds on what the item has.
func (c change) builds() bool {
	return c.Kind == driver.OpAdd || c.Kind == driver.OpPut && c.Version == driver.Any
}

func (c change) write(now time.Time) write {
	w := write{key: encodeKey(c.Key), values: map[string]types.AttributeValue{}}
	switch {
	case c.builds() && c.reset:
		w.put, w.condition = c.item(1), gone
	case c.Kind == driver.OpAdd:
		c.addition(&w)
	case c.builds():
		c.overwrite(&w)
	default:
		c.expectVersion(&w)
		if c.Kind == driver.OpPut {
			w.put = c.item(c.Version + 1)
		}
	}
	if strings.Contains(w.condition, ":now") {
		w.values[":now"] = number(now.UnixMilli())
	}
	if len(w.values) == 0 {
		w.values = nil // an empty map is refused
	}
	return w
}

func (c change) expectVersion(w *write) {
	switch c.Version {
	case driver.Any:
	case driver.Absent:
		w.condition = absent
	default:
		w.condition = "v = :v AND " + live
		w.values[":v"] = number(c.Version)
	}
}

// item returns the whole item, which replaces what is stored.
func (c change) item(version int64) map[string]types.AttributeValue {
	item := encodeKey(c.Key)
	item["v"] = number(version)
	if c.Kind == driver.OpAdd {
		item["n"] = number(c.Delta)
	} else if c.name != "" {
		item[c.name] = c.value
	}
	if ms := driver.Millis(c.Expires); ms != 0 {
		item["exp"], item["ttl"] = number(ms), ttl(ms)
	}
	return item
}

func ttl(ms int64) types.AttributeValue { return number((ms + 999) / 1000) }

// overwrite sets what c has and removes the rest.
func (c change) overwrite(w *write) {
	var set, remove []string
	for _, name := range []string{"d", "g", "n", "o"} {
		if name != c.name {
			remove = append(remove, name)
			continue
		}
		set = append(set, name+" = :data")
		w.values[":data"] = c.value
	}
	c.update(w, set, remove)
	w.condition = live
}

func (c change) addition(w *write) {
	c.update(w, nil, nil)
	w.update += ", n :delta"
	w.values[":delta"] = number(c.Delta)
	limit := new(big.Int) // may leave the range of int64, which DynamoDB does not mind
	if c.Delta > 0 {
		w.condition = live + " AND n <= :limit"
		limit.Sub(big.NewInt(c.Max), big.NewInt(c.Delta))
	} else {
		w.condition = live + " AND n >= :limit"
		limit.Sub(big.NewInt(math.MinInt64), big.NewInt(c.Delta))
	}
	w.values[":limit"] = &types.AttributeValueMemberN{Value: limit.String()}
	if !c.Passes(0) {
		w.condition = "attribute_not_exists(pk) OR " + w.condition
	}
}

// update changes attributes, expiry and version.
func (c change) update(w *write, set, remove []string) {
	w.names = map[string]string{"#ttl": "ttl"} // a reserved word
	w.values[":one"] = number(1)
	if ms := driver.Millis(c.Expires); ms != 0 {
		set = append(set, "exp = :exp", "#ttl = :ttl")
		w.values[":exp"], w.values[":ttl"] = number(ms), ttl(ms)
	} else {
		remove = append(remove, "exp", "#ttl")
	}
	if len(set) > 0 {
		w.update = "SET " + strings.Join(set, ", ") + " "
	}
	if len(remove) > 0 {
		w.update += "REMOVE " + strings.Join(remove, ", ") + " "
	}
	w.update += "ADD v :one"
}

// failed is called when the condition of c did not hold for the item, nil if
// there was none. It returns the answer, or nil after changing c so that it
// can be tried again.
func (c *change) failed(item map[string]types.AttributeValue, now time.Time) (value int64, err error) {
	gone := item == nil || expired(item, now)
	switch {
	case !c.builds():
		return 0, driver.ErrConflict
	case c.Kind == driver.OpAdd && gone && c.Passes(0):
		return 0, driver.ErrCeiling
	case gone || c.reset || c.Kind != driver.OpAdd:
		c.reset = item != nil && gone
		return 0, nil
	}
	r := driver.Record{Data: []byte(numberOf(item, "n"))}
	value, ok := r.Count()
	switch {
	case !ok:
		return 0, fmt.Errorf("%w: the record is no counter", driver.ErrInvalid)
	case c.Passes(value):
		return value, driver.ErrCeiling
	}
	return 0, nil
}
