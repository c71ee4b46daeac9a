package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/gateway"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/usage"
)

const (
	deniesApple = `"output_guardrails":[{"id":"g","default.contains":{"operator":"none","words":["Apple"]},"deny":true}]`
	starsPINs   = `"output_mutators":[{"id":"m","default.regexReplace":{"rule":"/[0-9]{4}/g","redactText":"****"}}]`
)

// gatedStream is a stream on its way to a client, with the books of its
// gateway.
type gatedStream struct {
	*http.Response
	side  *matrixSide
	books *books
}

// listens asks, in the dialect of the side, for what an upstream says, guarded
// as config has it.
func (m *matrixSide) listens(t *testing.T, config string, says http.HandlerFunc) *gatedStream {
	t.Helper()
	b := &books{}
	h, err := gateway.New(gateway.Config{Sinks: []usage.Sink{b}, AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	up := httptest.NewServer(says)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, after := core.WithAfter(r.Context())
		h.ServeHTTP(w, r.WithContext(ctx))
		go after.Run(context.WithoutCancel(ctx), nil)
	}))
	t.Cleanup(func() { front.Close(); up.Close() })
	body, ok := m.question(t, m.model, &scenario{stream: true, put: asIs})
	if !ok {
		t.Fatal("no word")
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+m.path(m.model, true), strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Portkey-Config", fmt.Sprintf(`{"provider":"groq","api_key":"k","custom_host":%q,"override_params":{"model":"m"},%s}`, up.URL, config))
	client := front.Client()
	client.Timeout = time.Minute
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return &gatedStream{resp, m, b}
}

// read follows the stream as a client does, and calls first at the first text.
func (s *gatedStream) read(first func()) (text string, end llm.FinishReason, err error) {
	for e, err := range core.Events(s.side.Frames(s.Body, 0), s.side.Out.Raw(nil).DecodeStream()) {
		if err != nil {
			return text, "", err
		}
		switch {
		case e.Kind == llm.EventText && e.Text != "":
			if text == "" && first != nil {
				first()
			}
			text += e.Text
		case e.Kind == llm.EventFinish:
			end = e.Finish.Reason
		}
	}
	return text, end, nil
}

// spells says a text, one character in a chunk. Before what stands behind a bar
// it waits for the client.
func spells(t *testing.T, text string, heard <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		before, behind, waits := strings.Cut(text, "|")
		for _, c := range before {
			write(w, chunk(string(c)))
		}
		if waits {
			_ = http.NewResponseController(w).Flush()
			select {
			case <-heard:
			case <-time.After(30 * time.Second):
				t.Error("the client has read nothing while the upstream goes on")
			}
		}
		for _, c := range behind {
			write(w, chunk(string(c)))
		}
		write(w, chatEnd)
	}
}

// Whatever a client speaks: what no hook can object to goes out while the
// upstream is still speaking.
func TestAGuardedStreamGoesOutWhileItIsJudged(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ config, says, want string }{
		"permitted":            {deniesApple, "An ant 蟻 walks| by. An Appl", "An ant 蟻 walks by. An Appl"},
		"redacted":             {starsPINs, "The PIN 12|34 of 2024.", "The PIN **** of ****."},
		"both":                 {deniesApple + "," + starsPINs, "The PIN of Ann is 12|345", "The PIN of Ann is ****5"},
		"only told":            {`"output_guardrails":[{"id":"g","default.wordCount":{"maxWords":1}}]`, "Many| words", "Many words"},
		"no retry of it":       {deniesApple + `,"retry":{"attempts":3,"on_status_codes":[500]}`, "An ant walks| by", "An ant walks by"},
		"retry, nobody denies": {starsPINs + `,"retry":{"attempts":3}`, "The PIN| 1234", "The PIN ****"},
	} {
		for _, m := range sides() {
			t.Run(name+" for "+m.Name, func(t *testing.T) {
				t.Parallel()
				heard := make(chan struct{})
				s := m.listens(t, tt.config, spells(t, tt.says, heard))
				text, end, err := s.read(func() { close(heard) })
				if s.StatusCode != 200 || text != tt.want || end != llm.FinishStop || err != nil {
					t.Errorf("%d %q %s %v, want %q", s.StatusCode, text, end, err, tt.want)
				}
				if r := s.books.one(t); r.Status != 200 || r.Error != "" || len(r.Guards) == 0 {
					t.Errorf("booked %d %q %+v", r.Status, r.Error, r.Guards)
				}
			})
		}
	}
}

