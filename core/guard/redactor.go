package guard

import (
	"bytes"
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"sluice/core"
	"sluice/core/guard/internal/find"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Redactor puts placeholders in place of personal data and knows what they
// stand for. It is for one request: equal values have equal placeholders, and
// what it restores goes to the caller whose values they are. It is safe for
// concurrent use, and prints nothing of what it holds.
type Redactor struct {
	mu      sync.Mutex
	values  map[string]string // by placeholder
	names   map[string]string // placeholders, by kind and value
	numbers map[find.Kind]int // of the last placeholder
	above   int               // that all numbers are
	asked   []byte            // a text whose own words are no placeholders
}

// NewRedactor returns one that holds nothing.
func NewRedactor() *Redactor {
	return &Redactor{values: map[string]string{}, names: map[string]string{}, numbers: map[find.Kind]int{}}
}

// redactorKey is where a call has its redactor.
type redactorKey struct{}

// redactorOf is the one of a request: all its targets, attempts and hooks share
// it, so that a value has one placeholder, whoever is asked.
//
// Where a request goes on from what a provider keeps, there may be placeholders
// of an earlier request, and nobody knows what for. They are not taken for those
// of this one, whose numbers begin at random.
func redactorOf(c *core.Call) *Redactor {
	return c.Shared(redactorKey{}, func() any {
		r := NewRedactor()
		r.asked = c.Body
		kept, err := json.Pick(c.Body, "previous_response_id", "conversation")
		if c.Dialect == llm.OpenAIResponses && err == nil && (json.Present(kept[0]) || json.Present(kept[1])) {
			r.above = 1000 * (1 + rand.IntN(9000))
		}
		return r
	}).(*Redactor)
}

// within reports whether a text has something that was replaced.
func (r *Redactor) within(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, value := range r.values {
		if strings.Contains(text, value) {
			return true
		}
	}
	return false
}

// Hide replaces the values of the placeholders that stand in another text,
// wherever they are in this one: what is around them may keep them from being
// found again.
func (r *Redactor) Hide(text, cleaned string) string {
	known := r.known(cleaned)
	if len(known) == 0 {
		return text
	}
	var pairs []string
	longest := func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) }
	for _, value := range slices.SortedFunc(maps.Keys(known), longest) {
		pairs = append(pairs, value, known[value])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// known are the values of numbered placeholders in a text, and these by them.
func (r *Redactor) known(text string) map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := map[string]string{}
	for {
		at := strings.IndexByte(text, '[')
		if at < 0 {
			return known
		}
		text = text[at:]
		end := strings.IndexByte(text[:min(len(text), longestName)], ']')
		if value := r.values[text[:end+1]]; value != "" {
			known[value] = text[:end+1]
		}
		text = text[1:]
	}
}

// longestName is how long a numbered placeholder may be, in bytes.
const longestName = 64

// String tells nothing.
func (r *Redactor) String() string { return "redactor" }

// GoString tells nothing.
func (r *Redactor) GoString() string { return "redactor" }

// Empty reports whether there is nothing to restore.
func (r *Redactor) Empty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.values) == 0
}

// Redact replaces personal data and keys by placeholders such as [EMAIL_1].
func (r *Redactor) Redact(text string) string {
	f, _ := placeholderOf(numberedForm, true)
	return (&redaction{personal, f}).text(text, find.Spans(text, personal), r)
}

// A redaction says what is replaced by what.
type redaction struct {
	kinds find.Set
	form  placeholder
}

// text replaces what has been found. A text that looks like a placeholder is
// replaced as well, so that it comes back as itself, unless it is one: another
// check has put it there.
func (d *redaction) text(text string, spans []find.Span, r *Redactor) string {
	spans = d.lookalikes(text, spans, r)
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	last := 0
	for _, s := range spans {
		b.WriteString(text[last:s.Start])
		b.WriteString(r.name(&d.form, s.Kind, text[s.Start:s.End]))
		last = s.End
	}
	b.WriteString(text[last:])
	return b.String()
}

