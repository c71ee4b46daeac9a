// Package dialecttest holds every codec to the same law, on fixtures that the
// codec keeps in its testdata:
//
//	request.json          decoding and encoding again gives an equal document;
//	                      request.residue lists the members that vanish when
//	                      the native residue is emptied
//	response.json         the same law
//	stream.sse            (or stream.events: a line "type payload" for each AWS
//	                      message, "!type payload" for an exception) gives the
//	                      events in the section events, however it is split
//	                      into reads; encoding the events and decoding them
//	                      again gives the same answer; collected.json is the
//	                      answer as one object
//	error.STATUS.json     gives the error in the section error
//
// Sections that are computed are rewritten by -update.
package dialecttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/golden"
	"sluice/core/llm"
)

// A Codec is what is tested.
type Codec struct {
	In     dialect.Inbound  // nil if the dialect faces no clients
	Out    dialect.Outbound // nil if it faces no upstreams
	Frames func(r io.Reader, max int) frame.Seq
	// Normalize brings a document into one of the forms that mean the same,
	// such as content as a string and as one text part. May be nil.
	Normalize func(any) any
	// Path and Model are what the request's URL says, for dialects that have
	// the model there.
	Path, Model string
}

// Run tests every fixture in testdata.
func Run(t *testing.T, c Codec) {
	golden.Each(t, "testdata", func(t *testing.T, f *golden.File) {
		known := 0
		for _, name := range f.Names() {
			switch {
			case name == "request.json":
				c.request(t, f)
			case name == "response.json":
				c.response(t, f.Get(name))
			case name == "stream.sse":
				c.stream(t, f, f.Get(name))
			case name == "stream.events":
				c.stream(t, f, EventStream(t, f.Get(name)))
			case strings.HasPrefix(name, "error.") && strings.HasSuffix(name, ".json"):
				c.error(t, f, name)
			default:
				continue
			}
			known++
		}
		if known == 0 {
			t.Error("the fixture has no section that is tested")
		}
	})
}

func (c Codec) incoming(body []byte) core.Incoming {
	return core.Incoming{Method: "POST", Path: c.Path, Header: http.Header{}, Body: body, Model: c.Model}
}

func (c Codec) request(t *testing.T, f *golden.File) {
	body := f.Get("request.json")
	if c.In == nil || c.Out == nil {
		t.Fatal("a dialect with one side has no requests to send round")
	}
	r, err := c.In.DecodeRequest(c.incoming(body))
	if err != nil {
		t.Fatal(err)
	}
	again := c.encode(t, r)
	if d := c.diff(body, again); d != nil {
		t.Errorf("decoded and encoded again:\n%s\nbecame\n%s\ndifferent: %s", body, again, d)
	}
	for i := range 20 {
		if !bytes.Equal(again, c.encode(t, r)) {
			t.Fatalf("encoding number %d gave other bytes: a provider's prompt cache would miss", i+2)
		}
	}
	ClearNative(r)
	f.Want(t, "request.residue", []byte(strings.Join(c.diff(body, c.encode(t, r)), "\n")))
}

func (c Codec) encode(t *testing.T, r *llm.Request) []byte {
	t.Helper()
	x, err := c.Out.Prepare(r, dialect.Target{Model: r.Model})
	if err != nil {
		t.Fatal(err)
	}
	if d := x.Dropped(); len(d) > 0 {
		t.Errorf("dropped within one dialect: %q", d)
	}
	return x.Body()
}

func (c Codec) response(t *testing.T, body []byte) {
	r, err := c.Out.Raw(nil).DecodeResponse(body)
	if err != nil {
		t.Fatal(err)
	}
	if c.In == nil {
		return
	}
	again, err := c.In.EncodeResponse(r, dialect.Options{IncludeUsage: true})
	if err != nil {
		t.Fatal(err)
	}
	if d := c.diff(body, again); d != nil {
		t.Errorf("decoded and encoded again:\n%s\nbecame\n%s\ndifferent: %s", body, again, d)
	}
}

