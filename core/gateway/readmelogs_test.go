package gateway_test

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"sluice/core/internal/json"
)

var (
	pathOfCurl = regexp.MustCompile(`localhost:8787([^\s']+)`)
	dataOfCurl = regexp.MustCompile(`-d '([^']*)'`)
	headOfCurl = regexp.MustCompile(`-H '([^:]+): ([^']*)'`)
)

// TestTheReadmeShowsWhatLogsSay plays the commands of the section on logs, one
// after the other. $ID is the first id of the answer before; … is anything.
func TestTheReadmeShowsWhatLogsSay(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n### Logs, feedback and analytics\n")
	_, section, _ = strings.Cut(section, "```sh\n")
	section, _, _ = strings.Cut(section, "```")
	p, id, played := newPlane(t), "", 0
	var answer json.Value
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		if want, ok := strings.CutPrefix(line, "# "); ok {
			played++
			like(t, answer, want)
			continue
		}
		answer = p.curl(strings.ReplaceAll(line, "$ID", id))
		for _, at := range [][]string{{"id"}, {"data", "0", "id"}} {
			if found := json.Unquote(json.Lookup(answer, at...)); found != "" {
				id = found
			}
		}
	}
	if played < 10 {
		t.Errorf("only %d commands were played", played)
	}
}

// curl sends what a command does.
func (p *plane) curl(line string) json.Value {
	p.t.Helper()
	path, data := pathOfCurl.FindStringSubmatch(line), dataOfCurl.FindStringSubmatch(line)
	if path == nil {
		p.t.Fatalf("cannot read %s", line)
	}
	method, body := http.MethodGet, ""
	if data != nil {
		method, body = http.MethodPost, data[1]
	}
	if strings.Contains(line, "-X POST") {
		method = http.MethodPost
	}
	var headers []string
	for _, h := range headOfCurl.FindAllStringSubmatch(line, -1) {
		headers = append(headers, h[1], h[2])
	}
	return p.ok(method, path[1], body, headers...)
}

// like compares an answer with one in which … stands for anything.
func like(t *testing.T, got json.Value, want string) {
	t.Helper()
	pieces := strings.Split(want, "…")
	for i := range pieces {
		pieces[i] = regexp.QuoteMeta(pieces[i])
	}
	if !regexp.MustCompile(`(?s)^` + strings.Join(pieces, ".*") + `$`).Match(got) {
		t.Errorf("got %s, want %s", got, want)
	}
}