// name is the placeholder for a value.
func (r *Redactor) name(f *placeholder, k find.Kind, value string) string {
	if !f.numbered {
		return f.text(k.Label(), 0)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	key := f.text(k.Label(), 0) + value
	name, ok := r.names[key]
	for !ok || name == "" {
		r.numbers[k]++
		name = f.text(k.Label(), r.above+r.numbers[k])
		if r.values[name] != "" || bytes.Contains(r.asked, []byte(name)) {
			continue
		}
		r.names[key], r.values[name], ok = name, value, true
	}
	return name
}

func (r *Redactor) value(name string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.values[name]
	return v, ok
}

// lookalikes adds what looks like a placeholder, in order and without overlaps.
func (d *redaction) lookalikes(text string, spans []find.Span, r *Redactor) []find.Span {
	if !d.form.numbered || !strings.Contains(text, d.form.before) {
		return spans
	}
	var out []find.Span
	last := 0
	for i := strings.IndexByte(text, d.form.before[0]); i >= 0 && i < len(text); i++ {
		for len(spans) > 0 && spans[0].Start <= i {
			out, last, spans = append(out, spans[0]), spans[0].End, spans[1:]
		}
		if i < last || text[i] != d.form.before[0] {
			continue
		}
		if s := bracketed(text, i, maxPlaceholder); d.form.is(s) {
			if _, known := r.value(s); !known && (len(spans) == 0 || spans[0].Start >= i+len(s)) {
				out, last = append(out, find.Span{Start: i, End: i + len(s), Kind: find.Email}), i+len(s)
			}
		}
	}
	return append(out, spans...)
}

// document lists the changes to the strings and numbers of a JSON text, which
// stays one: a number becomes a string. What a value may be its name says as
// well, as in {"ssn": 123456789}; elements of a list have that of the list.
func (d *redaction) document(text string, r *Redactor) (changes []Change, found []find.Span) {
	name := ""
	for i := 0; i < len(text); i++ {
		end := literalEnd(text, i)
		if end == i {
			continue
		}
		inner := text[i:end]
		if text[i] == '"' {
			inner = json.Unquote(json.Value(inner))
		}
		var spans []find.Span
		if isName(text, end) {
			name, spans = inner, find.Spans(inner, d.kinds)
		} else {
			spans = find.SpansOf(name, inner, d.kinds)
		}
		if changed := d.text(inner, spans, r); changed != inner {
			changes = append(changes, Change{i, end, string(json.Quote(changed))})
		}
		found = append(found, spans...)
		i = end - 1
	}
	return changes, found
}

// isName reports whether the string that ends at end is the name of a member.
func isName(text string, end int) bool {
	return strings.HasPrefix(strings.TrimLeft(text[min(end, len(text)):], " \t\r\n"), ":")
}

// literalEnd is the end of the string or number that begins at i, i if none
// does.
func literalEnd(text string, i int) int {
	switch c := text[i]; {
	case c == '"':
		for i++; i < len(text) && text[i] != '"'; i++ {
			if text[i] == '\\' {
				i++
			}
		}
		return i + 1
	case c == '-' || c >= '0' && c <= '9':
		for i < len(text) && strings.IndexByte("+-.eE0123456789", text[i]) >= 0 {
			i++
		}
	}
	return i
}

// isDocument reports whether a text is a JSON object or array, as the
// arguments of tools are.
func isDocument(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	return text != "" && (text[0] == '{' || text[0] == '[') && json.Valid([]byte(text))
}

// Clean is Redact for a text that is kept: random values with a name such as
// "password" go, too, and what the strings of a JSON text say is read without
// its escapes. name is that of the member which the text is the value of, or
// empty: it may say what a number is.
func (r *Redactor) Clean(name, text string) string {
	f, _ := placeholderOf(numberedForm, true)
	d := &redaction{personal | find.SetOf(find.Entropy), f}
	if isDocument(text) {
		changes, _ := d.document(text, r)
		return changed(text, changes)
	}
	return d.text(text, find.SpansOf(name, text, d.kinds), r)
}

// LongestFound is the most of a text, in bytes, that is taken for one value,
// but for keys: what stands nearer to a place where a text was cut may be the
// rest of one.
const LongestFound = find.Longest
