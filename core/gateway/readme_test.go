package gateway

import (
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
	fence   = regexp.MustCompile("(?s)```jsonc\n(.*?)```")
	title   = regexp.MustCompile(`\*\*(.+?)\*\*`)
	comment = regexp.MustCompile(`(?m)^// (.*)$`)
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
		block, titles := page[at[2]:at[3]], title.FindAllStringSubmatch(page[:at[0]], -1)
		config, _, _ := strings.Cut(block, "\n//")
		lines := comment.FindAllStringSubmatch(block, -1)
		if len(titles) == 0 || len(lines) == 0 {
			t.Fatalf("an example without a title, or without a line that says what happens:\n%s", block)
		}
		t.Run(titles[len(titles)-1][1], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up := &script{}
				h := readmeGateway(t, up)
				for _, l := range lines {
					playLine(t, h, up, config, l[1])
				}
			})
		})
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

// playLine plays one line:
//
//	4 × 60s later: x-tier: gold, "max_tokens": 9 → openai 503 → 2s → anthropic 200 (a remark)
//
// The times, the wait and the request may be missing. A step is a provider and
// what it does; a duration stands for how long the gateway waits before the
// next one. The last step is the one whose answer the client gets, and a
// status alone an answer of the gateway's own.
func playLine(t *testing.T, h http.Handler, up *script, config, line string) {
	t.Helper()
	p := parsePlay(t, line)
	time.Sleep(p.later)
	for range p.times {
		up.begin(p.steps)
		began := time.Now()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, p.request(t, config))
		took := time.Since(began)
		synctest.Wait() // what goes on behind the answer
		up.check(t, line)
		if status := p.status(); w.Code != status {
			t.Errorf("%s: the client got %d %s", line, w.Code, w.Body)
		}
		if want := p.took(); took != want {
			t.Errorf("%s: took %s, want %s", line, took, want)
		}
		if last := p.steps[len(p.steps)-1]; last.provider != "" && last.text == "" && w.Header().Get("X-Portkey-Provider") != last.provider {
			t.Errorf("%s: answered by %q", line, w.Header().Get("X-Portkey-Provider"))
		}
		if p.text != "" && !strings.Contains(spoken(w.Body.String()), p.text) {
			t.Errorf("%s: the client read\n%s", line, w.Body)
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
