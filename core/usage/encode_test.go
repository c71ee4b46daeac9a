package usage

import (
	"reflect"
	"testing"
	"time"

	"sluice/core/internal/json"
)

// fill gives every field, element and key that v leads to a value by the number
// of calls so far.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"plain", "a \"quoted\" <&>\u2028 one\n", "\x00\xff", "", "日本語"}[*n%5])
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n*1_000_003) * int64(*n%3-1))
	case reflect.Bool:
		v.SetBool(*n%4 != 0)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), *n%3, *n%3))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range *n % 4 {
			k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(k, n)
			fill(e, n)
			v.SetMapIndex(k, e)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(int64(*n), int64(*n*1000)).UTC()))
			return
		}
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.Tag.Get("json") != "-" {
				fill(v.Field(i), n)
			}
		}
	default:
		panic("a record has a field of type " + v.Type().String() + ": say here how it is filled")
	}
}

// TestRecordsAreWrittenAsMarshalDoes has each field with several values, zero
// among them: a field that Append forgets is found.
func TestRecordsAreWrittenAsMarshalDoes(t *testing.T) {
	t.Parallel()
	records := []*Record{{}}
	for seed := range 60 {
		r, n := &Record{}, seed
		fill(reflect.ValueOf(r).Elem(), &n)
		records = append(records, r)
	}
	for _, r := range records {
		want, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Append([]byte("before"))
		if string(got) != "before"+string(want) || err != nil {
			t.Fatalf("%v\ngot  %s\nwant %s", err, got, want)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	r := &Record{
		ID: NewID(time.Now()), Request: "req-1", Time: time.Now().UTC(), Workspace: "w", Key: "k", Operation: "chatComplete", Dialect: "openai",
		Asked: "gpt-4o", Provider: "openai", Model: "gpt-4o", Option: "config", Cache: "HIT", Status: 200,
		Usage: &Tokens{Input: 10, Output: 5}, Cost: &Cost{Version: "1"}, Saved: &Cost{Nano: 75_000, Version: "1"}, First: 100, Total: 1500,
	}
	b.Run("by hand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := r.Append(make([]byte, 0, 1024)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("json.Marshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
