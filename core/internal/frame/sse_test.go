package frame

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// a short view of a frame
type seen struct{ Event, Data, Raw string }

func read(t testing.TB, seq Seq) ([]seen, error) {
	t.Helper()
	var out []seen
	for f, err := range seq {
		if err != nil {
			return out, err
		}
		out = append(out, seen{f.Event, string(f.Data), string(f.Raw)})
	}
	return out, nil
}

func raws(frames []seen) string {
	var b strings.Builder
	for _, f := range frames {
		b.WriteString(f.Raw)
	}
	return b.String()
}

// meaning leaves out what depends on how the input arrives: to which frame
// the LF belongs that follows a CR.
func meaning(frames []seen) []seen {
	var out []seen
	cr := false
	for _, f := range frames {
		if cr && f.Raw == "\n" {
			cr = false
			continue
		}
		cr = strings.HasSuffix(f.Raw, "\r")
		out = append(out, seen{Event: f.Event, Data: f.Data})
	}
	return out
}

func TestSSE(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     []seen
	}{
		{"nothing", "", nil},
		{"LF", "data: a\n\ndata: b\n\n", []seen{{"", "a", "data: a\n\n"}, {"", "b", "data: b\n\n"}}},
		{"CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", []seen{{"", "a", "data: a\r\n\r\n"}, {"", "b", "data: b\r\n\r\n"}}},
		{"CR", "data: a\r\rdata: b\r\r", []seen{{"", "a", "data: a\r\r"}, {"", "b", "data: b\r\r"}}},
		{"mixed endings", "event: e\rdata: a\r\n\ndata: b\n\r\n", []seen{{"e", "a", "event: e\rdata: a\r\n\n"}, {"", "b", "data: b\n\r\n"}}},
		{"LF and then CR are two endings", "data: a\n\rdata: b\n\n", []seen{{"", "a", "data: a\n\r"}, {"", "b", "data: b\n\n"}}},
		{"byte order mark", "\xef\xbb\xbfdata: a\n\n", []seen{{"", "a", "\xef\xbb\xbfdata: a\n\n"}}},
		{"only one byte order mark", "\xef\xbb\xbf\n\xef\xbb\xbfdata: a\n\n", []seen{{"", "", "\xef\xbb\xbf\n"}, {"", "", "\xef\xbb\xbfdata: a\n\n"}}},
		{"comment", ": ping - 2026-01-01\n\n:OPENROUTER PROCESSING\n\n", []seen{{"", "", ": ping - 2026-01-01\n\n"}, {"", "", ":OPENROUTER PROCESSING\n\n"}}},
		{"comment inside an event", "data: a\n: c\n\n", []seen{{"", "a", "data: a\n: c\n\n"}}},
		{"no space", "data:a\n\n", []seen{{"", "a", "data:a\n\n"}}},
		{"one space is dropped", "data:  a \n\n", []seen{{"", " a ", "data:  a \n\n"}}},
		{"a tab is kept", "data:\ta\n\n", []seen{{"", "\ta", "data:\ta\n\n"}}},
		{"several data lines", "data: a\ndata:b\ndata\ndata: c\n\n", []seen{{"", "a\nb\n\nc", "data: a\ndata:b\ndata\ndata: c\n\n"}}},
		{"several, then one", "data: a\ndata: b\n\ndata: c\n\n", []seen{{"", "a\nb", "data: a\ndata: b\n\n"}, {"", "c", "data: c\n\n"}}},
		{"empty data", "data:\n\ndata: \n\ndata\n\n", []seen{{"", "", "data:\n\n"}, {"", "", "data: \n\n"}, {"", "", "data\n\n"}}},
		{"two empty data lines", "data:\ndata:\n\n", []seen{{"", "\n", "data:\ndata:\n\n"}}},
		{"the last event name counts", "event: a\nevent: b\ndata: x\n\ndata: y\n\n", []seen{{"b", "x", "event: a\nevent: b\ndata: x\n\n"}, {"", "y", "data: y\n\n"}}},
		{"event without data", "event: ping\n\n", []seen{{"ping", "", "event: ping\n\n"}}},
		{"fields in any order", "data: x\nid: 7\nretry: 10\nevent: e\n\n", []seen{{"e", "x", "data: x\nid: 7\nretry: 10\nevent: e\n\n"}}},
		{"unknown fields and other cases", "Data: x\nfoo\n data: y\n\n", []seen{{"", "", "Data: x\nfoo\n data: y\n\n"}}},
		{"colons in data", "data: a: b\n\n", []seen{{"", "a: b", "data: a: b\n\n"}}},
		{"NUL and broken UTF-8", "data: \x00\xff\n\n", []seen{{"", "\x00\xff", "data: \x00\xff\n\n"}}},
		{"blank lines", "\n\ndata: a\n\n\n", []seen{{"", "", "\n"}, {"", "", "\n"}, {"", "a", "data: a\n\n"}, {"", "", "\n"}}},
		{"end without blank line", "data: a\n\ndata: b\n", []seen{{"", "a", "data: a\n\n"}, {"", "b", "data: b\n"}}},
		{"end inside a line", "data: a\n\ndata: [DONE]", []seen{{"", "a", "data: a\n\n"}, {"", "[DONE]", "data: [DONE]"}}},
		{"end after CR", "data: a\r", []seen{{"", "a", "data: a\r"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := read(t, SSE(strings.NewReader(tt.in), 0))
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %q, %v\nwant %q", got, err, tt.want)
			}
			everySplit(t, []byte(tt.in), func(r io.Reader) Seq { return SSE(r, 0) })
		})
	}
}

