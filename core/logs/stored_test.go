package logs

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"sluice/core/llm"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// FuzzStored writes any texts and reads them again.
func FuzzStored(f *testing.F) {
	f.Add("a", "b", []byte(`{"a":1}`), []byte("data: x\n\n"), 0)
	f.Add("", "\"\n", []byte{}, []byte(strings.Repeat("long ", 400)), 1)
	f.Fuzz(func(t *testing.T, name, value string, body, answer []byte, cut int) {
		name, value = strings.ToValidUTF8(name, "?"), strings.ToValidUTF8(value, "?")
		want := stored{
			Keep: usage.KeepFull, Method: value, URL: name, Header: http.Header{name: {value, ""}}, Answered: http.Header{},
			Body: text{Type: value, Text: body, Kept: len(body), Size: 1 << 40}, Answer: text{Type: name, Text: answer, Kept: len(answer)},
		}
		for _, together := range []bool{false, true} {
			s := &Store{Options: Options{Together: together}}
			data, err := s.compress(newDraft(), want.append(nil))
			if err != nil {
				t.Fatal(err)
			}
			var got stored
			if err := got.unpack(data); err != nil {
				t.Fatalf("%q: %v", data, err)
			}
			if !bytes.Equal(got.Body.Text, body) || !bytes.Equal(got.Answer.Text, answer) {
				t.Errorf("got %q and %q", got.Body.Text, got.Answer.Text)
			}
			got.Body.Text, got.Answer.Text = body, answer
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		}
		var part stored // of a text that was cut nothing is read
		if whole := want.append(nil); cut > 0 && cut <= len(body)+len(answer) && part.unpack(whole[:len(whole)-cut]) == nil {
			t.Errorf("%d bytes are missing, and nobody says so", cut)
		}
	})
}

// A tally counts writes. The first writes of several records may fail.
type tally struct {
	driver.Table
	puts, writes, failing int
}

func (c *tally) Put(ctx context.Context, r driver.Record) (int64, error) {
	c.puts++
	return c.Table.Put(ctx, r)
}

func (c *tally) Write(ctx context.Context, ops []driver.Op) error {
	if c.writes++; c.writes <= c.failing {
		return errors.New("too large together")
	}
	return c.Table.Write(ctx, ops)
}

// TestARecordIsWrittenWithItsBodies where writes of several are cheap, and one
// by one where they are not, or fail.
func TestARecordIsWrittenWithItsBodies(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		together              bool
		failing, puts, writes int
	}{
		"one by one":        {false, 0, 2, 0},
		"together":          {true, 0, 0, 1},
		"together it fails": {true, 1, 2, 1},
	} {
		table := &tally{Table: memstore.New(), failing: tt.failing}
		s := New(table, Options{Keep: usage.KeepFull, Together: tt.together})
		if err := s.register(t.Context(), "w"); err != nil {
			t.Fatal(err)
		}
		table.puts = 0
		r := record("w", at(0))
		r.Operation, r.Exchange = llm.Generate, exchange(`{"a":1}`, `{"b":2}`)
		if err := s.Write(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		got, err := s.Get(t.Context(), "w", r.ID)
		if err != nil || got.Record.Exchange == nil || string(got.Record.Exchange.Response.Bytes) != `{"b":2}` {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
		if table.puts != tt.puts || table.writes != tt.writes {
			t.Errorf("%s: %d puts, %d writes", name, table.puts, table.writes)
		}
	}
}