func (c Codec) stream(t *testing.T, f *golden.File, raw []byte) {
	events, err := c.decode(bytes.NewReader(raw))
	f.Want(t, "events", []byte(Dump(events, err)))
	c.skip(t, raw, events, err)
	EverySplit(t, raw, func(r io.Reader) string { return Dump(c.decode(r)) })
	if err != nil || c.In == nil {
		return
	}
	o := dialect.Options{IncludeUsage: true}
	enc := c.In.EncodeStream(o)
	var out []byte
	seq := func(yield func(llm.Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
	for b := range Translate(seq, enc, func(err error) *llm.Error { t.Error(err); return llm.Errorf(llm.Internal, "%v", err) }) {
		out = append(out, b...)
	}
	whole, again := Collect(events), []llm.Event(nil)
	if again, err = c.decode(bytes.NewReader(out)); err != nil {
		t.Fatalf("our own stream cannot be read: %v\n%s", err, out)
	}
	first, err := c.In.EncodeResponse(whole, o)
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.In.EncodeResponse(Collect(again), o)
	if err != nil {
		t.Fatal(err)
	}
	if d := c.diff(first, second); d != nil {
		t.Errorf("the stream, decoded and encoded again, says something else: %s\n%s", d, out)
	}
	f.Want(t, "collected.json", indent(first))
}

func (c Codec) decode(r io.Reader) ([]llm.Event, error) {
	var events []llm.Event
	for e, err := range core.Events(c.Frames(r, 0), c.Out.Raw(nil).DecodeStream()) {
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

// skip holds a decoder that can tell frames of no interest to its word: what
// remains gives the same usage and the same end.
func (c Codec) skip(t *testing.T, raw []byte, events []llm.Event, err error) {
	t.Helper()
	dec := c.Out.Raw(nil).DecodeStream()
	s, ok := dec.(interface{ Skip(frame.Frame) bool })
	if !ok {
		return
	}
	var rest []llm.Event
	var restErr error
	for f, ferr := range c.Frames(bytes.NewReader(raw), 0) {
		if restErr = ferr; restErr == nil && (len(rest) == 0 || !s.Skip(f)) {
			rest, restErr = dec.Decode(rest, f)
		}
		if restErr != nil {
			break
		}
	}
	if restErr == nil {
		rest, restErr = dec.Flush(rest)
	}
	if (restErr == nil) != (err == nil) {
		t.Errorf("with frames of no interest left out the stream ends with %v, not %v", restErr, err)
	}
	if got, want := Collect(rest).Usage, Collect(events).Usage; err == nil && !reflect.DeepEqual(got, want) {
		t.Errorf("with frames of no interest left out the usage is %+v, not %+v", got, want)
	}
}

func (c Codec) error(t *testing.T, f *golden.File, name string) {
	status, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(name, "error."), ".json"))
	if err != nil {
		t.Fatalf("section %s names no status", name)
	}
	e := c.Out.Raw(nil).DecodeError(status, http.Header{"Content-Type": {"application/json"}}, f.Get(name))
	f.Want(t, "error", fmt.Appendf(nil, "kind: %s\nstatus: %d\nmessage: %s\ntype: %s\ncode: %s\nparam: %s",
		e.Kind, e.HTTPStatus(), e.Message, e.Type, e.Code, e.Param))
}

// Collect folds events into one response.
func Collect(events []llm.Event) *llm.Response {
	var col llm.Collector
	for _, e := range events {
		col.Add(e)
	}
	return col.Response()
}

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
		} else {
			out = frame.AppendEvent(out, typ, []byte(payload))
		}
	}
	return out
}