// everySplit holds a reader to what every stream reader must do: the frames
// do not depend on how the input arrives, and their Raws are the input.
func everySplit(t *testing.T, in []byte, open func(io.Reader) Seq) {
	t.Helper()
	want, wantErr := read(t, open(bytes.NewReader(in)))
	check := func(how string, r io.Reader) {
		got, err := read(t, open(r))
		if fmt.Sprint(err) != fmt.Sprint(wantErr) || !slices.Equal(meaning(got), meaning(want)) {
			t.Errorf("%s: got %q, %v\nwant %q, %v", how, got, err, want, wantErr)
		}
		if raw := raws(got); err == nil && raw != string(in) {
			t.Errorf("%s: the raw frames are %q, want %q", how, raw, in)
		}
	}
	check("one byte a time", iotest.OneByteReader(bytes.NewReader(in)))
	check("end with the last bytes", iotest.DataErrReader(bytes.NewReader(in)))
	for i := range in {
		check(fmt.Sprint("split at ", i), io.MultiReader(bytes.NewReader(in[:i]), bytes.NewReader(in[i:])))
	}
}

func TestSSELongLine(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<20)
	in := "data: " + long + "\n\ndata: a\ndata: " + long + "\r\n\r\ndata: b\n\n"
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(in),
		"half":  iotest.HalfReader(strings.NewReader(in)),
	} {
		got, err := read(t, SSE(r, 0))
		if err != nil || len(got) != 3 || got[0].Data != long || got[1].Data != "a\n"+long || got[2].Data != "b" {
			t.Errorf("%s: got %d frames, %v", name, len(got), err)
		}
		if raws(got) != in {
			t.Errorf("%s: the raw frames are not the input", name)
		}
	}
}

func TestSSELimit(t *testing.T) {
	t.Parallel()
	// "data: 1234" and the blank line are 12 bytes, each ending counted as one
	tests := []struct {
		name, in string
		max      int
		frames   int
		tooLong  bool
	}{
		{"at the limit", "data: 1234\n\n", 12, 1, false},
		{"at the limit with CRLF", "data: 1234\r\n\r\n", 12, 1, false},
		{"each frame has its own", "data: 1234\n\ndata: 5678\n\n", 12, 2, false},
		{"after CR too", "data: 1234\r\n\r\ndata: 5678\r\n\r\n", 12, 2, false},
		{"over in one line", "data: 12345\n\n", 12, 0, true},
		{"over by the blank line", "data: 1234\n\n", 11, 0, true},
		{"over in several lines", ": 1\n: 2\n: 3\n: 4\n\n", 12, 0, true},
		{"second frame", "data: 1\n\ndata: 123456789\n\n", 12, 1, true},
		{"line without an end", "data: 1\n\n" + strings.Repeat("x", 100), 12, 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := read(t, SSE(strings.NewReader(tt.in), tt.max))
			_, tooLong := errors.AsType[ErrTooLong](err)
			if len(got) != tt.frames || tooLong != tt.tooLong {
				t.Errorf("got %d frames, %v; want %d, too long: %v", len(got), err, tt.frames, tt.tooLong)
			}
			everySplit(t, []byte(tt.in), func(r io.Reader) Seq { return SSE(r, tt.max) })
		})
	}
}

