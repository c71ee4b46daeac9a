package frame

import (
	"bytes"
	"io"
	"iter"
	"testing"
)

const chunk = `{"id":"chatcmpl-9xYz","object":"chat.completion.chunk","created":1726000000,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":" help"},"logprobs":null,"finish_reason":null}]}`

// forward passes frames on as they are, which is the hot path.
func forward(b *testing.B, seq Seq, size int) {
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for f, err := range seq {
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Discard.Write(f.Raw); err != nil || len(f.Data) == 0 {
			b.Fatal(err)
		}
		if !b.Loop() {
			break
		}
	}
}

func BenchmarkSSEForward(b *testing.B) {
	m := AppendSSE(nil, "content_block_delta", []byte(chunk))
	forward(b, SSE(&cycle{all: m}, 0), len(m))
}

func BenchmarkSSEForwardManyInOneRead(b *testing.B) {
	m := AppendSSE(nil, "", []byte(chunk))
	many := bytes.Repeat(m, 64)
	forward(b, SSE(&cycle{all: many}, 0), len(m))
}

func BenchmarkEventStreamForward(b *testing.B) {
	m := AppendEvent(nil, "contentBlockDelta", []byte(chunk))
	forward(b, EventStream(&cycle{all: m}, 0), len(m))
}

// cycle repeats its bytes for ever, one round a read, as a provider's stream
// comes.
type cycle struct{ all, left []byte }

func (c *cycle) Read(p []byte) (int, error) {
	if len(c.left) == 0 {
		c.left = c.all
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}

func BenchmarkAppendSSE(b *testing.B) {
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = AppendSSE(dst[:0], "content_block_delta", []byte(chunk))
	}
}

func BenchmarkAppendEvent(b *testing.B) {
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = AppendEvent(dst[:0], "contentBlockDelta", []byte(chunk))
	}
}

// A forwarded frame costs no allocation once the buffers are there.
func TestForwardedFramesDoNotAllocate(t *testing.T) {
	for name, seq := range map[string]Seq{
		"server-sent events": SSE(&cycle{all: AppendSSE(nil, "content_block_delta", []byte(chunk))}, 0),
		"event stream":       EventStream(&cycle{all: AppendEvent(nil, "contentBlockDelta", []byte(chunk))}, 0),
	} {
		t.Run(name, func(t *testing.T) {
			next, stop := iter.Pull2(seq)
			defer stop()
			read := func() {
				if f, err, ok := next(); err != nil || !ok || len(f.Data) == 0 {
					t.Errorf("got %q, %v", f.Data, err)
				}
			}
			read()
			if got := testing.AllocsPerRun(1000, read); got != 0 {
				t.Errorf("got %v allocations a frame, want 0", got)
			}
		})
	}
}
