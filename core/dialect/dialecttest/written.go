package dialecttest

import (
	"bytes"
	"encoding/json"
	"testing"

	"sluice/core/dialect"
	"sluice/core/llm"
)

// Written is what an encoder writes for the events of a stream that ends
// properly.
func Written(t testing.TB, enc dialect.StreamEncoder, events ...llm.Event) string {
	t.Helper()
	var out []byte
	var err error
	for _, e := range events {
		if out, err = enc.Encode(out, e); err != nil {
			t.Fatal(err)
		}
	}
	if out, err = enc.Flush(out); err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Canonical is a document in one spelling, after normalize.
func Canonical(t testing.TB, b []byte, normalize func(any) any) string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	out, err := json.MarshalIndent(normalize(v), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