// cutShort are how the dialects end what was cut short. Cohere's has no word
// for it but ERROR, which is read as an error.
var cutShort = map[string]llm.FinishReason{
	"chat": llm.FinishContentFilter, "responses": llm.FinishContentFilter, "gemini": llm.FinishContentFilter, "converse": llm.FinishContentFilter,
	"completions": llm.FinishContentFilter, "messages": llm.FinishRefusal, "invoke": llm.FinishRefusal, "cohere": "",
}

// The beginning has gone out, so that the answer ends as one that a filter has
// cut short, and nothing of the forbidden word is in it.
func TestAForbiddenWordEndsAStreamThatHasBegun(t *testing.T) {
	t.Parallel()
	for _, m := range sides() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			heard := make(chan struct{})
			s := m.listens(t, deniesApple, spells(t, "Take an A|pple a day", heard))
			text, end, err := s.read(func() { close(heard) })
			if s.StatusCode != 200 || text != "Take an " {
				t.Errorf("%d %q", s.StatusCode, text)
			}
			if want := cutShort[m.corpus]; end != want || (err != nil) != (want == "") {
				t.Errorf("ends with %q, %v, want %q", end, err, want)
			}
			r := s.books.one(t)
			if r.Status != 446 || !r.Broken || r.Error != llm.Denied.String() || len(r.Guards) != 1 || !r.Guards[0].Deny || r.Usage == nil {
				t.Errorf("booked %+v", r)
			}
		})
	}
}

// Nothing has gone out, so that the denial is an error as it is of an answer
// that does not stream.
func TestAStreamThatBeginsWithAForbiddenWordIsAnError(t *testing.T) {
	t.Parallel()
	for _, m := range sides() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			s := m.listens(t, `"output_guardrails":[{"id":"g","default.contains":{"operator":"none","words":["Apple"]},"deny":true},{"id":"late","async":true,"default.wordCount":{"maxWords":9}}]`, spells(t, "Apples", nil))
			body, err := io.ReadAll(s.Body)
			if s.StatusCode != 446 || err != nil || strings.Contains(string(body), "Appl") {
				t.Errorf("%d %v %s", s.StatusCode, err, body)
			}
			if got := json.Lookup(body, "hook_results", "after_request_hooks", "0", "deny"); string(got) != "true" {
				t.Errorf("got %s", body)
			}
			if r := s.books.one(t); r.Status != 446 || len(r.Guards) != 2 || len(r.Attempts) != 1 || r.Attempts[0].Usage == nil {
				t.Errorf("booked %+v", r)
			}
		})
	}
}

// A hook that may ask for another attempt sees the whole stream first.
func TestAStreamIsHeldAsLongAsItMayBeTakenBack(t *testing.T) {
	t.Parallel()
	const failsOnApple = `"output_guardrails":[{"id":"g","default.contains":{"operator":"none","words":["Apple"]}}]`
	for name, config := range map[string]string{
		"retry":                    `"retry":{"attempts":1},` + deniesApple,
		"retry of this status":     `"retry":{"attempts":1,"on_status_codes":[446]},` + deniesApple,
		"retry of what only fails": `"retry":{"attempts":1,"on_status_codes":[246]},` + failsOnApple,
	} {
		for _, m := range sides() {
			t.Run(name+" for "+m.Name, func(t *testing.T) {
				t.Parallel()
				a := &guarded{texts: []string{"Take an Apple", "Take a Bat"}}
				text, end, err := m.listens(t, config, a.ServeHTTP).read(nil)
				if text != "Take a Bat" || end != llm.FinishStop || err != nil || a.count() != 2 {
					t.Errorf("%q, %q, %v after %d calls", text, end, err, a.count())
				}
			})
		}
	}
}

