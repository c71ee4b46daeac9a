package admin

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/logs"
	"sluice/core/usage"
)

// ownHeaders begin with this. The hosted service shows them apart.
const ownHeaders = "X-Portkey-"

// logView writes a log in the hosted service's form. What that form has no
// place for (attempts, notes of routing, guardrails, what was dropped) is under
// sluice. Bodies and headers are there as far as they are kept.
func logView(log *logs.Log) json.Value {
	r := log.Record
	x := r.Exchange
	if x == nil {
		x = &usage.Exchange{}
	}
	w := json.NewWriter("{")
	w.Str("_id", r.ID)
	w.Raw("request", requestView(x))
	w.Raw("response", responseView(r, x))
	w.Str("organisation_id", r.Workspace)
	w.Str("created_at", r.Time.Format(time.RFC3339Nano))
	w.Raw("metrics", metricsView(r, x))
	w.Str("bodies", string(log.Kept))
	w.Raw("sluice", json.ValueOf(r))
	w.Close('}')
	return w.B
}

func requestView(x *usage.Exchange) json.Value {
	w := json.NewWriter("{")
	w.Nullable("url", x.URL)
	w.Nullable("method", x.Method)
	viewHeaders(&w, "headers", x.Header, func(name string) bool { return !strings.HasPrefix(name, ownHeaders) })
	viewHeaders(&w, "portkeyHeaders", x.Header, func(name string) bool { return strings.HasPrefix(name, ownHeaders) })
	viewBody(&w, &x.Body)
	w.Close('}')
	return w.B
}

func responseView(r *usage.Record, x *usage.Exchange) json.Value {
	w := json.NewWriter("{")
	w.Int("status", int64(r.Status))
	viewHeaders(&w, "headers", x.ResponseHeader, func(string) bool { return true })
	viewBody(&w, &x.Response)
	w.Int("responseTime", int64(r.Total)/1000)
	w.Nullable("lastUsedOptionJsonPath", r.Option)
	w.Close('}')
	return w.B
}

// viewHeaders writes those headers that are wanted.
func viewHeaders(w *json.Writer, name string, h http.Header, want func(name string) bool) {
	some := map[string]string{}
	for k, values := range h {
		if want(k) {
			some[strings.ToLower(k)] = strings.Join(values, ", ")
		}
	}
	w.Raw(name, json.ValueOf(some))
}

// viewBody writes what is kept of a body: JSON as that, all else as a text. Of
// a part there is the size of the whole.
func viewBody(w *json.Writer, b *usage.Body) {
	switch {
	case b.Size == 0 && len(b.Bytes) == 0:
		return
	case json.Valid(b.Bytes):
		w.Raw("body", b.Bytes)
	case len(b.Bytes) > 0:
		w.Str("body", string(b.Bytes))
	}
	w.Str("bodyType", b.Type)
	w.Int("bodySize", b.Size)
}

// metricsView are those of the hosted service's figures that we know.
func metricsView(r *usage.Record, x *usage.Exchange) json.Value {
	e := logs.EntryOf(r)
	v := entryOf(&e)
	w := json.NewWriter("{")
	w.Str("id", r.ID)
	w.Str("organisation_id", r.Workspace)
	w.Str("workspace_slug", r.Workspace)
	w.Str("created_at", r.Time.Format(time.RFC3339Nano))
	w.Bool("is_success", v.Success)
	w.Str("ai_org", v.Provider)
	w.Str("ai_model", v.Model)
	w.Int("req_units", v.Prompt)
	w.Int("res_units", v.Completion)
	w.Int("total_units", v.Total)
	w.Raw("cost", json.ValueOf(v.Cost))
	w.Str("cost_currency", v.Currency)
	w.Str("request_url", x.URL)
	w.Str("request_method", x.Method)
	w.Int("response_status_code", int64(r.Status))
	w.Int("response_time", v.Took)
	w.Bool("is_proxy_call", r.Operation == llm.Proxy)
	viewCache(&w, r)
	w.Int("stream_mode", streamMode(r.Stream))
	w.Int("retry_success_count", int64(max(r.Retries, 0)))
	w.Str("trace_id", r.Trace)
	w.Str("span_id", r.Span)
	w.Str("span_name", r.SpanName)
	w.Str("parent_span_id", r.Parent)
	w.Str("internal_trace_id", r.Request)
	w.Str("source", sourceOf(r))
	w.Str("api_key_id", r.Key)
	w.StrIf("runtime", x.Header.Get(ownHeaders+"Runtime"))
	w.StrIf("runtime_version", x.Header.Get(ownHeaders+"Runtime-Version"))
	w.StrIf("sdk_version", x.Header.Get(ownHeaders+"Package-Version"))
	if n, ok := optionIndex(r.Option); ok {
		w.Int("last_used_option_index", n)
	}
	keys, values := metadataLists(r.Metadata)
	w.Raw("metadata.key", keys)
	w.Raw("metadata.value", values)
	w.Close('}')
	return w.B
}

// streamMode is 1 for a stream.
func streamMode(stream bool) int64 {
	if stream {
		return 1
	}
	return 0
}

// viewCache writes what the cache had, and which.
func viewCache(w *json.Writer, r *usage.Record) {
	w.Nullable("cache_status", string(r.Cache))
	switch {
	case r.Cache == "":
		w.Nullable("cache_type", "")
	case strings.HasPrefix(string(r.Cache), "SEMANTIC"):
		w.Str("cache_type", "semantic")
	default:
		w.Str("cache_type", "simple")
	}
}

// sourceOf says who made a record.
func sourceOf(r *usage.Record) string {
	if r.Source != "" {
		return r.Source
	}
	return "gateway"
}

// optionIndex is the last index in the path of a target.
func optionIndex(option string) (int64, bool) {
	i := strings.LastIndexByte(option, '[')
	if i < 0 {
		return 0, false
	}
	digits, _, _ := strings.Cut(option[i+1:], "]")
	n, err := strconv.ParseInt(digits, 10, 32)
	return n, err == nil
}
