package gateway_test

import (
	"fmt"
	"net/http"
	"strings"

	"sluice/core/llm"
)

// A fault is one way in which a target fails.
type fault struct {
	name  string
	host  func(g *faultGround) string // in place of the scripted upstream's
	opens bool                        // what comes before the moment is sent before play is called
	play  func(u *failing)
	means [3]meaning // by moment
	// but is what it means where an upstream's dialect makes it another fault,
	// by the name of its corpus.
	but   map[string][3]meaning
	form  answerForm
	slow  bool // it lasts until the gateway loses its patience
	words bool // it has the words that a client is to be told
	later bool // it says when to come again
	// ofAnyForm is an answer but for its form.
	ofAnyForm bool
	// costly faults move so much that they are played in full only, and little
	// then.
	costly bool
}

// A meaning is what a fault is at a moment: the kind of failure, with the
// status that a client is sent if nobody else answers, or a reason why it
// cannot be.
type meaning struct {
	kind   llm.ErrorKind
	status int
	not    string
}

// An answerForm says to which answers a fault can happen.
type answerForm int

const (
	anyForm answerForm = iota
	onlyStreams
	onlyWholes
)

func (f *fault) meaning(at moment, side *matrixSide) meaning {
	if m, ok := f.but[side.corpus]; ok {
		return m[at]
	}
	return f.means[at]
}

// impossible says why there is no such cell, if there is none.
func (c *faultCell) impossible() string {
	f := c.fault
	switch {
	case c.at == afterContent && !c.stream:
		return "an unstreamed answer is sent on when it is whole, so that nothing of it comes before its fault"
	case c.route.opened() && !(f.slow && c.stream && c.at != afterContent):
		return "a stream is opened early when nothing comes"
	case c.route == goesOn && c.at != afterContent:
		return "only a begun answer can go on"
	case f.ofAnyForm && c.client.corpus == "invoke" && c.first.corpus == "invoke":
		return "what InvokeModel carries may have any form"
	case f.costly && !(c.route == falls && c.client == c.first && (c.client.corpus == "chat" || c.client.corpus == "converse")):
		return "it moves so much that one cell for each framing has to do"
	case f.form == onlyStreams && !c.stream:
		return "an unstreamed answer has no events"
	case f.form == onlyWholes && c.stream:
		return "a stream is no body"
	}
	return c.meaning().not
}

func (f *fault) hostOf(g *faultGround) string {
	if f.host == nil {
		return g.up.URL
	}
	return f.host(g)
}

// ofAWS is a meaning where events have lengths in front, and errors names.
func ofAWS(m [3]meaning) map[string][3]meaning {
	return map[string][3]meaning{"converse": m, "invoke": m}
}

func not(why string) meaning { return meaning{not: why} }

// What faults mean, by moment.
var (
	hasHeaders  = not("what says it are the headers, or what comes before them")
	hasNone     = not("what says it comes behind the headers")
	hasContent  = not("with content it would be another fault")
	unsaid      = not("AWS tells errors by status or in an exception")
	isNone      = not("as long as something comes, an answer goes on")
	noWay       = meaning{kind: llm.Unreachable, status: 502}
	late        = meaning{kind: llm.Timeout, status: 504}
	cut         = meaning{kind: llm.Truncated, status: 502}
	unreadable  = meaning{kind: llm.Upstream, status: 502}
	limited     = meaning{kind: llm.RateLimited, status: 429}
	noAnswer    = [3]meaning{noWay, hasHeaders, hasHeaders}
	lateHeaders = [3]meaning{late, hasHeaders, hasHeaders}
	atHeaders   = [3]meaning{unreadable, hasHeaders, hasHeaders}
	broken      = [3]meaning{noWay, cut, cut}
	ended       = [3]meaning{hasNone, cut, cut}
	garbled     = [3]meaning{hasNone, unreadable, unreadable}
	wrongBody   = [3]meaning{hasNone, unreadable, hasContent}
	wrongEnd    = [3]meaning{hasNone, cut, hasContent}
)

