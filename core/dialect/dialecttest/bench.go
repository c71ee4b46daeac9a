package dialecttest

import (
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// BenchDecodeRequest measures the reading of a client's request.
func BenchDecodeRequest(b *testing.B, c dialect.Inbound, body []byte) {
	measure(b, len(body))
	for b.Loop() {
		if _, err := c.DecodeRequest(core.Incoming{Body: body}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchTexts measures the finding of a request's texts.
func BenchTexts(b *testing.B, c dialect.Inbound, body []byte) {
	measure(b, len(body))
	for b.Loop() {
		for range c.Texts(core.Incoming{Body: body}) {
		}
	}
}

// BenchRoundTrip measures a request read and written again.
func BenchRoundTrip(b *testing.B, in dialect.Inbound, out dialect.Outbound, body []byte) {
	measure(b, len(body))
	for b.Loop() {
		r, err := in.DecodeRequest(core.Incoming{Body: body})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := out.Prepare(r, dialect.Target{Model: "m"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchDecodeFrame measures the reading of one frame, again and again.
func BenchDecodeFrame(b *testing.B, d core.StreamDecoder, f frame.Frame) {
	var events []llm.Event
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if events, err = d.Decode(events[:0], f); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchEncodeText measures the writing of one piece of text, after what has
// to stand before it.
func BenchEncodeText(b *testing.B, enc dialect.StreamEncoder, before llm.Event) {
	buf, err := enc.Encode(nil, before)
	if err != nil {
		b.Fatal(err)
	}
	text := llm.Event{Kind: llm.EventText, Text: " world"}
	b.ReportAllocs()
	for b.Loop() {
		if buf, err = enc.Encode(buf[:0], text); err != nil {
			b.Fatal(err)
		}
	}
}

func measure(b *testing.B, size int) {
	b.SetBytes(int64(size))
	b.ReportAllocs()
}
