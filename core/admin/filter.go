package admin

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/logs"
	"sluice/core/price"
)

// A filter says which logs are wanted, and of which time.
type filter struct {
	from, to time.Time // zero: no bound
	rows     int64     // of an export; zero: all
	logs.Filter
}

// A setter reads one member of a filter. Its error says what is wrong with the
// value.
type setter func(f *filter, value string) error

// setters are the members of a filter: those of the hosted service, and ours
// (ai_org, request_id, user, status_class, cache_status, response_time_…).
var setters = map[string]setter{
	"time_of_generation_min": func(f *filter, v string) error { return instant(&f.from, v) },
	"time_of_generation_max": func(f *filter, v string) error { return instant(&f.to, v) },

	"total_units_min":      func(f *filter, v string) error { return count(&f.Tokens.Min, v, 1) },
	"total_units_max":      func(f *filter, v string) error { return count(&f.Tokens.Max, v, 1) },
	"prompt_token_min":     func(f *filter, v string) error { return count(&f.Prompt.Min, v, 1) },
	"prompt_token_max":     func(f *filter, v string) error { return count(&f.Prompt.Max, v, 1) },
	"completion_token_min": func(f *filter, v string) error { return count(&f.Completion.Min, v, 1) },
	"completion_token_max": func(f *filter, v string) error { return count(&f.Completion.Max, v, 1) },
	"response_time_min":    func(f *filter, v string) error { return count(&f.Total.Min, v, 1000) },
	"response_time_max":    func(f *filter, v string) error { return count(&f.Total.Max, v, 1000) },
	"cost_min":             func(f *filter, v string) error { return cents(&f.Cost.Min, v) },
	"cost_max":             func(f *filter, v string) error { return cents(&f.Cost.Max, v) },

	"ai_model":     func(f *filter, v string) error { return list(&f.Model, v) },
	"ai_org":       func(f *filter, v string) error { return list(&f.Provider, v) },
	"ai_org_model": organisationsAndModels,
	"api_key_ids":  func(f *filter, v string) error { return list(&f.Key, v) },
	"trace_id":     func(f *filter, v string) error { return list(&f.Trace, v) },
	"request_id":   func(f *filter, v string) error { return list(&f.Request, v) },
	"user":         func(f *filter, v string) error { return list(&f.User, v) },
	"cache_status": func(f *filter, v string) error { return oneOf(&f.Cache, strings.ToUpper(v), cacheStatuses) },
	"status_class": func(f *filter, v string) error { return oneOf(&f.Class, strings.ToLower(v), classes) },
	"status_code":  statuses,
	"metadata":     metadata,
}

// Values that logs may have.
var (
	classes       = []string{"1xx", "2xx", "3xx", "4xx", "5xx"}
	cacheStatuses = []string{
		string(core.CacheHit), string(core.CacheMiss), string(core.CacheRefresh), string(core.CacheSemanticHit), string(core.CacheSemanticMiss),
	}
)

// unanswered are members of the hosted service's filters that nothing here is
// found by.
var unanswered = []string{"virtual_keys", "configs", "prompt_slug", "span_id", "weighted_feedback_min", "weighted_feedback_max"}

// passed are members that say nothing about which logs are wanted. A key has
// one workspace, whatever the request names.
var passed = []string{"workspace_slug", "workspace_id", "order_by", "order_by_type", "page_size", "current_page"}

// readFilter reads a filter. Members that nobody knows are refused if it is
// ours alone (strict), else left aside as the hosted service does.
func readFilter(members map[string]string, strict bool) (f filter, err error) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value := strings.TrimSpace(members[name])
		set, known := setters[name]
		switch {
		case value == "":
		case known:
			if err := set(&f, value); err != nil {
				return f, wrong(name, err.Error())
			}
		case slices.Contains(unanswered, name):
			return f, wrong(name, "cannot be asked for: logs are not found by it")
		case strict && !slices.Contains(passed, name):
			return f, wrong(name, "is not a parameter of this path")
		}
	}
	return f, nil
}

// flatten reads a filter that is an object: texts, numbers, lists of both, and
// the object of metadata.
func flatten(object json.Value, at string) (map[string]string, error) {
	if !json.Present(object) {
		return nil, nil
	}
	if object.Kind() != '{' {
		return nil, wrong(at, "must be an object")
	}
	members := map[string]string{}
	for _, m := range json.ObjectOf(object) {
		text, ok := flat(m.Value)
		if !ok && m.Name != "metadata" {
			return nil, wrong(at+"."+m.Name, "must be a text or a number")
		}
		members[m.Name] = text
	}
	return members, nil
}

// flat is a value as a parameter of a query has it. It reports false for an
// object, which is written as it is.
func flat(v json.Value) (text string, ok bool) {
	switch v.Kind() {
	case '"':
		return json.Unquote(v), true
	case 'n':
		return "", true
	case '{':
		return string(v), false
	case '[':
		items, err := json.Elements(v)
		texts := make([]string, len(items))
		for i, item := range items {
			if k := item.Kind(); k == '{' || k == '[' {
				return "", false
			}
			texts[i], _ = flat(item)
		}
		return strings.Join(texts, ","), err == nil
	}
	return string(v), true
}

// view writes a filter in the words that it is read by.
func (f *filter) view() json.Value {
	w := json.NewWriter("{")
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"time_of_generation_min", f.from}, {"time_of_generation_max", f.to}} {
		if !t.at.IsZero() {
			w.Str(t.name, t.at.Format(time.RFC3339Nano))
		}
	}
	for _, s := range []struct {
		name string
		span logs.Span
		unit int64
	}{
		{"total_units", f.Tokens, 1}, {"prompt_token", f.Prompt, 1}, {"completion_token", f.Completion, 1}, {"response_time", f.Total, 1000},
	} {
		viewBound(&w, s.name+"_min", s.span.Min, s.unit)
		viewBound(&w, s.name+"_max", s.span.Max, s.unit)
	}
	viewCents(&w, "cost_min", f.Cost.Min)
	viewCents(&w, "cost_max", f.Cost.Max)
	f.viewLists(&w)
	if f.rows > 0 {
		w.Int("page_size", f.rows)
	}
	w.Close('}')
	return w.B
}

func (f *filter) viewLists(w *json.Writer) {
	codes := make([]string, len(f.Status))
	for i, n := range f.Status {
		codes[i] = strconv.Itoa(n)
	}
	for _, l := range []struct {
		name   string
		values []string
	}{
		{"ai_model", f.Model}, {"ai_org", f.Provider}, {"api_key_ids", f.Key}, {"trace_id", f.Trace}, {"request_id", f.Request},
		{"user", f.User}, {"cache_status", f.Cache}, {"status_class", f.Class}, {"status_code", codes},
	} {
		w.StrIf(l.name, strings.Join(l.values, ","))
	}
	if len(f.Metadata) > 0 {
		w.Raw("metadata", json.ValueOf(f.Metadata))
	}
}

func viewBound(w *json.Writer, name string, bound *int64, unit int64) {
	if bound != nil {
		w.Int(name, *bound/unit)
	}
}

func viewCents(w *json.Writer, name string, bound *int64) {
	if bound != nil {
		w.Raw(name, json.ValueOf(logs.CentsOf(price.Nano(*bound))))
	}
}
