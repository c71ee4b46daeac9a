package openaichat

import (
	"fmt"
	"net/http"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Prepare writes a request. It refuses, with an *llm.Error of kind
// Unsupported, a tool that only another provider has. What else chat has no
// word for is named in [dialect.Exchange.Dropped], with the indexes of
// canonical turns and parts.
func (Codec) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	e := encoder{r: r, target: t, same: r.Native.Dialect == llm.OpenAIChat, top: own(r.Native)}
	e.B = make([]byte, 0, 8<<10)
	if err := e.request(); err != nil {
		return nil, err
	}
	return &exchange{body: e.B, dropped: e.dropped, provider: t.Provider, names: e.names}, nil
}

// Raw is the exchange for a body that is chat already.
func (Codec) Raw(body []byte) dialect.Exchange { return &exchange{body: body} }

type exchange struct {
	body     []byte
	dropped  []string
	provider string // id, if known
	names    dialect.Names
}

func (x *exchange) Body() []byte        { return x.body }
func (x *exchange) Header() http.Header { return nil }
func (x *exchange) Dropped() []string   { return x.dropped }

func (x *exchange) DecodeStream() core.StreamDecoder {
	return &streamDecoder{provider: x.provider, names: x.names}
}

func (x *exchange) DecodeResponse(body []byte) (*llm.Response, error) {
	r, err := decodeResponse(body, x.provider)
	if err == nil {
		x.names.Restore(r)
	}
	return r, err
}

func (x *exchange) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	return errorsOf(x.provider).Decode(status, h, body)
}

// encoder writes one request.
type encoder struct {
	writer
	r       *llm.Request
	target  dialect.Target
	same    bool        // the request came from chat: it is written as it was
	top     json.Object // its residue
	dropped []string
	names   dialect.Names
	later   []llm.Part // media of tool results, for the next user message
}

func (e *encoder) drop(format string, args ...any) {
	e.dropped = append(e.dropped, fmt.Sprintf(format, args...))
}

// place is where something stands in the request, for reports. Most are never
// made, so the text is written only when it is asked for.
type place struct {
	in      string // the member of the request, or nothing for the request itself
	i, part int    // index in the member and in a turn, −1 for none
}

var top = place{"", -1, -1}

func inMember(name string) place { return place{name, -1, -1} }
func atTool(i int) place         { return place{"tools", i, -1} }
func atTurn(i int) place         { return place{"messages", i, -1} }
func atPart(i, n int) place      { return place{"messages", i, n} }

// String ends in a dot, unless it is empty.
func (p place) String() string {
	switch {
	case p.in == "":
		return ""
	case p.part >= 0:
		return fmt.Sprintf("%s[%d].content[%d].", p.in, p.i, p.part)
	case p.i >= 0:
		return fmt.Sprintf("%s[%d].", p.in, p.i)
	}
	return p.in + "."
}

// native writes the residue of an object, or reports it.
func (e *encoder) native(p place, n llm.Native, except ...string) {
	e.Rest(own(n), except...)
	e.lost(p, n)
}

// lost reports what another dialect left over.
func (e *encoder) lost(p place, n llm.Native) {
	for _, name := range n.ForeignTo(llm.OpenAIChat) {
		e.drop("%s%s", p, name)
	}
}

// cache writes a cache mark, for which only some providers of chat have a
// word: it is written if it came from chat, and here unless it stands on the
// message.
func (e *encoder) cache(p place, c *llm.CacheMark) {
	switch {
	case c == nil:
	case c.Native.Dialect != llm.OpenAIChat:
		e.drop("%scache_control", p)
	case !own(c.Native).Has("message"):
		e.mark(c)
	}
}

// messageCache writes the mark of a whole message.
func (e *encoder) messageCache(parts []llm.Part) {
	for _, p := range parts {
		if at := cacheOf(p); at != nil && *at != nil && own((*at).Native).Has("message") {
			e.mark(*at)
			return
		}
	}
}

func (e *encoder) mark(c *llm.CacheMark) {
	n := own(c.Native)
	e.Open("cache_control", '{')
	if t := n.Get("type"); string(t) == string(markString) {
		e.Str("type", "ephemeral")
	} else {
		e.Raw("type", t)
	}
	e.StrIf("ttl", c.TTL)
	e.Rest(n, "type", "message")
	e.Close('}')
}

func (e *encoder) request() error {
	e.B = append(e.B, '{')
	model := e.target.Model
	if model == "" {
		model = e.r.Model
	}
	e.StrIf("model", model)
	e.messages()
	if err := e.tools(); err != nil {
		return err
	}
	e.toolChoice()
	e.params()
	e.output()
	e.reasoning()
	e.stream()
	e.cache(top, e.r.Cache)
	skip := []string{"top_k", "stream_options"}
	for _, name := range []string{"max_tokens", "thinking"} {
		if e.top.IsNull(name) {
			skip = append(skip, name)
		}
	}
	e.Rest(e.top, skip...)
	e.lost(top, e.r.Native)
	e.Close('}')
	return nil
}
