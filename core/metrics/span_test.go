package metrics

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/core/internal/w3c"
	"sluice/core/usage"
)

func TestARequestIsATraceWithASpanForEachAttempt(t *testing.T) {
	t.Parallel()
	spans := newCollector(t).one(t, map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test%20bed", "OTEL_SERVICE_NAME": "gate"}, streamed())
	if len(spans) != 5 {
		t.Fatalf("%d spans", len(spans))
	}
	root := spans[0]
	if root.Name != "chat claude-sonnet-4-5" || root.Kind != kindServer || root.ParentSpanID != "" || root.Status.Code != 0 {
		t.Errorf("the request is %+v", root)
	}
	for key, want := range map[string]string{
		OperationName: "chat", ProviderName: "aws.bedrock", RequestModel: "claude-sonnet-4-5", ResponseModel: "claude", InputTokens: "1000", OutputTokens: "30",
		CacheRead: "800", CacheCreation: "100", "http.response.status_code": "200", ErrorType: "", Cost: "1.23470289", FirstContent: "1", CacheResult: "miss",
		RequestID: "req-1", Workspace: "acme", Key: "default", "sluice.user": "ada", "sluice.metadata.team": "blue", ClientDialect: "anthropic", "sluice.stream": "true",
	} {
		if got := get(root.Attributes, key); got != want {
			t.Errorf("%s of the request is %q, want %q", key, got, want)
		}
	}
	for key, want := range map[string]string{"service.name": "gate", "service.version": "1.2.3", "deployment.environment.name": "test bed"} {
		if got := get(root.Resource, key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	ids := []string{root.SpanID}
	for i, want := range []struct {
		name, provider, err string
		began, ended        time.Duration
		code                int
		input, cost         string
	}{
		{"chat claude-sonnet-4-5", "anthropic", "overloaded", time.Millisecond, 101 * time.Millisecond, 2, "", ""},
		{"chat claude-sonnet-4-5", "anthropic", "overloaded", 600 * time.Millisecond, 700 * time.Millisecond, 2, "", ""},
		{"chat claude", "aws.bedrock", "", 700 * time.Millisecond, 2500 * time.Millisecond, 0, "1000", "1.23456789"}, // to the end of its answer
		{"chat gpt-4o", "openai", "", 700 * time.Millisecond, time.Second, 0, "50", "0.000135"},
	} {
		s := spans[i+1]
		began, ended := s.times(t)
		if s.Name != want.name || get(s.Attributes, ProviderName) != want.provider || get(s.Attributes, ErrorType) != want.err || began != want.began || ended != want.ended ||
			s.Status.Code != want.code || s.Kind != kindClient || get(s.Attributes, InputTokens) != want.input || get(s.Attributes, Cost) != want.cost {
			t.Errorf("attempt %d is %+v, from %s to %s; want %+v", i, s, began, ended, want)
		}
		if s.TraceID != root.TraceID || s.ParentSpanID != root.SpanID || slices.Contains(ids, s.SpanID) {
			t.Errorf("attempt %d is not below the request: %+v", i, s)
		}
		ids = append(ids, s.SpanID)
	}
}

// TestTheClientsTraceparentIsTheParent: OP-06. The gateway's span is below the
// client's and above those that providers were told of.
func TestTheClientsTraceparentIsTheParent(t *testing.T) {
	t.Parallel()
	r := streamed()
	r.Sender = w3c.ParentOf(http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}})
	r.Trace, r.Span, r.SpanName, r.Attempts[0].Span = "a name of the client", "00f067aa0ba902b7", "ask Claude", "1111111111111111"
	spans := newCollector(t).one(t, nil, r)
	root, attempt := spans[0], spans[1]
	if root.TraceID != "0af7651916cd43dd8448eb211c80319c" || root.ParentSpanID != "b7ad6b7169203331" || root.SpanID != "00f067aa0ba902b7" || root.Name != "ask Claude" {
		t.Errorf("the request is %+v", root)
	}
	if attempt.TraceID != root.TraceID || attempt.ParentSpanID != root.SpanID || attempt.SpanID != "1111111111111111" {
		t.Errorf("the attempt is %+v", attempt)
	}
	if got := get(root.Attributes, TraceLabel); got != "a name of the client" {
		t.Errorf("the client's own name of the trace is %q", got)
	}
}

func TestWhatIsNotSampledIsNotSent(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	o, _ := c.exporter(t, nil)
	r := streamed()
	r.Sender = w3c.ParentOf(http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}})
	sink(t, o, r)
	if len(c.traces) != 0 || o.Failures() != 0 {
		t.Errorf("%d traces, %d failures", len(c.traces), o.Failures())
	}
}

