package frame

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

func TestAppendSSE(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, event, data, want string }{
		{"data", "", `{"a":1}`, "data: {\"a\":1}\n\n"},
		{"event", "ping", `{}`, "event: ping\ndata: {}\n\n"},
		{"no data", "done", "", "event: done\ndata: \n\n"},
		{"line breaks", "", "a\nb\r\nc\rd\n", "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"},
		{"a field in the data", "", "a\revent: b\n\ndata: c", "data: a\ndata: event: b\ndata: \ndata: data: c\n\n"},
		{"leading space", "", " a", "data:  a\n\n"},
		{"line break in the name", "a\r\ndata: x", "b", "event: a  data: x\ndata: b\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := string(AppendSSE([]byte("before"), tt.event, []byte(tt.data))); got != "before"+tt.want {
				t.Errorf("got %q, want %q", got, "before"+tt.want)
			}
		})
	}
}

func TestAppendCommentIsOneFrameWithoutData(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "ping", "a\n\ndata: b\r\rc"} {
		got, err := read(t, SSE(bytes.NewReader(AppendComment(nil, text)), 0))
		if err != nil || len(got) != 1 || got[0].Data != "" || got[0].Event != "" {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
}

func FuzzAppendSSE(f *testing.F) {
	f.Add("", []byte("a"))
	f.Add("message_start", []byte("a\r\nb\rc\n\n"))
	f.Add(" x\r", []byte("\n"))
	f.Fuzz(func(t *testing.T, event string, data []byte) {
		got, err := read(t, SSE(bytes.NewReader(AppendSSE(nil, event, data)), 0))
		if err != nil || len(got) != 1 {
			t.Fatalf("got %q, %v; want one frame", got, err)
		}
		want := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data))
		if got[0].Data != want {
			t.Errorf("got %q, want %q", got[0].Data, want)
		}
		if name := strings.NewReplacer("\r", " ", "\n", " ").Replace(event); got[0].Event != name {
			t.Errorf("got event %q, want %q", got[0].Event, name)
		}
	})
}

func TestAppendEventIsReadByTheSDK(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		write      func(dst []byte, typ string, payload []byte) []byte
		kind, head string
		typ        string
		payload    string
	}{
		{"event", AppendEvent, "event", ":event-type", "contentBlockDelta", `{"delta":{"text":"Hi"}}`},
		{"exception", AppendException, "exception", ":exception-type", "throttlingException", `{"message":"slow"}`},
		{"no payload", AppendEvent, "event", ":event-type", "metadata", ""},
		{"large payload", AppendEvent, "event", ":event-type", "chunk", strings.Repeat("x", 30<<20)},
		{"type over the limit", AppendException, "exception", ":exception-type", strings.Repeat("y", 1<<17), `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := tt.write([]byte("before"), tt.typ, []byte(tt.payload))
			b = tt.write(b, tt.typ, []byte(tt.payload))
			r := bytes.NewReader(b[len("before"):])
			for range 2 {
				m, err := eventstream.NewDecoder().Decode(r, nil)
				if err != nil {
					t.Fatal(err)
				}
				wantType := tt.typ[:min(len(tt.typ), maxHeaderValue)]
				for name, want := range map[string]string{":message-type": tt.kind, tt.head: wantType, ":content-type": "application/json"} {
					if got := m.Headers.Get(name); got == nil || got.String() != want {
						t.Errorf("header %s: got %.40v, want %.40s", name, got, want)
					}
				}
				if string(m.Payload) != tt.payload {
					t.Errorf("got a payload of %d bytes, want %d", len(m.Payload), len(tt.payload))
				}
			}
			if r.Len() != 0 {
				t.Errorf("%d bytes are left over", r.Len())
			}
		})
	}
}
