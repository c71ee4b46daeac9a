package metrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"sluice/core/secret"
)

// A Collector is where traces go, and what is told with them.
type Collector struct {
	URL     string // of traces
	Timeout time.Duration

	// Headers returns those of each request, credentials among them, as the
	// list name=value,name=value with values as in URLs. Nil: there are none.
	Headers func(context.Context) (secret.Value, error)

	Service  string            // service.name
	Resource map[string]string // other attributes of the process
	Content  bool              // prompts and answers are told as well, where they are kept
}

// Timeouts of one export. A function that waits for a collector is paid for.
const (
	defaultTimeout = 2 * time.Second
	maxTimeout     = 10 * time.Second
)

// CollectorOf reads the variables that OpenTelemetry has for exporters; nil
// without an endpoint, or if they switch traces off:
//
//	OTEL_EXPORTER_OTLP_ENDPOINT          base URL; /v1/traces is added
//	OTEL_EXPORTER_OTLP_TRACES_ENDPOINT   URL as it is, in place of it
//	OTEL_EXPORTER_OTLP_HEADERS           name=value,…; also …_TRACES_HEADERS
//	OTEL_EXPORTER_OTLP_TIMEOUT           ms; also …_TRACES_TIMEOUT; 2000 if it is empty, at most 10000
//	OTEL_SERVICE_NAME                    sluice if it is empty
//	OTEL_RESOURCE_ATTRIBUTES             name=value,…
//	OTEL_TRACES_EXPORTER=none, OTEL_SDK_DISABLED=true
//	OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true
//
// Traces are sent as JSON over HTTP, which collectors take where they take
// protobuf over HTTP; gRPC is not spoken.
//
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
func CollectorOf(getenv func(string) string) (*Collector, error) {
	own := func(name string) string {
		return cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_"+name), getenv("OTEL_EXPORTER_OTLP_"+name))
	}
	if own("ENDPOINT") == "" || getenv("OTEL_TRACES_EXPORTER") == "none" || strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return nil, nil
	}
	if own("PROTOCOL") == "grpc" {
		return nil, errors.New("OTEL_EXPORTER_OTLP_PROTOCOL: traces go over HTTP only: set it to http/json, and the endpoint to the collector's port for HTTP (4318)")
	}
	c := &Collector{
		Service: cmp.Or(getenv("OTEL_SERVICE_NAME"), "sluice"),
		Content: strings.EqualFold(getenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"), "true"),
	}
	var err error
	if c.URL, err = endpoint(getenv); err != nil {
		return nil, err
	}
	if c.Timeout, err = timeout(own("TIMEOUT")); err != nil {
		return nil, err
	}
	if c.Resource, err = pairs(getenv("OTEL_RESOURCE_ATTRIBUTES")); err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	if list := secret.New(own("HEADERS")); !list.IsZero() {
		if _, err := headersOf(list); err != nil {
			return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_HEADERS: %w", err)
		}
		c.Headers = func(context.Context) (secret.Value, error) { return list, nil }
	}
	return c, nil
}

// endpoint is the URL of traces. Its errors do not repeat it: it may have a
// credential in it.
func endpoint(getenv func(string) string) (string, error) {
	name, path := "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ""
	if getenv(name) == "" {
		name, path = "OTEL_EXPORTER_OTLP_ENDPOINT", "v1/traces"
	}
	u, err := url.Parse(strings.TrimSpace(getenv(name)))
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", errors.New(name + ": want a URL with http or https")
	case u.User != nil:
		return "", errors.New(name + ": credentials belong in OTEL_EXPORTER_OTLP_HEADERS")
	}
	if path != "" {
		u = u.JoinPath(path)
	}
	return u.String(), nil
}

func timeout(ms string) (time.Duration, error) {
	if ms == "" {
		return defaultTimeout, nil
	}
	n, err := strconv.ParseInt(ms, 10, 32)
	if err != nil || n <= 0 {
		return 0, errors.New("OTEL_EXPORTER_OTLP_TIMEOUT: want milliseconds")
	}
	return min(time.Duration(n)*time.Millisecond, maxTimeout), nil
}

// pairs reads name=value,name=value, with values as in URLs. Its errors do not
// repeat the list.
func pairs(list string) (map[string]string, error) {
	out := map[string]string{}
	for entry := range strings.SplitSeq(list, ",") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		name, value, ok := strings.Cut(entry, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if name = strings.TrimSpace(name); !ok || name == "" || err != nil {
			return nil, errors.New("want name=value,name=value, with values as in URLs")
		}
		out[name] = value
	}
	return out, nil
}

func headersOf(list secret.Value) (http.Header, error) {
	m, err := pairs(list.Reveal())
	if err != nil {
		return nil, err
	}
	h := http.Header{}
	for name, value := range m {
		if strings.ContainsFunc(name, notInName) || strings.ContainsFunc(value, unicode.IsControl) {
			return nil, errors.New("not the name and value of a header")
		}
		h.Set(name, value)
	}
	return h, nil
}

// notInName reports what the name of a header cannot have.
//
// https://www.rfc-editor.org/rfc/rfc9110#name-tokens
func notInName(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}
