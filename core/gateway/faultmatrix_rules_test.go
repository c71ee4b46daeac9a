package gateway_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/usage"
)

// A result is how a cell has to end.
type result int

const (
	answered      result = iota // by the second target, as if there had been no first
	refused                     // with an error, before anything else
	refusedInside               // with an error in a stream that has been opened
	brokenUp                    // in the middle of the first target's answer
	continued                   // by the second target, where the first one broke off
)

// want is the rule of the matrix. Until the first content has come, any
// failure is a reason to move on, if the config allows it for the status that
// the client would see; after it nobody else can answer, and nothing may look
// as if the answer were whole, unless the client has asked for it to be
// continued.
func (c *faultCell) want() result {
	switch {
	case c.route == goesOn:
		return continued
	case c.at == afterContent:
		return brokenUp
	case c.route == falls || c.route == onList || c.route == fallsOpened:
		return answered
	case c.route == aloneOpened:
		return refusedInside
	}
	return refused
}

// status is the one that the client of a refused call sees.
func (c *faultCell) status() int { return c.meaning().status }

// option is the target that answered or failed last.
func (c *faultCell) option() string {
	switch {
	case c.route == alone || c.route == aloneOpened:
		return "config"
	case c.want() == answered, c.want() == continued:
		return "config.targets[1]"
	}
	return "config.targets[0]"
}

// checkAnswer wants one whole answer, of the second target alone.
func (c *faultCell) checkAnswer(t *testing.T, resp *http.Response, body []byte) {
	s := &scenarios[0]
	if c.stream {
		s = &scenarios[1]
	}
	own := *resp
	own.Body = io.NopCloser(bytes.NewReader(body))
	c.client.check(t, &own, s)
	if got := headerText(resp.Header) + string(body); strings.Contains(got, firstMark) {
		t.Errorf("the answer has something of the first target:\n%s", got)
	}
}

// checkRefusal wants an error in the client's own form.
func (c *faultCell) checkRefusal(t *testing.T, resp *http.Response, body []byte) {
	e := c.client.Out.Raw(nil).DecodeError(resp.StatusCode, resp.Header, body)
	if resp.StatusCode != c.status() || e.Message == "" || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %s %s, want %d", resp.StatusCode, resp.Header.Get("Content-Type"), body, c.status())
	}
	for _, path := range errorForms[c.client.corpus] {
		if json.Lookup(body, strings.Split(path, ".")...) == nil {
			t.Errorf("the error has no %s: %s", path, body)
		}
	}
	if words := strings.Contains(e.Message, firstWords); words != c.fault.words {
		t.Errorf("the error has the target's words: %t, want %t: %s", words, c.fault.words, body)
	}
	if later := resp.Header.Get("Retry-After"); (later == "7") != c.fault.later {
		t.Errorf("Retry-After is %q", later)
	}
}

// errorForms are the members that clients of a dialect look for in an error.
var errorForms = map[string][]string{
	"chat":        {"error.message", "error.type", "error.code"},
	"responses":   {"error.message", "error.type", "error.code"},
	"messages":    {"type", "error.type", "error.message"},
	"gemini":      {"error.code", "error.message", "error.status"},
	"converse":    {"message"},
	"invoke":      {"message"},
	"completions": {"error.message", "error.type", "error.code"},
	"cohere":      {"message"},
}

// checkBroken wants what has come, then an error in the client's form, and
// nothing behind it: no reason why the answer ended, no proper end, and no
// second answer.
func (c *faultCell) checkBroken(t *testing.T, resp *http.Response, body []byte, text string) {
	var events []llm.Event
	var failure error
	var told []byte // the event that tells it
	var got strings.Builder
	dec := c.client.Out.Raw(nil).DecodeStream()
	for f, err := range c.client.Frames(bytes.NewReader(body), 0) {
		if failure != nil && !bytes.Contains(told, f.Data) { // Gemini's stands twice, in two forms
			t.Errorf("behind the error stands %q", f.Data)
		}
		if err == nil && failure == nil {
			events, err = dec.Decode(events[:0], f)
		}
		if err != nil && failure == nil {
			failure, told = err, bytes.Clone(f.Raw)
		}
		for _, e := range events {
			if e.Kind == llm.EventText {
				got.WriteString(e.Text)
			}
			if e.Kind == llm.EventFinish || e.Kind == llm.EventDone {
				t.Error("the answer looks as if it were whole")
			}
		}
		events = events[:0]
	}
	e, ok := errors.AsType[*llm.Error](failure)
	if !ok || e.Message == "" || resp.StatusCode != http.StatusOK {
		t.Fatalf("%d, ended by %v, want an error event\n%s", resp.StatusCode, failure, body)
	}
	if got.String() != text {
		t.Errorf("the text is %q, want %q", got.String(), text)
	}
	if words := strings.Contains(e.Message, firstWords); words != c.fault.words {
		t.Errorf("the error has the target's words: %t, want %t: %s", words, c.fault.words, e.Message)
	}
}

// checkContinued wants one whole answer, of both targets.
func (c *faultCell) checkContinued(t *testing.T, resp *http.Response, body []byte, begun string) {
	answer, err := c.client.collect(body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %v\n%s", resp.StatusCode, err, body)
	}
	if got := begun + matrixText; len(answer.Choices) != 1 || answer.Choices[0].Finish.Reason != llm.FinishStop || textOf(answer) != got {
		t.Errorf("the answer is %q, want %q\n%s", textOf(answer), got, body)
	}
}

// checkRecord wants the failure, by its kind, in what is written down.
func (c *faultCell) checkRecord(t *testing.T, r *usage.Record) {
	kind := c.meaning().kind.String()
	attempts, failure, first := 1, kind, kind
	switch c.want() {
	case answered:
		attempts, failure = 2, ""
	case continued:
		attempts, failure, first = 2, "", ""
	case brokenUp:
		first = "" // it was committed
	}
	if r.Error != failure || r.Broken != (c.want() == brokenUp) || r.Option != c.option() {
		t.Errorf("recorded as %q (%s), broken %t, at %s; want %q, %t, %s", r.Error, r.Reason, r.Broken, r.Option, failure, c.want() == brokenUp, c.option())
	}
	if len(r.Attempts) != attempts || r.Attempts[0].Kind != first {
		t.Errorf("attempts are recorded as %+v, want %d, the first of them as %q", r.Attempts, attempts, first)
	}
	noCanary(t, "the record", []byte(r.Reason))
}

func headerText(h http.Header) string {
	var b strings.Builder
	_ = h.Write(&b)
	return b.String()
}