func TestAStreamIsHeldAsLongAsAnotherTargetMayStandIn(t *testing.T) {
	t.Parallel()
	for strategy, want := range map[string]string{
		`{"mode":"fallback"}`:                         "Take a Bat",
		`{"mode":"fallback","on_status_codes":[446]}`: "Take a Bat",
		`{"mode":"fallback","on_status_codes":[500]}`: "Take an ",
		`{"mode":"loadbalance","on_break":"fail"}`:    "Take an ",
		`{"mode":"latency","on_status_codes":[446]}`:  "Take a Bat",
		`{"mode":"hedge","delay":9000}`:               "Take a Bat",
		`{"mode":"single"}`:                           "Take an ",
	} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			a := &guarded{texts: []string{"Take an Apple", "Take a Bat"}}
			front, up := serve(t, gateway.Config{}, a.ServeHTTP)
			target := fmt.Sprintf(`{"provider":"groq","api_key":"k","custom_host":%q}`, up.URL)
			chat := &sides()[0]
			got := chat.streams(t, front, fmt.Sprintf(`{"strategy":%s,%s,"targets":[%s,%s]}`, strategy, deniesApple, target, target))
			text, _, err := (&gatedStream{Response: &http.Response{Body: io.NopCloser(strings.NewReader(string(got)))}, side: chat}).read(nil)
			if text != want || err != nil {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
}

// Where one target goes on with the answer of another, a word may lie across
// the place where the first one broke off.
func TestAForbiddenWordIsNotPutTogetherFromTwoTargets(t *testing.T) {
	t.Parallel()
	const atRoot, atTarget = deniesApple + ",", "," + deniesApple
	for name, tt := range map[string]struct {
		root, first, second, want string
		rest                      int // calls of the second target
	}{
		"both are guarded":       {atRoot, "", "", "", 0},
		"the second is guarded":  {"", "", atTarget, "Take an App", 0},
		"the first is guarded":   {"", atTarget, "", "", 0},
		"one is known to nobody": {"", "", "", "Take an Apple a day", 1},
	} {
		for _, m := range sides() {
			t.Run(name+", for "+m.Name, func(t *testing.T) {
				t.Parallel()
				calls := 0
				breaks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "text/event-stream")
					write(w, chunk("Take an App"))
					_ = http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}))
				defer breaks.Close()
				front, goesOn := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) {
					calls++
					w.Header().Set("Content-Type", "text/event-stream")
					write(w, messagesSaying("le a day"))
				})
				config := fmt.Sprintf(`{"strategy":{"mode":"fallback","on_status_codes":[429],"on_break":"continue"},%s"targets":[{"provider":"groq","api_key":"k","custom_host":%q%s},`+
					`{"provider":"anthropic","api_key":"k","custom_host":%q,"override_params":{"model":"claude-sonnet-4-5"}%s}]}`, tt.root, breaks.URL, tt.first, goesOn.URL, tt.second)
				body, _ := m.question(t, m.model, &scenario{stream: true, put: asIs})
				_, got := post(t, front, m.path(m.model, true), string(body), map[string]string{"X-Portkey-Config": config})
				text, _, _ := (&gatedStream{Response: &http.Response{Body: io.NopCloser(strings.NewReader(got))}, side: &m}).read(nil)
				if text != tt.want || calls != tt.rest {
					t.Errorf("%q after %d calls of the second, want %q: %s", text, calls, tt.want, got)
				}
			})
		}
	}
}

// A hook that denies nothing is asked when the answer has gone out, however
// long it takes.
func TestHooksThatOnlyTellDelayNothing(t *testing.T) {
	t.Parallel()
	for _, beside := range []string{"", `,{"id":"g","default.contains":{"operator":"none","words":["Apple"]},"deny":true}`} {
		for _, m := range sides() {
			t.Run(m.Name, func(t *testing.T) {
				t.Parallel()
				ended := make(chan struct{})
				log := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					select {
					case <-ended:
					case <-time.After(30 * time.Second):
						t.Error("the client waits for the log")
					}
				}))
				defer log.Close()
				config := fmt.Sprintf(`"output_guardrails":[{"id":"told","default.log":{"logURL":%q,"timeout":60000}},{"id":"counts","default.wordCount":{"maxWords":1}}%s]`, log.URL, beside)
				s := m.listens(t, config, spells(t, "A bat and a ball", nil))
				text, end, err := s.read(nil)
				close(ended)
				if s.StatusCode != 200 || text != "A bat and a ball" || end != llm.FinishStop || err != nil {
					t.Errorf("%d %q %s %v", s.StatusCode, text, end, err)
				}
				verdicts := map[string]bool{}
				for _, g := range s.books.one(t).Guards {
					verdicts[g.ID] = g.Pass && g.Errors == 0 && !g.Async
				}
				if !verdicts["told"] || verdicts["counts"] || len(verdicts) != 2+strings.Count(beside, "id") {
					t.Errorf("got %v", verdicts)
				}
			})
		}
	}
}

// In a dialect's own words a judged stream keeps what nobody here has heard of.
func TestAGuardedStreamKeepsWhatNobodyKnows(t *testing.T) {
	t.Parallel()
	chat := &sides()[0]
	s := chat.listens(t, deniesApple, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		write(w, chatStream)
	})
	got, err := io.ReadAll(s.Body)
	if err != nil || !strings.Contains(string(got), `"x_unheard_of":{"kept":true}`) || !strings.Contains(string(got), `"finish_reason":"stop"`) || strings.Contains(string(got), "groq") {
		t.Errorf("%v\n%s", err, got)
	}
}
