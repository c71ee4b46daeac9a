package jobs

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"sluice/core/internal/blob"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func upper(dst, line []byte) ([]byte, error) {
	if string(line) == "bad" {
		return nil, llm.Errorf(llm.BadRequest, "is bad")
	}
	return append(dst, bytes.ToUpper(line)...), nil
}

func TestLinesAreRewrittenHoweverTheyArrive(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200_000)
	tests := []struct{ in, want, err string }{
		{"", "", ""},
		{"a", "A\n", ""},
		{"a\nb\n", "A\nB\n", ""},
		{"a\r\n\r\n  b  \n\n", "A\nB\n", ""},
		{long + "\n" + long, strings.ToUpper(long) + "\n" + strings.ToUpper(long) + "\n", ""},
		{"a\n\nbad\nb", "A\n", "line 3 of the file: is bad"},
	}
	for _, tt := range tests {
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(tt.in), "halves": iotest.HalfReader(strings.NewReader(tt.in)),
			"bytes": iotest.OneByteReader(strings.NewReader(tt.in)), "early end": iotest.DataErrReader(strings.NewReader(tt.in)),
		} {
			w := rewrite(r, upper)
			got, err := io.ReadAll(w)
			if string(got) != tt.want || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
				t.Errorf("%.20q, %s: got %.40q, %v", tt.in, name, got, err)
			}
		}
	}
}

func TestAPeekLosesNothing(t *testing.T) {
	t.Parallel()
	w := rewrite(strings.NewReader("a\nb"), upper)
	if err := w.Peek(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(w); string(got) != "A\nB\n" || err != nil {
		t.Errorf("%q %v", got, err)
	}
	if err := rewrite(strings.NewReader("bad"), upper).Peek(); err == nil {
		t.Error("a bad line was not told")
	}
	if err := rewrite(strings.NewReader(""), upper).Peek(); err != nil {
		t.Error(err)
	}
}

func TestALineHasALimit(t *testing.T) {
	t.Parallel()
	_, err := io.Copy(io.Discard, rewrite(io.LimitReader(endless{}, maxRow+10), upper))
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.TooLarge {
		t.Errorf("got %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func FuzzParseRow(f *testing.F) {
	f.Add([]byte(`{"custom_id":"a","url":"/v1/chat/completions","method":"POST","body":{"model":"m","messages":[]}}`))
	f.Add([]byte(`{"custom_id":"a","url":"/v1/responses","body":{"model":"m","input":"x"}}`))
	f.Add([]byte(`{"custom_id":1}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parseRow(line)
		if err != nil {
			return
		}
		if r.id == "" || r.body.Kind() != '{' {
			t.Errorf("%q gave %+v", line, r)
		}
		_, _ = r.request() // whatever it is, it must not panic
	})
}

func FuzzResults(f *testing.F) {
	f.Add([]byte(`{"recordId":"r","modelOutput":{"output":{"message":{"role":"assistant","content":[{"text":"x"}]}},"stopReason":"end_turn"}}`))
	f.Add([]byte(`{"recordId":"r","error":{"errorCode":400,"errorMessage":"m"}}`))
	f.Add([]byte(`nope`))
	f.Fuzz(func(t *testing.T, line []byte) {
		out, err := bedrockResults(blobObject).row(nil, line)
		if err != nil || bytes.ContainsRune(out, '\n') || !isObject(out) {
			t.Errorf("%q gave %q, %v", line, out, err)
		}
	})
}

var blobObject blob.Object

func isObject(b []byte) bool { return json.Valid(b) && json.Value(b).Kind() == '{' }
