package bedrockinvoke

import (
	"encoding/base64"

	"sluice/core"
	"sluice/core/dialect/bedrock"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// DecodeStream reads the chunks of InvokeModelWithResponseStream.
func (x *exchange) DecodeStream() core.StreamDecoder { return &streamDecoder{x: x} }

type streamDecoder struct {
	x       *exchange
	family  envelope
	inner   core.StreamDecoder // nil until the first chunk shows the family
	payload []byte             // kept for its memory
	metrics *llm.Usage
	counted bool // the family itself has told its usage
	next    int  // chunk of an unknown form
	done    bool // … of which the last has come
	end     ending
}

// Decode reads one message. Unknown ones, which keep connections alive, give
// nothing.
func (d *streamDecoder) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	if f.Exception {
		return bedrock.Codec{}.Raw(nil).DecodeStream().Decode(dst, f)
	}
	if f.Event != "chunk" {
		return dst, nil
	}
	encoded := json.Unquote(json.Lookup(f.Data, "bytes"))
	var err error
	if d.payload, err = base64.StdEncoding.AppendDecode(d.payload[:0], []byte(encoded)); err != nil || json.Value(d.payload).Kind() != '{' {
		return dst, &llm.Error{Kind: llm.Upstream, Message: "a chunk of its stream cannot be read", Err: err}
	}
	if d.inner == nil {
		d.begin()
	}
	d.measure()
	if d.inner == nil {
		return d.pass(dst), nil
	}
	d.end.intervened = d.end.intervened || intervened(d.payload)
	n := len(dst)
	dst, err = d.inner.Decode(dst, d.frame())
	return d.end.keep(d.count(dst, n), n), err
}

func (d *streamDecoder) begin() {
	family, inner := d.x.reader(d.payload)
	if inner != nil {
		d.family, d.inner = family, inner.DecodeStream()
	}
}

// pass gives a chunk of an unknown form as what it is. The metrics, which
// every family's last chunk has, end the stream.
func (d *streamDecoder) pass(dst []llm.Event) []llm.Event {
	if d.next == 0 {
		dst = append(dst, llm.Event{Kind: llm.EventStart})
	}
	native := llm.NativeOf(llm.InvokeModel, d.payload)
	dst = append(dst, llm.Event{Kind: llm.EventPartStart, Part: d.next, PartKind: llm.ForeignPart, Name: "chunk", Native: native}, llm.Event{Kind: llm.EventPartStop, Part: d.next})
	d.next++
	if d.metrics != nil {
		d.done = true
		dst = append(dst, llm.Event{Kind: llm.EventUsage, Usage: d.metrics}, llm.Event{Kind: llm.EventDone})
	}
	return dst
}

// frame is what the family's own stream would have had.
func (d *streamDecoder) frame() frame.Frame {
	if !d.family.named {
		return frame.Frame{Data: finished(d.payload)}
	}
	members, err := json.Members(d.payload)
	if err != nil || len(members) == 0 {
		return frame.Frame{}
	}
	return frame.Frame{Event: members[0].Name, Data: members[0].Value}
}

// metricsName is the member of the last chunk that counts.
const metricsName = "amazon-bedrock-invocationMetrics"

type metrics struct {
	Input      int64 `json:"inputTokenCount"`
	Output     int64 `json:"outputTokenCount"`
	Latency    int64 `json:"invocationLatency"` // milliseconds
	First      int64 `json:"firstByteLatency"`
	CacheRead  int64 `json:"cacheReadInputTokenCount,omitzero"`
	CacheWrite int64 `json:"cacheWriteInputTokenCount,omitzero"`
}

func (d *streamDecoder) measure() {
	v := json.Lookup(d.payload, metricsName)
	var m metrics
	if v == nil || json.UnmarshalLoose(v, &m) != nil {
		return
	}
	d.metrics = &llm.Usage{Input: m.Input, Output: m.Output, CacheRead: m.CacheRead, CacheWrite: m.CacheWrite}
}

// count puts the metrics in front of the end of a stream that has not told
// its usage itself. Events from n on are new.
func (d *streamDecoder) count(events []llm.Event, n int) []llm.Event {
	for i := n; i < len(events); i++ {
		switch events[i].Kind {
		case llm.EventUsage:
			d.counted = true
		case llm.EventDone:
			if !d.counted && d.metrics != nil {
				done := events[i]
				events[i] = llm.Event{Kind: llm.EventUsage, Usage: d.metrics}
				return append(events, done)
			}
		}
	}
	return events
}

// Flush ends the stream. One without a chunk was cut.
func (d *streamDecoder) Flush(dst []llm.Event) ([]llm.Event, error) {
	switch {
	case d.done:
		return dst, nil
	case d.inner == nil:
		return dst, &llm.Error{Kind: llm.Truncated, Message: "the stream ended before the answer was complete"}
	}
	n := len(dst)
	dst, err := d.inner.Flush(dst)
	return d.end.release(d.end.keep(d.count(dst, n), n)), err
}
