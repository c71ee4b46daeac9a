package gemini

import (
	"bytes"
	"strconv"
	"time"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// EncodeError writes an error as the API does. A provider's own error of this
// dialect is sent as it came, without the array that streams have around it.
func (Codec) EncodeError(e *llm.Error, _ dialect.Options) []byte { return errorBody(e) }

func errorBody(e *llm.Error) []byte {
	if e.RawDialect == llm.Gemini {
		v := first(json.Value(bytes.TrimSpace(e.Raw)))
		if json.Lookup(v, "error").Kind() == '{' {
			return v
		}
	}
	code := e.HTTPStatus()
	inner := json.Object{
		json.Named("code", strconv.AppendInt(nil, int64(code), 10)),
		json.Named("message", json.Quote(e.Told())),
		json.Named("status", json.Quote(statusOf(e))),
	}
	if e.RetryAfter > 0 {
		seconds := strconv.FormatFloat(e.RetryAfter.Round(time.Millisecond).Seconds(), 'f', -1, 64)
		info := json.Object{json.Named("@type", json.Value(`"type.googleapis.com/google.rpc.RetryInfo"`)), json.Named("retryDelay", json.Quote(seconds+"s"))}
		inner.Add("details", array([]json.Value{info.Value()}))
	}
	return json.Object{json.Named("error", inner.Value())}.Value()
}

// statusOf is Google's word for an error: its own, else the one of its kind.
func statusOf(e *llm.Error) string {
	for _, s := range statuses {
		if s.name == e.Type {
			return s.name
		}
	}
	switch e.Kind {
	case llm.BadRequest, llm.Invalid, llm.TooLarge, llm.UnsupportedMedia, llm.ContextLength, llm.ContentFilter, llm.Unsupported, llm.Denied:
		return "INVALID_ARGUMENT"
	case llm.Unauthenticated:
		return "UNAUTHENTICATED"
	case llm.Forbidden:
		return "PERMISSION_DENIED"
	case llm.Quota:
		return "RESOURCE_EXHAUSTED"
	case llm.Unreachable:
		return "UNAVAILABLE"
	case llm.Canceled:
		return "CANCELLED"
	}
	for _, s := range statuses {
		if s.kind == e.Kind && e.Kind != llm.Upstream {
			return s.name
		}
	}
	return "INTERNAL"
}
