package api

import (
	"maps"
	"net/http"
	"unicode/utf8"

	"sluice/core/internal/header"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// maxMetadata is how many characters a value of the metadata may have.
const maxMetadata = 128

// metadata reads x-portkey-metadata. Values that are not text are kept as
// their JSON. Routing may depend on it, so what cannot be read is refused.
func metadata(h http.Header) (map[string]string, error) {
	text := header.Get(h, "X-Portkey-Metadata")
	if text == "" {
		return nil, nil
	}
	ms, err := json.Members([]byte(text))
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "header x-portkey-metadata is not a JSON object")
	}
	out := make(map[string]string, len(ms))
	for _, m := range ms {
		value := string(m.Value)
		if m.Value.Kind() == '"' {
			value = json.Unquote(m.Value)
		}
		if utf8.RuneCountInString(value) > maxMetadata {
			return nil, llm.Errorf(llm.BadRequest, "header x-portkey-metadata: the value of %q has more than %d characters", m.Name, maxMetadata)
		}
		out[m.Name] = value
	}
	return out, nil
}

// labels are the metadata for the record. The end user whom a body of OpenAI's
// names is _user, unless the metadata say who that is.
func (q *request) labels() map[string]string {
	labels := q.call.Metadata
	if _, named := labels["_user"]; named || !q.call.Dialect.OpenAI() || q.route.relay {
		return labels
	}
	if q.user == "" {
		return labels
	}
	labels = maps.Clone(labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels["_user"] = firstRunes(q.user, maxMetadata)
	return labels
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