// TestTracesHaveIDsWithoutATraceparent: those of the reference's headers are
// any text, and requests that name the same one are one trace.
func TestTracesHaveIDsWithoutATraceparent(t *testing.T) {
	t.Parallel()
	with := func(id, trace, parent string) *usage.Record {
		r := refused()
		r.ID, r.Trace, r.Parent = id, trace, parent
		return r
	}
	of := func(r *usage.Record) wireSpan { return newCollector(t).one(t, nil, r)[0] }
	a, b, other := of(with("1", "session 7", "")), of(with("2", "session 7", "0123456789abcdef")), of(with("3", "session 8", "a name"))
	if a.TraceID != b.TraceID || a.SpanID == b.SpanID || a.TraceID == other.TraceID {
		t.Errorf("%+v\n%+v\n%+v", a, b, other)
	}
	if b.ParentSpanID != "0123456789abcdef" || other.ParentSpanID != "" {
		t.Errorf("parents %q and %q", b.ParentSpanID, other.ParentSpanID)
	}
	if uuid := of(with("4", "019CB6F7-0b51-7000-8000-00000000abcd", "")); uuid.TraceID != "019cb6f70b517000800000000000abcd" {
		t.Errorf("a UUID became %s", uuid.TraceID)
	}
	if again := of(with("1", "session 7", "")); again.SpanID != a.SpanID {
		t.Error("the same record has another span")
	}
	if a.Status.Code != 2 || get(a.Attributes, ErrorType) != "unauthenticated" {
		t.Errorf("a refusal is %+v", a)
	}
}

// TestNoContentIsToldUnlessAskedFor: OP-06. Neither bodies nor what providers
// write in errors, which may quote them.
func TestNoContentIsToldUnlessAskedFor(t *testing.T) {
	t.Parallel()
	const secret = "what nobody else shall read"
	r := streamed()
	r.Exchange = &usage.Exchange{Body: usage.Body{Type: "application/json", Bytes: []byte(secret)}, Response: usage.Body{Type: "text/event-stream", Bytes: []byte(strings.Repeat("é", maxBody))}}
	r.Attempts[0].Error, r.Reason = secret, secret
	for _, content := range []string{"", "true"} {
		spans := newCollector(t).one(t, map[string]string{"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": content}, r)
		var told []string
		for _, s := range spans {
			for _, a := range s.Attributes {
				if strings.Contains(a.Value.StringValue, secret) {
					told = append(told, a.Key)
				}
			}
		}
		if content == "" && told != nil || content != "" && !slices.Equal(told, []string{"sluice.request.body"}) {
			t.Errorf("switch %q: told in %q", content, told)
		}
		if answer := get(spans[0].Attributes, "sluice.response.body"); (answer != "") != (content != "") || len(answer) > maxBody {
			t.Errorf("switch %q: %d bytes of the answer", content, len(answer))
		}
	}
}

func TestTextsOfClientsAreBoundedInTraces(t *testing.T) {
	t.Parallel()
	r := streamed()
	long := strings.Repeat("é", 10_000)
	r.Asked, r.Model, r.Request, r.Trace, r.User, r.SpanName = long, long, long, long, long, long
	r.Metadata, r.Dropped = map[string]string{long: long}, []string{long, long}
	for i := range 2 * maxLabels {
		r.Metadata[strings.Repeat("m", i+1)] = "v"
	}
	for _, s := range newCollector(t).one(t, nil, r) {
		labels := 0
		for _, a := range s.Attributes {
			if len(a.Value.StringValue) > maxText || len(a.Key) > maxText+len("sluice.metadata.") {
				t.Errorf("%.40s has %d bytes", a.Key, len(a.Value.StringValue))
			}
			if strings.HasPrefix(a.Key, "sluice.metadata.") {
				labels++
			}
		}
		if labels > maxLabels || len(s.Name) > maxText {
			t.Errorf("%d labels, a name of %d bytes", labels, len(s.Name))
		}
	}
}
