package logs

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/price"
	"sluice/core/usage"
)

// MaxInserted is how many logs are taken together.
const MaxInserted = 100

// SourceAPI is the Source of records that clients have inserted.
const SourceAPI = "api"

// inserted is a log as a client tells it.
type inserted struct {
	Request struct {
		URL      string                `json:"url"`
		Method   string                `json:"method"`
		Headers  map[string]json.Value `json:"headers"`
		Body     json.Value            `json:"body"`
		Provider string                `json:"provider"`
		Model    string                `json:"model"`
	} `json:"request"`
	Response struct {
		Status  json.Value            `json:"status"`
		Headers map[string]json.Value `json:"headers"`
		Body    json.Value            `json:"body"`
		Time    json.Value            `json:"response_time"` // milliseconds
	} `json:"response"`
	Metadata map[string]json.Value `json:"metadata"`
}

// Parse reads logs of requests that were made elsewhere: one object or a list
// of them, each with request{url, method, headers, body, provider, model},
// response{status, headers, body, response_time} and metadata{trace_id,
// span_id, span_name, parent_span_id, and any text}. What is wrong is named.
//
// A record has the time at which it came, and a cost if the answer tells its
// usage and prices know the model.
func Parse(body []byte, prices *price.Table) ([]*usage.Record, error) {
	items := []json.Value{body}
	list := json.Value(body).Kind() == '['
	if list {
		var err error
		if items, err = json.Elements(body); err != nil {
			return nil, llm.Errorf(llm.BadRequest, "the body is no list of logs")
		}
	}
	if len(items) == 0 || len(items) > MaxInserted {
		return nil, llm.Errorf(llm.BadRequest, "from 1 to %d logs are taken together", MaxInserted)
	}
	records := make([]*usage.Record, len(items))
	for i, item := range items {
		at := placeIn(list, i)
		var in inserted
		if err := json.Unmarshal(item, &in); err != nil {
			return nil, problem(at, err)
		}
		if err := in.check(at); err != nil {
			return nil, err
		}
		records[i] = in.record(time.Now().UTC(), prices)
	}
	return records, nil
}

// placeIn is where the members of an item are, of a list or alone.
func placeIn(list bool, i int) string {
	if !list {
		return ""
	}
	return "[" + strconv.Itoa(i) + "]."
}

// problem names what kept an item from being read.
func problem(at string, err error) error {
	path, what := json.Problem(err)
	if path = strings.TrimSuffix(at+path, "."); path == "" {
		return llm.Errorf(llm.BadRequest, "the body %s", what)
	}
	return wrong(path, what)
}

// check names what is missing or out of range.
func (in *inserted) check(at string) error {
	status, ok := whole64(in.Response.Status)
	_, timed := whole64(in.Response.Time)
	switch {
	case in.Request.URL == "":
		return wrong(at+"request.url", "must be a text")
	case !json.Present(in.Request.Body):
		return wrong(at+"request.body", "must be there")
	case !json.Present(in.Response.Body):
		return wrong(at+"response.body", "must be there")
	case json.Present(in.Response.Status) && (!ok || status < 100 || status > 599):
		return wrong(at+"response.status", "must be a status of HTTP")
	case json.Present(in.Response.Time) && !timed:
		return wrong(at+"response.response_time", "must be a number of milliseconds")
	}
	for k, v := range in.Metadata {
		if kind := v.Kind(); kind == '{' || kind == '[' || len(textOf(v)) > maxMetadataValue {
			return wrong(at+"metadata."+k, fmt.Sprintf("must be a text of at most %d bytes", maxMetadataValue))
		}
	}
	return nil
}

// maxMetadataValue bounds a value of metadata, in bytes.
const maxMetadataValue = 1024

// whole64 reads a number from 0 on that may be written as a text or have a
// fraction, which is cut off.
func whole64(v json.Value) (int64, bool) {
	f, err := strconv.ParseFloat(textOf(v), 64)
	if err != nil || !(f >= 0 && f < math.MaxInt32) {
		return 0, false
	}
	return int64(f), true
}

// textOf is a text, or a number or truth value as it is written.
func textOf(v json.Value) string {
	if v.Kind() == '"' {
		return json.Unquote(v)
	}
	return string(v)
}

