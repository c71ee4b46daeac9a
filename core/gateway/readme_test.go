package gateway

import (
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/internal/httpx"
	"sluice/core/internal/json"
	"sluice/core/provider"
)

var (
	fence   = regexp.MustCompile("(?s)```(jsonc|sh)\n(.*?)```")
	title   = regexp.MustCompile(`\*\*(.+?)\*\*`)
	comment = regexp.MustCompile(`(?m)^(?://|#) (.*)$`)
)

// routingPage is the section of the README that is about routing.
func routingPage(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, page, ok := strings.Cut(string(b), "\n### Routing\n")
	if !ok {
		t.Fatal("the README has no section on routing")
	}
	page, _, _ = strings.Cut(page, "\n### ")
	return page
}

// TestTheExamplesOfTheReadmeDoWhatItSays plays every example of the section on
// routing. Each line of comment below a config is a request, with what the
// providers answer and what comes of it. Requests of one example follow each
// other through one gateway. Time is virtual.
func TestTheExamplesOfTheReadmeDoWhatItSays(t *testing.T) {
	t.Parallel()
	page := routingPage(t)
	for _, at := range fence.FindAllStringSubmatchIndex(page, -1) {
		block, titles := page[at[4]:at[5]], title.FindAllStringSubmatch(page[:at[0]], -1)
		ask, _, _ := strings.Cut(strings.ReplaceAll(block, "\n#", "\n//"), "\n//")
		lines := comment.FindAllStringSubmatch(block, -1)
		if len(titles) == 0 || len(lines) == 0 {
			t.Fatalf("an example without a title, or without a line that says what happens:\n%s", block)
		}
		t.Run(titles[len(titles)-1][1], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up := &script{}
				e := &example{ask: ask, gateway: readmeGateway(t, up), up: up}
				for _, l := range lines {
					e.line(t, l[1])
				}
			})
		})
	}
}

// TestNoPartOfRoutingIsWithoutAnExample names what a config can say.
func TestNoPartOfRoutingIsWithoutAnExample(t *testing.T) {
	t.Parallel()
	examples := strings.Join(fence.FindAllString(routingPage(t), -1), "\n")
	for _, name := range []string{
		`"mode": "fallback"`, `"mode": "loadbalance"`, `"mode": "conditional"`, `"mode": "latency"`, `"mode": "cost"`, `"mode": "hedge"`,
		`"on_status_codes"`, `"retry"`, `"timeouts"`, `"cb_config"`, `"sticky"`, `"on_break"`, `"override_params"`, `"default_params"`, `"drop_params"`, `x-sluice-explain: true`,
	} {
		if !strings.Contains(examples, name) {
			t.Errorf("no example of %s", name)
		}
	}
}

func readmeGateway(t *testing.T, up *script) http.Handler {
	t.Helper()
	guard, err := httpx.NewGuard(httpx.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	env := func(name string) string {
		if strings.HasSuffix(name, "_API_KEY") {
			return "operators-key"
		}
		return ""
	}
	h, err := assemble(Config{Keyring: &provider.Keyring{Env: env}}, guard, up)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// An example is a config, or a request by curl, and the gateway that its lines
// are played through.
type example struct {
	ask     string
	gateway http.Handler
	up      *script
	last    *httptest.ResponseRecorder
}

func (e *example) line(t *testing.T, line string) {
	t.Helper()
	switch name, value, _ := strings.Cut(line, ": "); {
	case strings.HasPrefix(name, "x-sluice-") && !strings.Contains(line, " → "):
		if got := e.last.Header().Get(name); got != value {
			t.Errorf("%s is %s, want %s", name, got, value)
		}
	case sharesRE.MatchString(line):
		e.shares(t, line)
	default:
		e.play(t, line)
	}
}

func (e *example) send(t *testing.T, p play) {
	t.Helper()
	e.last = httptest.NewRecorder()
	e.gateway.ServeHTTP(e.last, p.request(t, e.ask))
}

// play plays one line:
//
//	4 × 60s later: x-tier: gold → openai 503 → 2s → anthropic 200 (a remark)
//
// The times, the wait and the request may be missing. A step is a provider and
// what it does; a duration is how long the gateway waits before the next one.
// The last step is what the client gets: a provider's answer, or a status of
// the gateway's own.
func (e *example) play(t *testing.T, line string) {
	t.Helper()
	p := parsePlay(t, line)
	time.Sleep(p.later)
	for range p.times {
		e.up.begin(p.steps)
		began := time.Now()
		e.send(t, p)
		if took, want := time.Since(began), p.took(); took != want {
			t.Errorf("%s: took %s, want %s", line, took, want)
		}
		synctest.Wait() // for what goes on behind the answer
		e.up.check(t, line)
		last := p.steps[len(p.steps)-1]
		if e.last.Code != last.status {
			t.Errorf("%s: the client got %d %s", line, e.last.Code, e.last.Body)
		}
		if got := e.last.Header().Get("X-Portkey-Provider"); last.provider != "" && !p.continued && got != last.provider {
			t.Errorf("%s: answered by %q", line, got)
		}
		if !strings.Contains(spoken(e.last.Body.String()), p.reads) {
			t.Errorf("%s: the client read\n%s", line, e.last.Body)
		}
	}
}

// shares plays a line such as "75 % openai, 25 % groq". A share may be off by
// five standard deviations of 2,000 draws, which one run in a million is.
func (e *example) shares(t *testing.T, line string) {
	t.Helper()
	const n = 2000
	calls, delays := map[string]int{}, map[string]time.Duration{}
	for _, m := range sharesRE.FindAllStringSubmatch(line, -1) {
		if m[3] != "" {
			delays[m[2]] = duration(t, m[3])
		}
	}
	for range n {
		e.up.whoever(delays)
		e.send(t, play{})
		calls[e.last.Header().Get("X-Portkey-Provider")]++
	}
	for _, m := range sharesRE.FindAllStringSubmatch(line, -1) {
		p := float64(number(t, m[1])) / 100
		if got := float64(calls[m[2]]) / n; math.Abs(got-p) > 5*math.Sqrt(p*(1-p)/n) {
			t.Errorf("%s: %s had %.3f", line, m[2], got)
		}
	}
}

// spoken is the text of a stream of chunks.
func spoken(stream string) string {
	var b strings.Builder
	for line := range strings.Lines(stream) {
		if data, ok := strings.CutPrefix(line, "data: {"); ok {
			b.WriteString(json.Unquote(json.Lookup(json.Value("{"+data), "choices", "0", "delta", "content")))
		}
	}
	return b.String()
}
