package guard

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sluice/core/guard/internal/find"
)

func init() { add(Spec{ID: "default.pii", New: newPII}) }

// personal is what default.pii looks for unless it is told otherwise.
var personal = find.SetOf(find.Email, find.Phone, find.Card, find.IBAN, find.SSN, find.NINO, find.NHS, find.TWID, find.MyNumber, find.IP, find.Key)

// categories are the names of kinds in configs. Those of the reference's
// portkey.pii are among them.
var categories = map[string]find.Set{
	"EMAIL_ADDRESS": find.SetOf(find.Email), "PHONE_NUMBER": find.SetOf(find.Phone), "CREDIT_CARD": find.SetOf(find.Card), "IBAN": find.SetOf(find.IBAN),
	"SSN": find.SetOf(find.SSN), "UK_NINO": find.SetOf(find.NINO), "UK_NHS": find.SetOf(find.NHS), "TW_ID": find.SetOf(find.TWID), "JP_MY_NUMBER": find.SetOf(find.MyNumber),
	"NATIONAL_ID": find.SetOf(find.SSN, find.NINO, find.NHS, find.TWID, find.MyNumber), "IP_ADDRESS": find.SetOf(find.IP), "CREDENTIAL": find.SetOf(find.Key),
}

// newPII looks for personal data and keys by their forms and checksums; see
// package find for what they are. Names of people, postal addresses and dates
// of birth have no form and are not found.
//
//	categories   what is looked for; all
//	redact       it is replaced, and the check passes
//	reversible   it is replaced in the request, and the client gets it back
//	placeholder  what it is replaced by: [{type}], or [{type}_{n}] if it is reversible
//	not          the check passes if something is found
func newPII(p *Params, e Env) Check {
	kinds, list := personal, p.Texts("categories")
	if list != nil {
		kinds = 0
	}
	for _, name := range list {
		if categories[name] == 0 {
			p.Fail("categories", "There is no category %q", name)
		}
		kinds |= categories[name]
	}
	if list != nil && len(list) == 0 {
		p.Fail("categories", "Must not be empty")
	}
	return newDetector(p, e, kinds)
}

// A detector fails if there is something in a text, or takes it out.
type detector struct {
	redaction
	redact, not bool
}

var _ Changer = (*detector)(nil)

func newDetector(p *Params, e Env, kinds find.Set) *detector {
	reversible := p.Bool("reversible", false)
	if reversible && !e.Restores {
		p.Fail("reversible", "This version of the gateway does not put values back")
	}
	d := &detector{redaction{kinds: kinds}, p.Bool("redact", reversible) || reversible, p.Bool("not", false)}
	form, ok := placeholderOf(p.Text("placeholder", choose(reversible, numberedForm, plainForm)), reversible)
	if !ok {
		p.Fail("placeholder", "Must be {type}%s in brackets, with other signs of ASCII around", choose(reversible, " and {n}", ""))
	}
	d.form = form
	return d
}

func (d *detector) Check(_ context.Context, in *Input) (Verdict, error) {
	r := in.Redactor
	if r == nil {
		r = NewRedactor()
	}
	at := *d
	if in.Event == After {
		at.form = d.inAnswers()
	}
	counts := map[find.Kind]int{}
	texts, changed := make([]string, len(in.Texts)), false
	for i, t := range in.Texts {
		redacted, spans := at.one(t.Text, r)
		for _, s := range spans {
			counts[s.Kind]++
		}
		texts[i] = redacted
		changed = changed || redacted != t.Text
	}
	v := d.verdict(counts)
	if d.redact && changed {
		v.Texts = texts
	}
	return v, nil
}

// one is a text without what has been found in it.
func (d *detector) one(text string, r *Redactor) (string, []find.Span) {
	if isDocument(text) {
		changes, spans := d.document(text, r)
		return changed(text, changes), spans
	}
	spans := find.Spans(text, d.kinds)
	if !d.redact {
		return text, spans
	}
	return d.text(text, spans, r), spans
}

// verdict tells how often each kind was found, and never what.
func (d *detector) verdict(counts map[find.Kind]int) Verdict {
	var what []string
	detected := map[string]int{}
	for k := range find.Kind(32) {
		if n := counts[k]; n > 0 {
			what = append(what, k.Label())
			detected[k.Label()] = n
		}
	}
	slices.Sort(what)
	pass := len(what) == 0 || d.redact
	if d.not {
		pass = len(what) > 0
	}
	explanation := "nothing was found"
	if len(what) > 0 {
		explanation = fmt.Sprintf("%s: %s", choose(d.redact, "redacted", "found"), strings.Join(what, ", "))
	}
	return found(pass, struct {
		Verdict     bool           `json:"verdict"`
		Not         bool           `json:"not"`
		Explanation string         `json:"explanation"`
		Detected    map[string]int `json:"detected"`
	}{pass, d.not, explanation, detected})
}

// Replaces reports whether the check takes out what it finds.
func (d *detector) Replaces() bool { return d.redact }

// Window is the longest of what is taken out, with what has to follow it. A
// check that takes everything out never fails; one that fails has to see the
// whole text, since a part of a long number may be a card's.
func (d *detector) Window() int {
	switch {
	case d.not || !d.redact:
		return 0
	case d.kinds.Has(find.Key):
		return find.LongestKey
	}
	return find.Longest
}

// Changes has no numbers: nobody restores what was taken out of an answer.
func (d *detector) Changes(text string, from int) []Change {
	var changes []Change
	form := d.inAnswers()
	for _, s := range find.SpansFrom(text, from, d.kinds) {
		changes = append(changes, Change{s.Start, s.End, form.text(s.Kind.Label(), 0)})
	}
	return changes
}

// DocumentChanges are those to a JSON text, which stays one.
func (d *detector) DocumentChanges(text string) []Change {
	at := d.redaction
	at.form = d.inAnswers()
	changes, _ := at.document(text, NewRedactor())
	return changes
}

func (d *detector) inAnswers() placeholder {
	form := d.form
	form.numbered = false
	return form
}
