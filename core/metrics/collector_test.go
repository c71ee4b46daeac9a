package metrics

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core/usage"
)

// A collector is scripted: it takes traces and holds them against the mapping
// of the protocol to JSON.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	traces [][]wireSpan
	header http.Header // of the last request
	answer func(http.ResponseWriter)
}

// wireSpan is what the tests read of a span.
type wireSpan struct {
	TraceID, SpanID, ParentSpanID, Name string
	Kind                                int
	StartTimeUnixNano, EndTimeUnixNano  string
	Status                              struct{ Code int }
	Attributes                          []wireAttribute
	Resource                            []wireAttribute `json:"-"`
}

type wireAttribute struct {
	Key   string
	Value struct {
		StringValue string
		IntValue    string
		DoubleValue float64
		BoolValue   bool
	}
}

// get is the value of an attribute as a text.
func get(attributes []wireAttribute, key string) string {
	for _, a := range attributes {
		switch v := a.Value; {
		case a.Key != key:
		case v.StringValue != "":
			return v.StringValue
		case v.IntValue != "":
			return v.IntValue
		case v.BoolValue:
			return "true"
		default:
			return strconv.FormatFloat(v.DoubleValue, 'f', -1, 64)
		}
	}
	return ""
}

func (s *wireSpan) times(t *testing.T) (began, ended time.Duration) {
	t.Helper()
	from, err := strconv.ParseInt(s.StartTimeUnixNano, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	to, err := strconv.ParseInt(s.EndTimeUnixNano, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(from - came.UnixNano()), time.Duration(to - came.UnixNano())
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c, s := &collector{answer: func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"partialSuccess":{}}`) }}, schema(t, "otlp.schema.json")
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%v: %s %s %v", err, r.Method, r.URL, r.Header)
		}
		check(t, s, string(b))
		c.mu.Lock()
		defer c.mu.Unlock()
		c.header = r.Header
		c.traces = append(c.traces, spansIn(t, b))
		c.answer(w)
	}))
	t.Cleanup(c.Close)
	return c
}

func spansIn(t *testing.T, doc []byte) []wireSpan {
	var in struct {
		ResourceSpans []struct {
			Resource   struct{ Attributes []wireAttribute }
			ScopeSpans []struct{ Spans []wireSpan }
		}
	}
	if err := json.Unmarshal(doc, &in); err != nil || len(in.ResourceSpans) != 1 || len(in.ResourceSpans[0].ScopeSpans) != 1 {
		t.Errorf("%v in %s", err, doc)
		return nil
	}
	spans := in.ResourceSpans[0].ScopeSpans[0].Spans
	for i := range spans {
		spans[i].Resource = in.ResourceSpans[0].Resource.Attributes
	}
	return spans
}

// exporter sends to the collector, as the variables say.
func (c *collector) exporter(t *testing.T, env map[string]string) (*OTLP, *logged) {
	t.Helper()
	to, err := CollectorOf(func(name string) string {
		if name == "OTEL_EXPORTER_OTLP_ENDPOINT" {
			return c.URL + "/"
		}
		return env[name]
	})
	if err != nil || to == nil {
		t.Fatal(to, err)
	}
	log := &logged{}
	o, err := NewOTLP(*to, "1.2.3", log.logger())
	if err != nil {
		t.Fatal(err)
	}
	return o, log
}

// one sends a record and returns its spans.
func (c *collector) one(t *testing.T, env map[string]string, r *usage.Record) []wireSpan {
	t.Helper()
	o, log := c.exporter(t, env)
	sink(t, o, r)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.traces) != 1 || o.Failures() != 0 || len(c.traces[0]) == 0 {
		t.Fatalf("%d traces, %d failures: %s", len(c.traces), o.Failures(), log)
	}
	return c.traces[0]
}

func TestWhatTheVariablesOfExportersSay(t *testing.T) {
	t.Parallel()
	const base, own = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	tests := []struct {
		name string
		env  map[string]string
		url  string // empty: no traces
		err  string
	}{
		{"nothing", nil, "", ""},
		{"a base", map[string]string{base: "http://collector:4318"}, "http://collector:4318/v1/traces", ""},
		{"a base with a path", map[string]string{base: "https://c.example/otlp/"}, "https://c.example/otlp/v1/traces", ""},
		{"its own", map[string]string{base: "http://other", own: "http://c.example/here"}, "http://c.example/here", ""},
		{"switched off", map[string]string{base: "http://c", "OTEL_SDK_DISABLED": "TRUE"}, "", ""},
		{"no exporter", map[string]string{base: "http://c", "OTEL_TRACES_EXPORTER": "none"}, "", ""},
		{"protobuf", map[string]string{base: "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, "http://c/v1/traces", ""},
		{"gRPC", map[string]string{base: "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "", "HTTP only"},
		{"no URL", map[string]string{base: "collector:4318"}, "", "want a URL"},
		{"a password", map[string]string{base: "http://u:hunter2hunter2@c"}, "", "credentials belong"},
		{"a password in no URL", map[string]string{base: "http://u:hunter2hunter2@%zz"}, "", "want a URL"},
		{"headers that are none", map[string]string{base: "http://c", "OTEL_EXPORTER_OTLP_HEADERS": "hunter2hunter2"}, "", "name=value"},
		{"a header of two lines", map[string]string{base: "http://c", "OTEL_EXPORTER_OTLP_HEADERS": "a=hunter2hunter2%0Ab"}, "", "not the name and value"},
		{"a name that is none", map[string]string{base: "http://c", "OTEL_EXPORTER_OTLP_HEADERS": "a b=hunter2hunter2"}, "", "not the name and value"},
		{"a time that is none", map[string]string{base: "http://c", "OTEL_EXPORTER_OTLP_TIMEOUT": "1s"}, "", "milliseconds"},
		{"attributes that are none", map[string]string{base: "http://c", "OTEL_RESOURCE_ATTRIBUTES": "=x"}, "", "OTEL_RESOURCE_ATTRIBUTES"},
	}
	for _, tt := range tests {
		c, err := CollectorOf(func(name string) string { return tt.env[name] })
		switch {
		case tt.err != "":
			if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: %v, want %q and no secret", tt.name, err, tt.err)
			}
		case err != nil || (c == nil) != (tt.url == "") || c != nil && c.URL != tt.url:
			t.Errorf("%s: %+v, %v", tt.name, c, err)
		}
	}
}

func TestTimeoutsOfExportsAreBounded(t *testing.T) {
	t.Parallel()
	for ms, want := range map[string]time.Duration{"": defaultTimeout, "500": 500 * time.Millisecond, "600000": maxTimeout} {
		if got, err := timeout(ms); err != nil || got != want {
			t.Errorf("%q: %s, %v", ms, got, err)
		}
	}
}