func TestSSEReadError(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	r := io.MultiReader(strings.NewReader("data: a\n\ndata: b\ndata: half"), iotest.ErrReader(broken))
	got, err := read(t, SSE(r, 0))
	if err != broken || len(got) != 1 || got[0].Data != "a" {
		t.Errorf("got %q, %v; want the first frame and %v", got, err, broken)
	}
}

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

func TestSSEGivesUpOnAReaderThatReturnsNothing(t *testing.T) {
	t.Parallel()
	if _, err := read(t, SSE(silent{}, 0)); err != io.ErrNoProgress {
		t.Errorf("got %v, want %v", err, io.ErrNoProgress)
	}
}

// A blank line's last byte is all that a frame needs.
func TestFramesAreNotHeldBack(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"data: a\n\n", "data: a\r\r", "data: a\r\n\r\n", "data: a\r\n\n", "data: a\n\r", ": c\n\n", "\n", "\r"} {
		for split := range in {
			more := iotest.ErrReader(errors.New("it waited for another read"))
			r := io.MultiReader(strings.NewReader(in[:split]), strings.NewReader(in[split:]), more)
			n := 0
			for f, err := range SSE(r, 0) {
				if err != nil {
					t.Errorf("%q split at %d: %v", in, split, err)
					break
				}
				if !strings.HasPrefix(in, string(f.Raw)) {
					t.Errorf("%q split at %d: got %q", in, split, f.Raw)
				}
				n++
				break
			}
			if n == 0 {
				t.Errorf("%q split at %d: no frame", in, split)
			}
		}
	}
}

func TestLeavingTheLoopStopsReading(t *testing.T) {
	t.Parallel()
	n := 0
	for range SSE(strings.NewReader("data: a\n\ndata: b\n\n"), 0) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("got %d frames, want 1", n)
	}
}

func TestFrameCloneStaysValid(t *testing.T) {
	t.Parallel()
	var kept []Frame
	for f, err := range SSE(iotest.OneByteReader(strings.NewReader(strings.Repeat("event: e\ndata: first\n\n", 1000)+"data: a\ndata: b\n\n")), 0) {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, f.Clone())
	}
	if got := string(kept[0].Data); got != "first" {
		t.Errorf("got %q, want %q", got, "first")
	}
	if got := string(kept[999].Raw); got != "event: e\ndata: first\n\n" {
		t.Errorf("got %q", got)
	}
}

func TestManyEventNamesAreNotKept(t *testing.T) {
	t.Parallel()
	var n names
	for i := range 1000 {
		if got := n.get(fmt.Append(nil, i)); got != fmt.Sprint(i) {
			t.Fatalf("got %q, want %d", got, i)
		}
	}
	if len(n) > maxNames {
		t.Errorf("%d names are kept, want at most %d", len(n), maxNames)
	}
	if long := strings.Repeat("x", 10*maxNameLen); n.get([]byte(long)) != long {
		t.Error("a long name was changed")
	}
}

func FuzzSSE(f *testing.F) {
	for _, in := range []string{"data: a\n\n", "event: e\r\ndata: a\r\ndata: b\r\n\r\n", "\xef\xbb\xbf:c\r\rdata", "data:\r\n\n\r", "event:\n\xef\xbb\xbf"} {
		f.Add([]byte(in), 0)
		f.Add([]byte(in), 9)
	}
	f.Fuzz(func(t *testing.T, in []byte, max int) {
		want, wantErr := read(t, SSE(bytes.NewReader(in), max))
		got, err := read(t, SSE(iotest.OneByteReader(bytes.NewReader(in)), max))
		if fmt.Sprint(err) != fmt.Sprint(wantErr) || !slices.Equal(meaning(got), meaning(want)) {
			t.Errorf("byte by byte: %q, %v\nat once: %q, %v", got, err, want, wantErr)
		}
		for _, raw := range []string{raws(got), raws(want)} {
			if !strings.HasPrefix(string(in), raw) || err == nil && len(raw) != len(in) {
				t.Errorf("the raw frames are %q, want %q", raw, in)
			}
		}
	})
}
