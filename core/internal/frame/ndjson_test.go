package frame

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestNDJSON(t *testing.T) {
	t.Parallel()
	const in = "{\"a\":1}\r\n\n{\"b\":\"x y\"}\n{\"c\":"
	for name, r := range map[string]io.Reader{"whole": strings.NewReader(in), "byte by byte": iotest.OneByteReader(strings.NewReader(in))} {
		var got []string
		raw := ""
		for f, err := range NDJSON(r, 0) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(f.Data))
			raw += string(f.Raw)
		}
		if want := `{"a":1}||{"b":"x y"}|{"c":`; strings.Join(got, "|") != want {
			t.Errorf("%s: got %q, want %s", name, got, want)
		}
		if strings.ReplaceAll(raw, "\r\n", "\n") != strings.ReplaceAll(in, "\r\n", "\n") {
			t.Errorf("%s: the raws are %q", name, raw)
		}
	}
	for _, err := range NDJSON(strings.NewReader("{\"a\":12345678}\n"), 8) {
		if _, ok := err.(ErrTooLong); !ok {
			t.Errorf("got %v, want a line that is too long", err)
		}
	}
}
