// Package dialecttest holds every codec to the same law, on fixtures that the
// codec keeps in its testdata:
//
//	request.json          decoding and encoding again gives an equal document;
//	                      request.residue lists the members that vanish when
//	                      the native residue is emptied
//	response.json         the same law; of a dialect that faces upstreams only,
//	                      it gives the answer in the section events
//	stream.sse            (or stream.ndjson, or stream.events: a line "type payload" for each AWS
//	                      message, "!type payload" for an exception, "chunk
//	                      payload" for one whose payload is in base64) gives the
//	                      events in the section events, however it is split
//	                      into reads; encoding the events and decoding them
//	                      again gives the same answer; collected.json is the
//	                      answer as one object
//	error.STATUS.json     gives the error in the section error
//	model                 the model of this fixture, which requests and answers
//	                      are for, where the form of a dialect depends on it
//
// Sections that are computed are rewritten by -update. [Tasks] has the sections
// of operations that are no conversation.
package dialecttest

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/golden"
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

	asked string // the model of one fixture
}

// Run tests every fixture in testdata.
func Run(t *testing.T, c Codec) {
	all := c
	golden.Each(t, "testdata", func(t *testing.T, f *golden.File) {
		known, c := 0, all.of(f)
		for _, name := range f.Names() {
			switch {
			case name == "request.json":
				c.request(t, f)
			case name == "response.json":
				c.response(t, f)
			case name == "stream.sse", name == "stream.ndjson":
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

// of is the codec for one fixture.
func (c Codec) of(f *golden.File) Codec {
	if f.Has("model") {
		c.Model = strings.TrimSpace(string(f.Get("model")))
		c.asked = c.Model
	}
	return c
}

func (c Codec) options() dialect.Options { return dialect.Options{IncludeUsage: true, Model: c.asked} }

func (c Codec) incoming(body []byte) core.Incoming {
	return core.Incoming{Method: "POST", Path: c.Path, Header: http.Header{}, Body: body, Model: c.Model}
}
