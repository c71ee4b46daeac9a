package openairesponses

import (
	"cmp"
	"crypto/rand"
	"strconv"
	"strings"
	"time"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// EncodeResponse writes a whole answer for a client: the full object, since
// typed clients miss what is left out. What the gateway does not know of the
// request is null or the API's default.
func (Codec) EncodeResponse(r *llm.Response, o dialect.Options) ([]byte, error) {
	var c llm.Choice
	if len(r.Choices) > 0 {
		c = r.Choices[0] // the API has one answer
	}
	a := newAnswer(r.ID, cmp.Or(r.Model, o.Model), r.Created, r.Native, o)
	a.native = override(a.native, own(c.Native))
	a.usage = r.Usage
	if a.usage == nil && !a.own {
		a.usage = usageOr(nil, o.Estimate)
	}
	a.status, a.reason = ending(c.Finish, refuses(c.Parts))
	a.output = a.itemize(c.Parts)
	w := writer{json.Writer{B: make([]byte, 0, 2048)}}
	w.B = append(w.B, '{')
	w.answer(a, o.Provider)
	w.Close('}')
	return w.B, nil
}

// answer is what a response object says.
type answer struct {
	own            bool        // it came from this dialect: nothing is added
	asked          json.Object // what is repeated of the request
	upstream       llm.Dialect // whose thoughts are meant when nobody says
	id, base       string
	model          string
	created        int64
	native         json.Object
	status, reason string
	failure        *llm.Error
	output         []json.Value
	usage          *llm.Usage
}

func newAnswer(id, model string, created int64, n llm.Native, o dialect.Options) *answer {
	a := &answer{own: n.Dialect == llm.OpenAIResponses, model: model, created: cmp.Or(created, time.Now().Unix()), native: own(n), upstream: o.Upstream}
	if !a.own {
		a.asked = asked(o.Request)
	}
	a.id = responseID(id, a.own)
	a.base = clean(strings.TrimPrefix(a.id, idPrefix))
	return a
}

const idPrefix = "resp_"

// responseID is an id in the form that clients know.
func responseID(id string, own bool) string {
	switch {
	case id == "":
		return idPrefix + rand.Text()
	case own || strings.HasPrefix(id, idPrefix):
		return id
	}
	for _, prefix := range []string{"chatcmpl-", "msg_"} {
		id = strings.TrimPrefix(id, prefix)
	}
	return idPrefix + cmp.Or(clean(id), rand.Text())
}

func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if dialect.IllegalInName(r) {
			return -1
		}
		return r
	}, s)
	return s[:min(len(s), maxName)]
}

// itemID is the id of an item that has none of its own.
func (a *answer) itemID(prefix string, n int) string {
	return prefix + a.base + "_" + strconv.Itoa(n)
}

// override returns the members of base with those of over in their place.
func override(base, over json.Object) json.Object {
	for _, m := range over {
		found := false
		for i := range base {
			if base[i].Name == m.Name {
				base[i].Value, found = m.Value, true
			}
		}
		if !found {
			base = append(base, m)
		}
	}
	return base
}

// answer writes the members of a response object.
func (w *writer) answer(a *answer, provider string) {
	w.Str("id", a.id)
	w.Str("object", "response")
	w.Int("created_at", a.created)
	w.Str("status", a.status)
	if a.failure != nil {
		w.failure(a.failure)
	} else {
		w.Raw("error", markNull)
	}
	if a.reason == "" {
		w.Raw("incomplete_details", markNull)
	} else {
		w.Open("incomplete_details", '{')
		w.Str("reason", a.reason)
		w.Close('}')
	}
	w.Str("model", a.model)
	w.Array("output", a.output)
	w.Rest(a.asked, names(a.native)...)
	if a.usage != nil {
		w.usage(a.usage)
	} else {
		w.Raw("usage", markNull)
	}
	if provider != "" {
		w.Str("provider", provider)
		w.Rest(a.native, "provider")
	} else {
		w.Rest(a.native)
	}
}