var faults = append([]fault{
	// There is no connection.
	{name: "refused", host: func(g *faultGround) string { return g.closed }, means: noAnswer},
	{name: "no such name", host: func(*faultGround) string { return unknownHost }, means: noAnswer},
	{name: "TLS spoken to plain HTTP", host: func(g *faultGround) string { return strings.Replace(g.up.URL, "http:", "https:", 1) }, means: noAnswer},
	{name: "certificate of nobody", host: func(g *faultGround) string { return g.secure.URL }, means: noAnswer},
	{name: "silence in the handshake", host: func(g *faultGround) string { return "https://" + g.silent.Addr().String() }, means: lateHeaders, slow: true},

	// The connection ends.
	{name: "reset", opens: true, play: (*failing).reset, means: broken},
	{name: "hung up", opens: true, play: (*failing).hangUp, means: broken},
	{name: "half a status line", play: func(u *failing) { u.raw("HTTP/1.1 20") }, means: noAnswer},
	{name: "half of the headers", play: func(u *failing) { u.raw("HTTP/1.1 200 OK\r\nContent-Ty") }, means: noAnswer},

	// Nothing comes, or not enough.
	{name: "silence", opens: true, play: (*failing).stall, means: [3]meaning{late, late, cut}, slow: true},
	{name: "headers and silence", play: func(u *failing) { u.open(); u.stall() }, means: [3]meaning{hasNone, late, hasContent}, slow: true},
	{name: "headers that never end", play: (*failing).dripHeaders, means: lateHeaders, slow: true},
	{name: "comments for ever", opens: true, play: (*failing).dripComments, means: [3]meaning{hasNone, late, isNone}, slow: true, form: onlyStreams},
	{name: "a body byte by byte", play: (*failing).dripBody, means: [3]meaning{hasNone, late, isNone}, slow: true, form: onlyWholes},

	// It is not HTTP.
	{name: "another protocol", play: func(u *failing) { u.raw("SSH-2.0-OpenSSH_9.9\r\n") }, means: noAnswer},
	{name: "two lengths", play: func(u *failing) { u.raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n{}") }, means: noAnswer},
	{name: "headers without end", play: func(u *failing) { u.raw("HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("x", 2<<20)) }, means: noAnswer},
	{name: "interim answers for ever", play: (*failing).interim, means: noAnswer},
	{name: "switched protocols", play: func(u *failing) {
		u.raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n")
	}, means: atHeaders},
	{name: "a chunk without length", opens: true, play: (*failing).badChunk, means: [3]meaning{hasNone, cut, cut}},
	{name: "gzip that is none", play: func(u *failing) { u.encodedAs("gzip") }, means: wrongEnd, but: ofAWS(wrongBody), form: onlyWholes},
	{name: "a stream of gzip that is none", play: func(u *failing) { u.encodedAs("gzip") }, means: wrongEnd, form: onlyStreams},
	{name: "an encoding nobody asked for", play: func(u *failing) { u.encodedAs("br") }, means: wrongBody, form: onlyWholes},

	// The answer is none.
	{name: "204", play: func(u *failing) { u.respond(http.StatusNoContent, "", nil) }, means: [3]meaning{unreadable, hasHeaders, hasHeaders}, form: onlyWholes},
	{name: "204 for a stream", play: func(u *failing) { u.respond(http.StatusNoContent, "", nil) }, means: [3]meaning{cut, hasHeaders, hasHeaders}, form: onlyStreams},
	{name: "empty body", play: (*failing).open, means: wrongBody, form: onlyWholes},
	{name: "empty stream", play: (*failing).open, means: wrongEnd, form: onlyStreams},
	{name: "empty JSON for a stream", play: func(u *failing) { u.respond(200, "application/json", nil) }, means: wrongBody, form: onlyStreams},
	{name: "page of HTML", play: func(u *failing) { u.respond(200, "text/html; charset=utf-8", []byte(errorPage)) }, means: wrongBody},
	{name: "plain text", play: func(u *failing) { u.respond(200, "text/plain", []byte(firstWords)) }, means: wrongBody, form: onlyWholes},
	{name: "plain text for a stream", play: func(u *failing) { u.respond(200, u.side.streamType, []byte(firstWords)) }, means: wrongEnd, form: onlyStreams},
	{name: "null", play: func(u *failing) { u.respond(200, "application/json", []byte("null")) }, means: wrongBody},
	{name: "a list", play: func(u *failing) { u.respond(200, "application/json", []byte("[]")) }, means: wrongBody},
	{name: "a JSON text", play: func(u *failing) { u.respond(200, "application/json", []byte(`"`+firstWords+`"`)) }, means: wrongBody},
	{name: "an empty object", play: func(u *failing) { u.respond(200, "application/json", []byte("{}")) }, means: wrongBody, ofAnyForm: true},
	{name: "error in a good answer", play: func(u *failing) { u.respond(200, "application/json", []byte(u.toldBody())) }, means: [3]meaning{hasNone, limited, hasContent}, but: ofAWS([3]meaning{unsaid, unsaid, unsaid}), words: true},
	{name: "a stream for a body", play: func(u *failing) { u.respond(200, "text/event-stream", u.otherForm()) }, means: wrongBody, form: onlyWholes},
	{name: "a stream that is called JSON", play: func(u *failing) { u.respond(200, "application/json", u.answer.all()) }, means: wrongBody, form: onlyStreams},

	{name: "an answer in another dialect", play: (*failing).otherDialect, means: wrongBody, form: onlyWholes, ofAnyForm: true},
	{name: "a stream in another dialect", play: (*failing).otherDialect, means: wrongEnd, form: onlyStreams},
	{name: "two bodies in one", play: func(u *failing) { u.respond(200, "application/json", append(u.answer.all(), u.answer.all()...)) }, means: wrongBody, form: onlyWholes},

	// The answer breaks.
	{name: "shorter than its length", play: (*failing).tooShort, means: wrongEnd, form: onlyWholes},
	{name: "truncated JSON", opens: true, play: (*failing).end, means: wrongBody, form: onlyWholes},
	{name: "ends without its end", opens: true, play: (*failing).end, means: ended, form: onlyStreams},
	{name: "[DONE] that is not true", opens: true, play: func(u *failing) { u.event("data: [DONE]\n\n") }, means: ended, but: map[string][3]meaning{"gemini": garbled}, form: onlyStreams},
	{name: "half an event", opens: true, play: func(u *failing) { _ = u.send(u.half()) }, means: garbled, but: ofAWS(ended), form: onlyStreams},
	{name: "malformed event", opens: true, play: func(u *failing) { u.malformed(`{"oops`) }, means: garbled, form: onlyStreams},
	{name: "error event", opens: true, play: func(u *failing) { u.event(errorEvents[u.side.corpus]) }, means: [3]meaning{hasNone, limited, limited}, but: map[string][3]meaning{"cohere": garbled}, form: onlyStreams, words: true},

	// There is too much of it.
	{name: "opening without end", opens: true, play: func(u *failing) { u.comments(8 << 20) }, means: [3]meaning{hasNone, unreadable, isNone}, form: onlyStreams},
	{name: "event without end", opens: true, play: (*failing).hugeEvent, means: garbled, form: onlyStreams, costly: true},
	{name: "error page without end", play: (*failing).hugeError, means: atHeaders},
}, refusals()...)

// unknownHost has a label that is too long for a name, so that no resolver
// asks anybody.
var unknownHost = "https://" + strings.Repeat("n", 64) + ".example"

const errorPage = "<!DOCTYPE html><html><head><title>" + firstWords + "</title></head><body><h1>502 Bad Gateway</h1></body></html>"

// statusMeanings are the statuses that are no answer, each a fault of its own.
// A client is told what the provider was, but for redirects: they are followed
// by nobody.
var statusMeanings = []struct {
	kind  llm.ErrorKind
	codes []int
}{
	{llm.BadRequest, []int{400, 405, 406, 409, 410, 415, 422, 424, 451}},
	{llm.Credential, []int{401, 403}},
	{llm.Quota, []int{402}},
	{llm.NotFound, []int{404}},
	{llm.TooLarge, []int{413}},
	{llm.RateLimited, []int{429}},
	{llm.Timeout, []int{408, 504, 524}},
	{llm.Upstream, []int{300, 301, 302, 303, 304, 307, 308, 500, 501, 502, 505, 507, 520, 530}},
	{llm.Overloaded, []int{503, 529}},
}

func refusals() []fault {
	var all []fault
	for _, m := range statusMeanings {
		for _, code := range m.codes {
			f := fault{name: fmt.Sprint(code), play: func(u *failing) { u.refuse(code, firstWords) }, means: [3]meaning{{kind: m.kind, status: code}, hasHeaders, hasHeaders}, words: true}
			if code < 400 {
				f.play, f.means[0].status, f.words = func(u *failing) { u.redirect(code) }, http.StatusBadGateway, false
			}
			all = append(all, f)
		}
	}
	tooLong := [3]meaning{{kind: llm.ContextLength, status: 400}, hasHeaders, hasHeaders}
	comeAgain := [3]meaning{{kind: llm.Overloaded, status: 503}, hasHeaders, hasHeaders}
	page := func(u *failing) { u.respond(502, "text/html", []byte(errorPage)) }
	return append(all,
		fault{name: "400 that is too long", play: func(u *failing) { u.refuse(400, firstWords+": prompt is too long") }, means: tooLong, words: true},
		fault{name: "503 with Retry-After", play: (*failing).comeAgain, means: comeAgain, words: true, later: true},
		fault{name: "502 with a page of HTML", play: page, means: atHeaders},
		fault{name: "500 without a body", play: func(u *failing) { u.respond(500, "", nil) }, means: [3]meaning{{kind: llm.Upstream, status: 500}, hasHeaders, hasHeaders}},
		fault{name: "503 in plain text", play: func(u *failing) { u.respond(503, "text/plain", []byte("upstream connect error")) }, means: [3]meaning{{kind: llm.Overloaded, status: 503}, hasHeaders, hasHeaders}},
		fault{name: "500 that is cut", play: (*failing).cutError, means: [3]meaning{{kind: llm.Upstream, status: 500}, hasHeaders, hasHeaders}},
	)
}
