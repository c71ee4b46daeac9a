package gateway

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"sluice/core/internal/json"
)

// A play is one line of an example.
type play struct {
	times     int
	later     time.Duration // passes before the request
	header    map[string]string
	members   []json.Edit // of the request's body
	steps     []step
	reads     string // what the client reads, streamed
	continued bool   // one provider goes on from another's answer
}

// A step is one call of a provider, or the gateway's own answer.
type step struct {
	wait     time.Duration // since the step before
	provider string
	status   int
	after    time.Duration // until it answers
	header   http.Header
	text     string // of the answer
	breaks   bool   // the stream, behind the text
	got, not string // in the body that it was sent
}

var (
	timesRE  = regexp.MustCompile(`^(\d+) × `)
	laterRE  = regexp.MustCompile(`^(\w+) later: `)
	remarkRE = regexp.MustCompile(`\s+\(.*\)$`)
	stepRE   = regexp.MustCompile(`^(?:([a-z-]+) )?(\d{3}|says "[^"]*"|gets .*?|gets no .*?)((?:,| after| and breaks).*)?$`)
	afterRE  = regexp.MustCompile(` after (\w+)`)
	headerRE = regexp.MustCompile(`, ([a-z-]+): ([^,]+)`)
	sharesRE = regexp.MustCompile(`(\d+) % ([a-z-]+)(?: after (\w+))?`)

	pathRE   = regexp.MustCompile(`localhost:8787(/\S+)`)
	dataRE   = regexp.MustCompile(`-d '([^']*)'`)
	optionRE = regexp.MustCompile(`-H '([^:]+): ([^']*)'`)
)

func parsePlay(t *testing.T, line string) play {
	t.Helper()
	p := play{times: 1, header: map[string]string{}}
	line = remarkRE.ReplaceAllString(line, "")
	if m := timesRE.FindStringSubmatch(line); m != nil {
		p.times, line = number(t, m[1]), line[len(m[0]):]
	}
	if m := laterRE.FindStringSubmatch(line); m != nil {
		p.later, line = duration(t, m[1]), line[len(m[0]):]
	}
	parts := strings.Split(line, " → ")
	if strings.HasPrefix(parts[0], "x-") || strings.HasPrefix(parts[0], `"`) {
		p.ask(parts[0])
		parts = parts[1:]
	}
	var wait time.Duration
	for _, part := range parts {
		if d, err := time.ParseDuration(part); err == nil {
			wait = d
			continue
		}
		if text, ok := strings.CutPrefix(part, "the client reads "); ok {
			p.reads, p.continued = strings.Trim(text, `"`), len(p.steps) > 1
			continue
		}
		s := parseStep(t, line, part)
		s.wait, wait = wait, 0
		p.steps = append(p.steps, s)
	}
	if len(p.steps) == 0 {
		t.Fatalf("nothing happens in %q", line)
	}
	return p
}

// ask reads what is special about a request: a header, or members of its body.
func (p *play) ask(text string) {
	if strings.HasPrefix(text, `"`) {
		for _, m := range json.ObjectOf(json.Value("{" + text + "}")) {
			p.members = append(p.members, json.Edit{Name: m.Name, Value: m.Value})
		}
		return
	}
	name, value, _ := strings.Cut(text, ": ")
	p.header[name] = value
}

func parseStep(t *testing.T, line, text string) step {
	t.Helper()
	m := stepRE.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("cannot read %q in %q", text, line)
	}
	s := step{provider: m[1], status: http.StatusOK, header: http.Header{}}
	switch what := m[2]; {
	case strings.HasPrefix(what, "says "):
		s.text = strings.Trim(what[len("says "):], `"`)
	case strings.HasPrefix(what, "gets no "):
		s.not = what[len("gets no "):]
	case strings.HasPrefix(what, "gets "):
		s.got = what[len("gets "):]
	default:
		s.status = number(t, what)
	}
	if a := afterRE.FindStringSubmatch(m[3]); a != nil {
		s.after = duration(t, a[1])
	}
	for _, h := range headerRE.FindAllStringSubmatch(m[3], -1) {
		s.header.Set(h[1], h[2])
	}
	s.breaks = strings.Contains(m[3], "and breaks")
	return s
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func duration(t *testing.T, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// request makes the line's request of what the example asks: a config, or a
// line of curl.
func (p play) request(t *testing.T, ask string) *http.Request {
	if strings.HasPrefix(ask, "curl ") {
		return curl(t, ask)
	}
	body, err := json.Splice([]byte(`{"model":"gpt-4o","max_tokens":200,"messages":[{"role":"user","content":"Hi"}]}`), p.members...)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Portkey-Config", ask)
	for name, value := range p.header {
		r.Header.Set(name, value)
	}
	return r
}

func curl(t *testing.T, line string) *http.Request {
	path, body := pathRE.FindStringSubmatch(line), dataRE.FindStringSubmatch(line)
	if path == nil || body == nil {
		t.Fatalf("cannot read %s", line)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path[1], strings.NewReader(body[1]))
	for _, h := range optionRE.FindAllStringSubmatch(line, -1) {
		r.Header.Set(h[1], h[2])
	}
	return r
}

// took is how long the client waits: until the last provider was called, and
// for its answer.
func (p play) took() time.Duration {
	var d time.Duration
	for _, s := range p.steps {
		d += s.wait
	}
	return d + p.steps[len(p.steps)-1].after
}
