package dialecttest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"

	"sluice/core/internal/frame"
	"sluice/core/internal/worktest"
)

// EventStream encodes the lines of a stream.events section.
func EventStream(t testing.TB, section []byte) []byte {
	t.Helper()
	var out []byte
	for line := range strings.Lines(string(section)) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		typ, payload, _ := strings.Cut(line, " ")
		if name, ok := strings.CutPrefix(typ, "!"); ok {
			out = frame.AppendException(out, name, []byte(payload))
		} else if typ == "chunk" {
			out = frame.AppendEvent(out, typ, fmt.Appendf(nil, `{"bytes":%q,"p":"ab"}`, base64.StdEncoding.EncodeToString([]byte(payload))))
		} else {
			out = frame.AppendEvent(out, typ, []byte(payload))
		}
	}
	return out
}

// EverySplit reads raw in two reads, split at every position (at steps when
// it is long, or the race detector watches), and byte by byte, and wants what
// one read gives.
func EverySplit(t *testing.T, raw []byte, read func(io.Reader) string) {
	t.Helper()
	want := read(bytes.NewReader(raw))
	step := max(1, len(raw)/2000)
	if worktest.Raced {
		step *= 13
	}
	for i := 0; i <= len(raw); i += step {
		if got := read(io.MultiReader(bytes.NewReader(raw[:i]), bytes.NewReader(raw[i:]))); got != want {
			t.Fatalf("split at %d gives\n%s\nwant\n%s", i, got, want)
		}
	}
	if got := read(oneByte{bytes.NewReader(raw)}); got != want {
		t.Fatalf("byte by byte gives\n%s\nwant\n%s", got, want)
	}
}

type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(len(p), 1)]) }