func (in *inserted) record(now time.Time, prices *price.Table) *usage.Record {
	status, _ := whole64(in.Response.Status)
	took, _ := whole64(in.Response.Time)
	r := &usage.Record{
		ID: usage.NewID(now), Time: now, Source: SourceAPI, Status: int(cmp.Or(status, http.StatusOK)),
		Provider: in.Request.Provider, Asked: json.Unquote(json.Lookup(in.Request.Body, "model")), Total: usage.Micros(took * 1000),
	}
	r.Request = r.ID
	r.Operation, r.Dialect = operationOf(in.Request.URL)
	r.Model = cmp.Or(in.Request.Model, json.Unquote(json.Lookup(in.Response.Body, "model")), r.Asked)
	r.Stream = string(json.Lookup(in.Request.Body, "stream")) == "true"
	in.place(r)
	if u := usageOf(in.Response.Body); u != nil {
		r.Usage = usage.TokensOf(u)
		if prices != nil && r.Provider != "" {
			r.Cost = usage.Bill(prices, r.Provider, r.Model, "", "", u)
		}
	}
	r.Exchange = &usage.Exchange{
		Method: cmp.Or(in.Request.Method, http.MethodPost), URL: in.Request.URL, Header: headerOf(in.Request.Headers), Body: bodyOf(in.Request.Body),
		ResponseHeader: headerOf(in.Response.Headers), Response: bodyOf(in.Response.Body),
	}
	return r
}

// place reads where in a trace the request stands, and all other metadata.
func (in *inserted) place(r *usage.Record) {
	r.Metadata = map[string]string{}
	for k, v := range in.Metadata {
		switch text := textOf(v); k {
		case "trace_id", "traceId":
			r.Trace = text
		case "span_id", "spanId":
			r.Span = text
		case "span_name", "spanName":
			r.SpanName = text
		case "parent_span_id", "parentSpanId":
			r.Parent = text
		default:
			r.Metadata[k] = text
		}
	}
}

// operationOf knows what was asked for from the end of a URL's path.
func operationOf(url string) (llm.Operation, llm.Dialect) {
	path, _, _ := strings.Cut(url, "?")
	for end, is := range map[string]struct {
		op llm.Operation
		d  llm.Dialect
	}{
		"/chat/completions": {llm.Generate, llm.OpenAIChat}, "/responses": {llm.Generate, llm.OpenAIResponses}, "/messages": {llm.Generate, llm.Anthropic},
		"/embeddings": {llm.Embed, llm.OpenAIChat}, "/embed": {llm.Embed, llm.Cohere}, "/rerank": {llm.Rerank, llm.Cohere},
		"/moderations": {llm.Moderate, llm.OpenAIChat}, "/images/generations": {llm.GenerateImage, llm.OpenAIChat},
	} {
		if strings.HasSuffix(path, end) {
			return is.op, is.d
		}
	}
	return llm.Proxy, ""
}

// usageOf reads what an answer of OpenAI's or Anthropic's says that it used;
// nil if it says nothing.
func usageOf(body json.Value) *llm.Usage {
	u := json.Lookup(body, "usage")
	count := func(path ...string) int64 { n, _ := whole64(json.Lookup(u, path...)); return n }
	switch {
	case json.Present(json.Lookup(u, "prompt_tokens")):
		cached := count("prompt_tokens_details", "cached_tokens")
		return &llm.Usage{
			Input: max(count("prompt_tokens")-cached, 0), CacheRead: cached,
			Output: count("completion_tokens"), Reasoning: count("completion_tokens_details", "reasoning_tokens"),
		}
	case json.Present(json.Lookup(u, "input_tokens_details")): // of Responses, where it includes what was cached
		cached := count("input_tokens_details", "cached_tokens")
		return &llm.Usage{
			Input: max(count("input_tokens")-cached, 0), CacheRead: cached,
			Output: count("output_tokens"), Reasoning: count("output_tokens_details", "reasoning_tokens"),
		}
	case json.Present(json.Lookup(u, "input_tokens")):
		hour := count("cache_creation", "ephemeral_1h_input_tokens")
		return &llm.Usage{
			Input: count("input_tokens"), CacheRead: count("cache_read_input_tokens"),
			CacheWrite: max(count("cache_creation_input_tokens")-hour, 0), CacheWrite1h: hour, Output: count("output_tokens"),
		}
	}
	return nil
}

// headerOf reads headers, each a text or a list of them.
func headerOf(members map[string]json.Value) http.Header {
	h := http.Header{}
	for name, v := range members {
		values, err := json.Elements(v)
		if err != nil {
			values = []json.Value{v}
		}
		for _, one := range values {
			h.Add(name, textOf(one))
		}
	}
	return h
}

// bodyOf is a body: a text as it is, all else as JSON.
func bodyOf(v json.Value) usage.Body {
	if v.Kind() == '"' {
		text := json.Unquote(v)
		return usage.Body{Type: "text/plain", Bytes: []byte(text), Size: int64(len(text))}
	}
	return usage.Body{Type: "application/json", Bytes: v, Size: int64(len(v))}
}
