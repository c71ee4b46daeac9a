package logs

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/internal/redact"
)

// redacted is a body without personal data and secrets, as far as they are
// recognised.
func (k *keeper) redacted(kind string, data []byte) []byte {
	switch {
	case kind == frame.SSEFormat.ContentType():
		return k.frames(frame.SSE(bytes.NewReader(data), 0), appendSSE)
	case kind == frame.NDJSONFormat.ContentType():
		return k.frames(frame.NDJSON(bytes.NewReader(data), 0), appendLine)
	case isJSON(data):
		return k.documents(data)
	}
	return []byte(k.redactor.Clean("", string(data)))
}

func appendSSE(dst []byte, event string, data []byte) []byte {
	return frame.AppendSSE(dst, event, data)
}

func appendLine(dst []byte, _ string, data []byte) []byte { return append(append(dst, data...), '\n') }

// A site is where leaves stand that are read together: those with one path in
// all elements of a list or frames of a stream, as far as they are of one block
// or choice.
type site struct{ path, which string }

// documents cleans a JSON text. The elements of a list may be the pieces of a
// stream, as Gemini sends one without server-sent events.
func (k *keeper) documents(data []byte) []byte {
	leaves := scan(data).leaves
	groups := map[site][]*leaf{}
	for i := range leaves {
		l := &leaves[i]
		if path, ok := inElement(l.path); ok && !l.isName {
			groups[site{path, ""}] = append(groups[site{path, ""}], l)
		} else {
			l.cleaned = k.leaf(l)
		}
	}
	k.clean(groups)
	return apply(data, edits(leaves))
}

// inElement is a path within the element of a list.
func inElement(path string) (string, bool) {
	list, path, ok := strings.Cut(path, "]")
	return path, ok && path != "" && strings.HasPrefix(list, "[")
}

// frames cleans a stream. What a model says comes in pieces that are smaller
// than a word: they are read together, and what is found across them stands in
// the first.
func (k *keeper) frames(seq frame.Seq, add func(dst []byte, event string, data []byte) []byte) []byte {
	var all []frame.Frame
	var leaves [][]leaf
	groups := map[site][]*leaf{}
	for f, err := range seq {
		if err != nil {
			break // nothing behind it can be read
		}
		all = append(all, f.Clone())
		var found []leaf
		if isJSON(f.Data) {
			found = scan(f.Data).leaves
		}
		which := indexes(found)
		for i := range found {
			l := &found[i]
			if at := (site{l.path, which}); !l.isName {
				groups[at] = append(groups[at], l)
			} else {
				l.cleaned = k.leaf(l)
			}
		}
		leaves = append(leaves, found)
	}
	k.clean(groups)
	var out []byte
	for i, f := range all {
		switch es := edits(leaves[i]); {
		case len(es) > 0:
			out = add(out, f.Event, apply(f.Data, es))
		case len(leaves[i]) > 0:
			out = append(out, f.Raw...)
		default: // a comment, [DONE], plain text
			out = append(out, k.redactor.Clean("", string(f.Raw))...)
		}
	}
	return out
}

// indexes tell the blocks and choices of a stream apart.
func indexes(leaves []leaf) string {
	var b strings.Builder
	for _, l := range leaves {
		if !l.isName && strings.HasSuffix(strings.ToLower(l.member), "index") {
			b.WriteString(l.text + ",")
		}
	}
	return b.String()
}

// clean finds what is to stand in place of leaves. What was found in one of them
// stays hidden, whatever it reads like beside the others.
func (k *keeper) clean(groups map[site][]*leaf) {
	for _, g := range groups {
		var all, apart strings.Builder
		same := true
		for _, l := range g {
			l.cleaned = k.leaf(l)
			same = same && l.text == g[0].text
			apart.WriteString(l.cleaned)
			if isWhole(l.cleaned) {
				all.WriteString(l.cleaned)
			} else {
				all.WriteString(l.text)
			}
		}
		if same {
			continue
		}
		together := k.redactor.Hide(k.redactor.Clean(g[0].member, all.String()), apart.String())
		if together != apart.String() {
			for _, l := range g {
				l.cleaned = ""
			}
			g[0].cleaned = together
		}
	}
}

// wholes are what stands in place of values as a whole, not of something that
// was found in them.
var wholes = regexp.MustCompile(`^(\*+|(data:[^"]*;)?\[[0-9]+ bytes\])$`)

func isWhole(cleaned string) bool { return wholes.MatchString(cleaned) }

// A saying is what a leaf says. The frames of a stream repeat most of theirs.
type saying struct {
	member, text string
	isName       bool
}

// leaf cleans a single value, or takes what has come of an equal one.
func (k *keeper) leaf(l *leaf) string {
	of := saying{l.member, l.text, l.isName}
	cleaned, ok := k.said[of]
	if !ok {
		cleaned = k.value(l)
		k.said[of] = cleaned
	}
	return cleaned
}

// longData is from how many bytes a string in base64 is taken for an image or
// the like, of which nobody knows what it shows.
const longData = 1024

func (k *keeper) value(l *leaf) string {
	head, data, isURL := strings.Cut(l.text, ";base64,")
	switch {
	case l.isName:
	case isURL && strings.HasPrefix(head, "data:"):
		return fmt.Sprintf("%s;[%d bytes]", head, len(data))
	case len(l.text) >= longData && isBase64(l.text):
		return fmt.Sprintf("[%d bytes]", len(l.text))
	case len(l.text) >= 8 && redact.Named(l.member) && !strings.ContainsAny(l.text, " \t\r\n") && strings.Trim(l.text, "0123456789") != "":
		return redact.Mask
	}
	return k.redactor.Clean(l.member, l.text)
}

// edits are what has changed. A number becomes a string.
func edits(leaves []leaf) []edit {
	var list []edit
	for i := range leaves {
		if l := &leaves[i]; l.cleaned != l.text {
			list = append(list, edit{l.start, l.end, json.Quote(l.cleaned)})
		}
	}
	return list
}

// readable is an event stream of AWS as server-sent events, as far as it was
// kept whole. Where its frames have the model's own JSON in base64, they are
// that.
func readable(data []byte) []byte {
	var out []byte
	for f, err := range frame.EventStream(bytes.NewReader(data), 0) {
		if err != nil {
			break
		}
		payload := f.Data
		if inner, err := base64.StdEncoding.DecodeString(json.Unquote(json.Lookup(payload, "bytes"))); err == nil && isJSON(inner) {
			payload = inner
		}
		out = frame.AppendSSE(out, f.Event, payload)
	}
	return out
}
