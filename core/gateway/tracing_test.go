package gateway_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"sluice/core/gateway"
	"sluice/core/usage"
)

const (
	clientTrace  = "0af7651916cd43dd8448eb211c80319c"
	clientSpan   = "b7ad6b7169203331"
	clientParent = "00-" + clientTrace + "-" + clientSpan + "-01"
)

// seenHeaders are those of the requests that reached an upstream.
type seenHeaders struct {
	mu  sync.Mutex
	all []http.Header
}

func (s *seenHeaders) around(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.all = append(s.all, r.Header)
		s.mu.Unlock()
		next(w, r)
	}
}

// TestEachAttemptIsASpanOfTheClientsTrace: OP-06.
func TestEachAttemptIsASpanOfTheClientsTrace(t *testing.T) {
	t.Parallel()
	b, seen := &books{}, &seenHeaders{}
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, seen.around(pathUpstream))
	resp, _ := ask(t, front, http.MethodPost, "/v1/chat/completions", strings.NewReader(question),
		"Content-Type", "application/json", "X-Portkey-Config", twoTargets(up, "bad", "good"), "X-Portkey-Forward-Headers", "traceparent, tracestate, baggage",
		"Traceparent", clientParent, "Tracestate", "vendor=1", "Baggage", "user=42")
	if got := resp.Header.Get("X-Portkey-Trace-Id"); got != clientTrace {
		t.Errorf("trace id %q", got)
	}
	r := b.one(t)
	if r.Trace != clientTrace || r.Parent != clientSpan || len(r.Span) != 16 || r.Baggage["user"] != "42" || len(r.Attempts) != 2 {
		t.Fatalf("record %+v", r)
	}
	known := map[string]bool{clientSpan: true, r.Span: true}
	for i, h := range seen.all {
		span := r.Attempts[i].Span
		if got := h.Values("Traceparent"); len(got) != 1 || got[0] != "00-"+clientTrace+"-"+span+"-01" || known[span] {
			t.Errorf("attempt %d: %q, span %q", i, got, span)
		}
		known[span] = true
		if h.Get("Tracestate") != "vendor=1" || h.Get("Baggage") != "" {
			t.Errorf("attempt %d: %v", i, h)
		}
	}
}

func TestNoTraceIsMadeUp(t *testing.T) {
	t.Parallel()
	for name, headers := range map[string][]string{
		"none":       {},
		"not valid":  {"Traceparent", "00-" + clientTrace + "-" + clientSpan, "Tracestate", "vendor=1"},
		"of nothing": {"Traceparent", "00-" + strings.Repeat("0", 32) + "-" + clientSpan + "-01"},
		"forwarded":  {"Traceparent", "nonsense", "X-Portkey-Forward-Headers", "traceparent"},
	} {
		for _, path := range []string{"/v1/chat/completions", "/v1/threads"} { // the second is relayed with all its headers
			b, seen := &books{}, &seenHeaders{}
			front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, seen.around(pathUpstream))
			resp, _ := ask(t, front, http.MethodPost, path, strings.NewReader(question),
				append(headers, "Content-Type", "application/json", "X-Portkey-Config", twoTargets(up, "good"))...)
			if id := resp.Header.Get("X-Portkey-Trace-Id"); id == "" || id != resp.Header.Get("X-Sluice-Request-Id") {
				t.Errorf("%s: trace id %q", name, id)
			}
			if r := b.one(t); r.Span != "" || r.Parent != "" || r.Attempts[0].Span != "" {
				t.Errorf("%s: record %+v", name, r)
			}
			if h := seen.all[0]; h.Get("Traceparent") != "" || h.Get("Tracestate") != "" {
				t.Errorf("%s, %s: %v", name, path, h)
			}
		}
	}
}

func TestARelayedRequestIsTracedToo(t *testing.T) {
	t.Parallel()
	b, seen := &books{}, &seenHeaders{}
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, seen.around(pathUpstream))
	ask(t, front, http.MethodPost, "/v1/threads", strings.NewReader(question),
		"Content-Type", "application/json", "X-Portkey-Config", twoTargets(up, "good"), "Traceparent", clientParent, "Baggage", "user=42")
	r := b.one(t)
	if h := seen.all[0]; h.Get("Traceparent") != "00-"+clientTrace+"-"+r.Attempts[0].Span+"-01" || h.Get("Baggage") != "" {
		t.Errorf("%v, span %q", h, r.Attempts[0].Span)
	}
}

func TestTheReferencesNamesOfTracesAndSpansAreRecorded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 257)
	for _, tt := range []struct {
		headers                   []string
		trace, span, parent, name string
	}{
		{[]string{"X-Portkey-Trace-Id", "order-1", "X-Portkey-Span-Id", "s", "X-Portkey-Parent-Span-Id", "p", "X-Portkey-Span-Name", "Größe raten"}, "order-1", "s", "p", "Größe raten"},
		{[]string{"X-Portkey-Trace-Id", "order-1", "Traceparent", clientParent, "X-Portkey-Span-Id", "s", "X-Portkey-Parent-Span-Id", "p"}, "order-1", "s", "p", ""},
		{[]string{"X-Portkey-Trace-Id", long, "X-Portkey-Span-Id", long, "X-Portkey-Span-Name", "\xff"}, "", "", "", ""},
	} {
		b := &books{}
		front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, pathUpstream)
		resp, _ := ask(t, front, http.MethodPost, "/v1/chat/completions", strings.NewReader(question),
			append(tt.headers, "Content-Type", "application/json", "X-Portkey-Config", twoTargets(up, "good"))...)
		want := tt.trace
		if want == "" {
			want = resp.Header.Get("X-Sluice-Request-Id")
		}
		r := b.one(t)
		if r.Trace != want || resp.Header.Get("X-Portkey-Trace-Id") != want || r.Span != tt.span || r.Parent != tt.parent || r.SpanName != tt.name {
			t.Errorf("%q: %q %q %q %q", tt.headers, r.Trace, r.Span, r.Parent, r.SpanName)
		}
	}
}

func TestTheUserOfABodyIsALabelOfTheRecord(t *testing.T) {
	t.Parallel()
	user := func(name string) string { return strings.Replace(question, "{", `{"user":"`+name+`",`, 1) }
	for _, tt := range []struct {
		name, path, body, metadata, want string
	}{
		{"in OpenAI's body", "/v1/chat/completions", user("ada"), "", "ada"},
		{"beside other labels", "/v1/chat/completions", user("ada"), `{"team":"a"}`, "ada"},
		{"the label wins", "/v1/chat/completions", user("ada"), `{"_user":"bob"}`, "bob"},
		{"an empty label, too", "/v1/chat/completions", user("ada"), `{"_user":""}`, ""},
		{"too long", "/v1/chat/completions", user(strings.Repeat("é", 200)), "", strings.Repeat("é", 128)},
		{"no text", "/v1/chat/completions", strings.Replace(question, "{", `{"user":{"a":1},`, 1), "", ""},
		{"not OpenAI's", "/v1/messages", user("ada"), "", ""},
	} {
		b := &books{}
		front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, chatUpstream)
		headers := []string{"Content-Type", "application/json", "X-Portkey-Config", twoTargets(up, "good")}
		if tt.metadata != "" {
			headers = append(headers, "X-Portkey-Metadata", tt.metadata)
		}
		ask(t, front, http.MethodPost, tt.path, strings.NewReader(tt.body), headers...)
		r := b.one(t)
		if got := r.Metadata["_user"]; got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if strings.Contains(tt.metadata, "team") && r.Metadata["team"] != "a" {
			t.Errorf("%s: %v", tt.name, r.Metadata)
		}
	}
}
