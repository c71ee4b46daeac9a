package guard_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/core/guard"
	"sluice/core/internal/httpx"
	"sluice/core/internal/json"
)

// web has a page, a redirect to it, one to itself, and one to another scheme.
func web(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/page", "/路", "/Go_(game)":
	case "/moved":
		w.Header().Set("Location", "/page")
		w.WriteHeader(301)
	case "/round":
		w.Header().Set("Location", "/round")
		w.WriteHeader(302)
	case "/file":
		w.Header().Set("Location", "file:///etc/passwd")
		w.WriteHeader(302)
	default:
		w.WriteHeader(404)
	}
}

func TestValidURLs(t *testing.T) {
	t.Parallel()
	const id = "default.validUrls"
	runRows(t, answering(web), []row{
		{name: "pass", id: id, text: "See https://a.example/page and (http://b.example/page).", pass: true,
			data: `{"verdict":true,"not":false,"explanation":"All URLs are valid (2 found).","validUrls":["https://a.example/page","http://b.example/page"],"invalidUrls":[],"validationMethod":"HTTP request"}`},
		{name: "fail", id: id, text: "https://a/page https://a/other https://a/page", data: `{"explanation":"Some URLs are invalid (1 of 2 failed).","validUrls":["https://a/page"],"invalidUrls":["https://a/other"]}`},
		{name: "not", id: id, params: `{"not":true}`, text: "https://a/other", pass: true},
		{name: "no URL", id: id, text: "no link", data: `{"urls":[],"not":false,"validationMethod":"HTTP request","textExcerpt":"no link"}`},
		{name: "no URL, not", id: id, params: `{"not":true}`, text: "no link", pass: true},
		{name: "redirect", id: id, text: "https://a/moved", pass: true},
		{name: "redirect without end", id: id, text: "https://a/round"},
		{name: "redirect to a file", id: id, text: "https://a/file"},
		{name: "brackets within", id: id, text: "(https://a/Go_(game))", pass: true},
		{name: "markdown", id: id, text: "[here](https://a/page), **https://b/page**", pass: true},
		{name: "Chinese", id: id, text: "请看《https://a/page》，还有https://b/路。", pass: true, data: `{"validUrls":["https://a/page","https://b/路"]}`},
		{name: "Japanese", id: id, text: "詳しくは「https://a/page」をご覧ください。https://b/other。", data: `{"validUrls":["https://a/page"],"invalidUrls":["https://b/other"]}`},
		{name: "no host", id: id, text: "http:///page"},
		{name: "empty", id: id, err: "empty"},
		{name: "too many", id: id, text: many(65), err: "more than 64"},
		{name: "long", id: id, text: long("word ") + "https://a/page", pass: true},
		{name: "long URL", id: id, text: "https://a/" + long(")")},
	})
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "https://a/%d ", i)
	}
	return b.String()
}

func TestURLsAreAskedPlainly(t *testing.T) {
	t.Parallel()
	e, h := replying(200, "")
	if v, err := makeCheck(t, e, "default.validUrls", "").Check(t.Context(), said("https://me:pass@a.example/x?q=1")); err != nil || !v.Pass {
		t.Fatal(v, err)
	}
	if h.method != http.MethodHead || h.header.Get("User-Agent") != "URLValidator/1.0" || h.header.Get("Authorization") != "" || h.url != "https://a.example/x?q=1" {
		t.Errorf("%+v", h)
	}
}

func TestURLsAreAskedAFewAtATime(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	e := answering(func(http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
	})
	if v, err := makeCheck(t, e, "default.validUrls", "").Check(t.Context(), said(many(64))); err != nil || !v.Pass || most.Load() > 8 || most.Load() < 2 {
		t.Errorf("%d at once, %v", most.Load(), err)
	}
}

// A model cannot make us look into our own network.
func TestURLsInPrivateNetworksAreNotAsked(t *testing.T) {
	t.Parallel()
	g, err := httpx.NewGuard(httpx.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	e := guard.Env{HTTP: httpx.NewClient(&http.Transport{DialContext: g.DialContext})}
	v, err := makeCheck(t, e, "default.validUrls", "").Check(t.Context(), said("http://127.0.0.1:1/ http://169.254.169.254/latest http://[::1]/ http://192.168.0.1/"))
	if err != nil || v.Pass || len(names(v.Data, "invalidUrls")) != 4 {
		t.Errorf("%s, %v", v.Data, err)
	}
}

func names(data json.Value, member string) []json.Value {
	list, _ := json.Elements(json.ObjectOf(data).Get(member))
	return list
}

func TestURLsByDNSOnly(t *testing.T) {
	t.Parallel()
	e := guard.Env{
		HTTP: answering(func(http.ResponseWriter, *http.Request) { t.Error("nobody is to be asked") }).HTTP,
		LookupHost: func(_ context.Context, host string) ([]string, error) {
			return map[string][]string{"a.example": {"93.184.216.34"}, "v6.example": {"2606:2800:220:1::1"}, "inside.example": {"10.0.0.1", "::1", "169.254.169.254", "100.64.0.1", "192.0.2.7", "64:ff9b::a00:1", "::ffff:192.168.0.1", "fd00::1", "0.0.0.0", "x"}}[host], nil
		},
	}
	runRows(t, e, []row{
		{name: "pass", id: "default.validUrls", params: `{"onlyDNS":true}`, text: "https://a.example/x https://v6.example", pass: true, data: `{"validationMethod":"DNS lookup"}`},
		{name: "unknown", id: "default.validUrls", params: `{"onlyDNS":true}`, text: "https://none.example/x"},
		{name: "private", id: "default.validUrls", params: `{"onlyDNS":true}`, text: "https://inside.example/x"},
	})
	e.LookupHost = func(context.Context, string) ([]string, error) { return nil, errors.New("no such host") }
	runRows(t, e, []row{{name: "error", id: "default.validUrls", params: `{"onlyDNS":true}`, text: "https://a.example/x"}})
}

func TestURLsByDNSOverHTTPS(t *testing.T) {
	t.Parallel()
	e, h := replying(200, `{"Status":0,"Answer":[{"data":"1.2.3.4"}]}`)
	const params = `{"onlyDNS":true,"dnsUrl":"https://1.1.1.1/dns-query"}`
	v, err := makeCheck(t, e, "default.validUrls", params).Check(t.Context(), said("https://a.example/x?secret"))
	if err != nil || !v.Pass || h.url != "https://1.1.1.1/dns-query?name=a.example" || h.header.Get("Accept") != "application/dns-json" {
		t.Errorf("%v, %+v", err, h)
	}
	for _, answer := range []string{`{"Status":3}`, `{"Status":0,"Answer":[]}`, `x`} {
		e, _ = replying(200, answer)
		if v, err := makeCheck(t, e, "default.validUrls", params).Check(t.Context(), said("https://a.example/x")); err != nil || v.Pass {
			t.Errorf("%s: %v", answer, err)
		}
	}
	if _, faults := tryCheck(t, e, "default.validUrls", `{"dnsUrl":"1.1.1.1","onlyDNS":1}`); len(faults) != 2 {
		t.Errorf("faults %v", faults)
	}
}
