package usage

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"sluice/core/internal/json"
)

// fill gives every field, element and key that v leads to some value, zero among
// them.
func fill(v reflect.Value, r *rand.Rand) {
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"plain", "a \"quoted\" <&>\u2028 one\n", "\x00\xff", "", "日本語"}[r.IntN(5)])
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(r.IntN(3)-1) * r.Int64N(1e15))
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Pointer:
		if r.IntN(4) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), r)
		}
	case reflect.Slice:
		if r.IntN(4) > 0 {
			v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 3))
		}
		for i := range v.Len() {
			fill(v.Index(i), r)
		}
	case reflect.Map:
		if r.IntN(4) > 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for range r.IntN(4) {
				k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				fill(k, r)
				fill(e, r)
				v.SetMapIndex(k, e)
			}
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(r.Int64N(1e10), r.Int64N(1e9)/1000*1000).UTC()))
			return
		}
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.Tag.Get("json") != "-" {
				fill(v.Field(i), r)
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
	random := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		r := &Record{}
		fill(reflect.ValueOf(r).Elem(), random)
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
		Asked: "gpt-4o", Provider: "openai", Model: "gpt-4o", Option: "config", Cache: "MISS", Status: 200,
		Usage: &Tokens{Input: 10, Output: 5}, Cost: &Cost{Nano: 75_000, Lines: []Line{{"input", 10, 25_000}, {"output", 5, 50_000}}, Version: "1"}, First: 100, Total: 1500,
		Attempts: []Attempt{{Option: "config", Provider: "openai", Model: "gpt-4o", Status: 200, Took: 1400}},
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
