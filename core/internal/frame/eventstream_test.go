package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"sluice/core/internal/json"
)

// sdk writes a message as AWS does.
func sdk(t testing.TB, payload string, headers ...eventstream.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	err := eventstream.NewEncoder().Encode(&b, eventstream.Message{Headers: headers, Payload: []byte(payload)})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func text(name, value string) eventstream.Header {
	return eventstream.Header{Name: name, Value: eventstream.StringValue(value)}
}

func event(t testing.TB, name, payload string) []byte {
	return sdk(t, payload, text(":event-type", name), text(":content-type", "application/json"), text(":message-type", "event"))
}

func TestEventStream(t *testing.T) {
	t.Parallel()
	otherTypes := []eventstream.Header{
		{Name: "true", Value: eventstream.BoolValue(true)},
		{Name: "false", Value: eventstream.BoolValue(false)},
		{Name: "byte", Value: eventstream.Int8Value(-1)},
		{Name: "short", Value: eventstream.Int16Value(7)},
		{Name: "integer", Value: eventstream.Int32Value(7)},
		{Name: "long", Value: eventstream.Int64Value(7)},
		{Name: "bytes", Value: eventstream.BytesValue("xyz")},
		{Name: "timestamp", Value: eventstream.TimestampValue(time.Unix(1700000000, 0))},
		{Name: "uuid", Value: eventstream.UUIDValue{1, 2, 3}},
		text(":event-type", "chunk"),
		text(":message-type", "event"),
	}
	tests := []struct {
		name      string
		in        []byte
		event     string
		exception bool
		data      string
	}{
		{"event", event(t, "messageStop", `{"stopReason":"end_turn"}`), "messageStop", false, `{"stopReason":"end_turn"}`},
		{"no payload", event(t, "ping", ""), "ping", false, ""},
		{"no headers", sdk(t, `{}`), "", false, `{}`},
		{"other header types", sdk(t, `{}`, otherTypes...), "chunk", false, `{}`},
		{"a type that is not text", sdk(t, `{}`, eventstream.Header{Name: ":event-type", Value: eventstream.BytesValue("x")}), "", false, `{}`},
		{"exception", sdk(t, `{"message":"slow down"}`, text(":exception-type", "throttlingException"), text(":message-type", "exception")), "throttlingException", true, `{"message":"slow down"}`},
		{"error", sdk(t, ``, text(":error-code", "InternalFailure"), text(":error-message", "a \"b\"\n\a\x00"), text(":message-type", "error")), "InternalFailure", true, `{"message":"a \"b\"\n\u0007\u0000"}`},
		{"error without a text", sdk(t, ``, text(":message-type", "error")), "", true, `{"message":""}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := 0
			for f, err := range EventStream(bytes.NewReader(tt.in), 0) {
				if err != nil {
					t.Fatal(err)
				}
				n++
				if f.Event != tt.event || f.Exception != tt.exception || string(f.Data) != tt.data {
					t.Errorf("got %q, exception %v, %s; want %q, %v, %s", f.Event, f.Exception, f.Data, tt.event, tt.exception, tt.data)
				}
				if len(f.Data) > 0 && f.Exception && !json.Valid(f.Data) {
					t.Errorf("%s is not JSON", f.Data)
				}
			}
			if n != 1 {
				t.Errorf("got %d frames, want 1", n)
			}
			everySplit(t, slices.Concat(tt.in, tt.in), func(r io.Reader) Seq { return EventStream(r, 0) })
		})
	}
}

// with returns a message in which one byte is another, checksums as they were.
func with(m []byte, at int) []byte {
	m = bytes.Clone(m)
	m[at] ^= 1
	return m
}

// prelude writes a correct prelude around any lengths.
func prelude(total, headers uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, total)
	b = binary.BigEndian.AppendUint32(b, headers)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// sealed is a message whose checksums are right, whatever its headers are.
func sealed(headers string) []byte {
	b := append(prelude(uint32(preludeLen+len(headers)+crcLen), uint32(len(headers))), headers...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

func TestEventStreamFaults(t *testing.T) {
	t.Parallel()
	good := event(t, "contentBlockDelta", `{"delta":{"text":"Hi"}}`)
	tests := []struct {
		name string
		in   []byte // after one good message
		want error
	}{
		{"checksum of the prelude", with(good, 3), errChecksum},
		{"checksum of the message", with(good, len(good)-6), errChecksum},
		{"the checksum itself", with(good, len(good)-1), errChecksum},
		{"JSON in its place", []byte(`{"message":"not authorized"}`), errChecksum},
		{"cut in the prelude", good[:5], io.ErrUnexpectedEOF},
		{"cut behind the prelude", good[:preludeLen], io.ErrUnexpectedEOF},
		{"cut in the headers", good[:20], io.ErrUnexpectedEOF},
		{"cut in the payload", good[:len(good)-8], io.ErrUnexpectedEOF},
		{"cut in the last checksum", good[:len(good)-1], io.ErrUnexpectedEOF},
		{"no room for a checksum", prelude(15, 0), errLength},
		{"length 0", prelude(0, 0), errLength},
		{"headers longer than the message", prelude(100, 85), errLength},
		{"lengths that overflow", prelude(20, 1<<32-1), errLength},
		{"a huge length", prelude(1<<32-1, 0), ErrTooLong{DefaultMax}},
		{"one over the limit", prelude(DefaultMax+1, 0), ErrTooLong{DefaultMax}},
		{"header name cut", sealed("\x05ab"), errHeaders},
		{"header without a type", sealed("\x01a"), errHeaders},
		{"header without a length", sealed("\x01a\x07\x00"), errHeaders},
		{"header value cut", sealed("\x01a\x07\x00\x05ab"), errHeaders},
		{"number cut", sealed("\x01a\x05\x00\x05ab"), errHeaders},
		{"unknown header type", sealed("\x01a\x0a"), errHeaders},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := append(bytes.Clone(good), tt.in...)
			got, err := read(t, EventStream(bytes.NewReader(in), 0))
			if !errors.Is(err, tt.want) || len(got) != 1 {
				t.Errorf("got %d frames, %v; want 1 and %v", len(got), err, tt.want)
			}
			if tt.want != io.EOF && errors.Is(err, io.EOF) {
				t.Error("the error reads like a clean end")
			}
			everySplit(t, in, func(r io.Reader) Seq { return EventStream(r, 0) })
		})
	}
}

func TestEventStreamReadError(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	good := event(t, "a", `{}`)
	for _, n := range []int{0, 5, 20} {
		r := io.MultiReader(bytes.NewReader(good), bytes.NewReader(good[:n]), iotest.ErrReader(broken))
		got, err := read(t, EventStream(r, 0))
		if err != broken || len(got) != 1 {
			t.Errorf("%d bytes in: got %d frames, %v; want 1 and %v", n, len(got), err, broken)
		}
	}
}

func TestEventStreamMakesRoomForWhatArrives(t *testing.T) {
	head := append(prelude(60<<20, 0), "a few bytes of the sixty million that were announced"...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := read(t, EventStream(bytes.NewReader(head), 0)); err != io.ErrUnexpectedEOF {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	got := after.TotalAlloc - before.TotalAlloc
	if limit := uint64(1 << 20); got > limit {
		t.Errorf("%d bytes were allocated, want less than %d", got, limit)
	}
}

func TestEventStreamIsNotHeldBack(t *testing.T) {
	t.Parallel()
	r := io.MultiReader(bytes.NewReader(event(t, "a", `{}`)), iotest.ErrReader(errors.New("it waited for another read")))
	for f, err := range EventStream(r, 0) {
		if err != nil || f.Event != "a" {
			t.Errorf("got %q, %v", f.Event, err)
		}
		break
	}
}

func TestEventStreamLongMessage(t *testing.T) {
	t.Parallel()
	payload := strings.Repeat("x", 20<<20) // over what some SDKs write
	m := AppendEvent(nil, "chunk", []byte(payload))
	got, err := read(t, EventStream(iotest.HalfReader(bytes.NewReader(m)), 0))
	if err != nil || len(got) != 1 || got[0].Data != payload {
		t.Errorf("got %d frames, %v", len(got), err)
	}
	if _, err := read(t, EventStream(bytes.NewReader(m), 1<<20)); !errors.Is(err, ErrTooLong{1 << 20}) {
		t.Errorf("got %v, want %v", err, ErrTooLong{1 << 20})
	}
}

func FuzzEventStream(f *testing.F) {
	good := event(f, "contentBlockDelta", `{"delta":{"text":"Hi"}}`)
	f.Add(good)
	f.Add(append(sdk(f, ``, text(":message-type", "error")), good[:30]...))
	f.Add(sdk(f, `{}`, eventstream.Header{Name: "n", Value: eventstream.UUIDValue{}}, text(":message-type", "exception")))
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, in := range [][]byte{in, reseal(in)} {
			agree(t, in)
		}
	})
}

// reseal repairs length and checksums, which a fuzzer does not guess.
func reseal(in []byte) []byte {
	if len(in) < preludeLen+crcLen {
		return in
	}
	in = bytes.Clone(in)
	headers := binary.BigEndian.Uint32(in[4:]) % uint32(len(in)-preludeLen-crcLen+1)
	copy(in, prelude(uint32(len(in)), headers))
	at := len(in) - crcLen
	binary.BigEndian.PutUint32(in[at:], crc32.ChecksumIEEE(in[:at]))
	return in
}

func agree(t *testing.T, in []byte) {
	t.Helper()
	want, wantErr := read(t, EventStream(bytes.NewReader(in), 0))
	got, err := read(t, EventStream(iotest.OneByteReader(bytes.NewReader(in)), 0))
	if fmt.Sprint(err) != fmt.Sprint(wantErr) || !slices.Equal(got, want) {
		t.Errorf("byte by byte: %q, %v\nat once: %q, %v", got, err, want, wantErr)
	}
	if raw := raws(got); !strings.HasPrefix(string(in), raw) || err == nil && len(raw) != len(in) {
		t.Errorf("the raw frames are %q, want %q", raw, in)
	}
	for _, f := range got {
		m, err := eventstream.NewDecoder().Decode(strings.NewReader(f.Raw), nil)
		if err != nil {
			t.Fatalf("the SDK refuses %q: %v", f.Raw, err)
		}
		typ, isText := m.Headers.Get(":message-type").(eventstream.StringValue)
		if isText && typ == "error" {
			continue
		}
		if f.Data != string(m.Payload) {
			t.Errorf("got %q, the SDK has %q", f.Data, m.Payload)
		}
	}
}
