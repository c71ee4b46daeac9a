package metrics

import (
	"bytes"
	"maps"
	"slices"
	"strconv"

	"sluice/core/internal/json"
)

// An attribute is a name and a value, as OTLP writes it.
type attribute struct {
	name  string
	value json.Value
}

type attributes []attribute

func (a *attributes) text(name, v string) {
	if v != "" {
		*a = append(*a, attribute{name, json.Value(`{"stringValue":` + string(json.Quote(v)) + `}`)})
	}
}

// number writes a whole number, which is a string in OTLP.
func (a *attributes) number(name string, n int64) {
	*a = append(*a, attribute{name, json.Value(`{"intValue":"` + strconv.FormatInt(n, 10) + `"}`)})
}

func (a *attributes) decimal(name string, n, per int64) {
	*a = append(*a, attribute{name, json.Value(`{"doubleValue":` + decimal(n, per) + `}`)})
}

func (a *attributes) flag(name string, v bool) {
	if v {
		*a = append(*a, attribute{name, json.Value(`{"boolValue":true}`)})
	}
}

// resourceOf is what all requests to a collector begin with.
func resourceOf(c Collector, version string) []byte {
	a := attributes{}
	a.text("service.name", c.Service)
	a.text("service.version", version)
	for _, name := range slices.Sorted(maps.Keys(c.Resource)) {
		if name != "service.name" {
			a.text(name, c.Resource[name])
		}
	}
	w := json.NewWriter(`{"resourceSpans":[{`)
	w.Open("resource", '{')
	a.write(&w)
	w.Close('}')
	w.Str("schemaUrl", schemaURL)
	w.Open("scopeSpans", '[')
	w.Open("", '{')
	w.Open("scope", '{')
	w.Str("name", "sluice")
	w.Str("version", version)
	w.Close('}')
	w.Str("schemaUrl", schemaURL)
	w.Open("spans", '[')
	return w.B
}

// encode writes an ExportTraceServiceRequest: ids in hexadecimal, 64-bit
// numbers as strings, enums as numbers.
//
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
func (o *OTLP) encode(spans []span) []byte {
	w := json.Writer{B: bytes.Clone(o.resource)}
	for i := range spans {
		spans[i].write(&w)
	}
	w.B = append(w.B, "]}]}]}"...)
	return w.B
}

func (s *span) write(w *json.Writer) {
	w.Open("", '{')
	w.Str("traceId", s.trace)
	w.Str("spanId", s.id)
	w.StrIf("parentSpanId", s.parent)
	w.Str("name", s.name)
	w.Int("kind", int64(s.kind))
	w.Str("startTimeUnixNano", strconv.FormatInt(s.began.UnixNano(), 10))
	w.Str("endTimeUnixNano", strconv.FormatInt(s.ended.UnixNano(), 10))
	attributes(s.attributes).write(w)
	if s.failure != "" {
		w.Raw("status", json.Value(`{"code":2,"message":`+string(json.Quote(s.failure))+`}`))
	}
	w.Close('}')
}

func (a attributes) write(w *json.Writer) {
	w.Open("attributes", '[')
	for _, at := range a {
		w.Open("", '{')
		w.Str("key", at.name)
		w.Raw("value", at.value)
		w.Close('}')
	}
	w.Close(']')
}