// EverySplit reads raw in two reads, split at every position (at steps when
// it is long), and byte by byte, and wants what one read gives.
func EverySplit(t *testing.T, raw []byte, read func(io.Reader) string) {
	t.Helper()
	want := read(bytes.NewReader(raw))
	step := max(1, len(raw)/2000)
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

var kindNames = [...]string{
	llm.EventStart: "start", llm.EventPartStart: "part", llm.EventText: "text", llm.EventReasoning: "reasoning",
	llm.EventSignature: "signature", llm.EventArguments: "arguments", llm.EventRefusal: "refusal",
	llm.EventCitation: "citation", llm.EventPartStop: "stop", llm.EventFinish: "finish", llm.EventUsage: "usage",
	llm.EventNative: "native", llm.EventDone: "done",
}

var partNames = [...]string{
	0: "?", llm.TextPart: "text", llm.ReasoningPart: "reasoning", llm.RedactedPart: "redacted",
	llm.ToolCallPart: "tool call", llm.RefusalPart: "refusal", llm.ForeignPart: "foreign",
}

// Dump writes events one a line, and the error that ended them.
func Dump(events []llm.Event, err error) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s %d.%d", kindNames[e.Kind], e.Choice, e.Part)
		if e.Kind == llm.EventPartStart {
			fmt.Fprintf(&b, " %s", partNames[e.PartKind])
		}
		field := func(name, value string) {
			if value != "" {
				fmt.Fprintf(&b, " %s=%q", name, value)
			}
		}
		field("id", e.ID)
		field("name", e.Name)
		field("model", e.Model)
		field("text", e.Text)
		field("reason", string(e.Finish.Reason))
		field("raw", e.Finish.Raw)
		if e.Usage != nil {
			fmt.Fprintf(&b, " %+v", *e.Usage)
		}
		if e.Citation != nil {
			fmt.Fprintf(&b, " %+v", *e.Citation)
		}
		field("native", string(e.Native.Members))
		b.WriteByte('\n')
	}
	if err != nil {
		fmt.Fprintf(&b, "error: %v\n", err)
	}
	return b.String()
}

// ClearNative empties every residue in a request.
func ClearNative(r *llm.Request) { clearNative(reflect.ValueOf(r)) }

func clearNative(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			clearNative(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			clearNative(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[llm.Native]() {
			v.SetZero()
			return
		}
		for i := range v.NumField() {
			clearNative(v.Field(i))
		}
	}
}

// diff lists the paths at which two documents differ.
func (c Codec) diff(a, b []byte) []string {
	var x, y any
	for _, in := range []struct {
		b []byte
		v *any
	}{{a, &x}, {b, &y}} {
		d := json.NewDecoder(bytes.NewReader(in.b))
		d.UseNumber()
		if err := d.Decode(in.v); err != nil {
			return []string{"not JSON: " + err.Error()}
		}
	}
	if c.Normalize != nil {
		x, y = c.Normalize(x), c.Normalize(y)
	}
	var out []string
	diffValue("", x, y, &out)
	slices.Sort(out)
	return out
}

func diffValue(path string, a, b any, out *[]string) {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			break
		}
		for k := range x {
			if _, ok := y[k]; !ok {
				*out = append(*out, path+"."+k)
				continue
			}
			diffValue(path+"."+k, x[k], y[k], out)
		}
		for k := range y {
			if _, ok := x[k]; !ok {
				*out = append(*out, path+"."+k+" (new)")
			}
		}
		return
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			break
		}
		for i := range x {
			diffValue(fmt.Sprintf("%s.%d", path, i), x[i], y[i], out)
		}
		return
	}
	if !reflect.DeepEqual(a, b) {
		*out = append(*out, path)
	}
}

func indent(b []byte) []byte {
	var buf bytes.Buffer
	if json.Indent(&buf, b, "", "  ") != nil {
		return b
	}
	return buf.Bytes()
}

// Translate writes the events of a stream in the client's dialect, frame by
// frame. After an error it writes the dialect's error event and stops.
func Translate(events core.EventSeq, enc dialect.StreamEncoder, fail func(error) *llm.Error) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		var buf []byte
		for e, err := range events {
			buf = buf[:0]
			if err == nil {
				buf, err = enc.Encode(buf, e)
			}
			if err != nil {
				yield(enc.Error(buf, fail(err)))
				return
			}
			if len(buf) > 0 && !yield(buf) {
				return
			}
		}
		buf, err := enc.Flush(buf[:0])
		if err != nil {
			buf = enc.Error(buf, fail(err))
		}
		if len(buf) > 0 {
			yield(buf)
		}
	}
}
