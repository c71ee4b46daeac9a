package embed

import (
	"net/http"
	"slices"
	"strconv"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Like is the form of a provider that differs from OpenAI's in a few names:
// the client's body is spliced, and the answer goes on as it came, but for
// the form of its vectors. It is a [dialect.Task].
type Like struct {
	Rename [][2]string // members, from OpenAI's name to the provider's
	Drop   []string    // members that the provider answers 400 or 422 to
	List   bool        // a single input must be a list too
	Packs  bool        // knows encoding_format as OpenAI does
	// Media writes inputs that have images or videos: the member and the
	// path, empty where it is the usual one. Nil sends them as they came.
	Media func(r *Request) (name string, inputs json.Value, path string, err error)
}

var _ dialect.Task = Like{}

// Prepare implements [dialect.Task].
func (l Like) Prepare(in core.Incoming, t dialect.Target) (dialect.TaskExchange, error) {
	r, err := DecodeRequest(in.Body)
	if err != nil {
		return nil, err
	}
	x := &alike{request: r}
	edits := []json.Edit{{Name: "model", Value: json.Quote(t.Model)}}
	if t.Model == r.Model {
		edits = nil
	}
	inputs, err := l.inputs(x)
	if err != nil {
		return nil, err
	}
	edits = append(append(edits, inputs...), l.names(x)...)
	x.body, err = json.Splice(in.Body, edits...)
	return x, err
}

func (l Like) inputs(x *alike) ([]json.Edit, error) {
	r := x.request
	if l.Media != nil && slices.ContainsFunc(r.Inputs, func(in Input) bool { return in.Image != nil || in.Video != nil }) {
		name, value, path, err := l.Media(r)
		x.path = path
		return []json.Edit{{Name: "input"}, {Name: name, Value: value}}, err
	}
	if v := r.Member("input"); l.List && v.Kind() == '"' {
		return []json.Edit{{Name: "input", Value: slices.Concat(json.Value("["), v, json.Value("]"))}}, nil
	}
	return nil, nil
}

// names brings members under the provider's names. Where the client has used
// these itself, they count.
func (l Like) names(x *alike) []json.Edit {
	var edits []json.Edit
	r := x.request
	for _, name := range l.Drop {
		if r.Member(name) != nil {
			edits = append(edits, json.Edit{Name: name})
			x.dropped = append(x.dropped, name)
		}
	}
	for _, names := range l.Rename {
		v := r.Member(names[0])
		if v == nil {
			continue
		}
		edits = append(edits, json.Edit{Name: names[0]})
		if r.Member(names[1]) == nil {
			edits = append(edits, json.Edit{Name: names[1], Value: v})
		} else {
			x.dropped = append(x.dropped, names[0])
		}
	}
	if r.Member("encoding_format") != nil && !l.Packs {
		edits = append(edits, json.Edit{Name: "encoding_format"})
	}
	return edits
}

type alike struct {
	request *Request
	body    []byte
	path    string
	dropped []string
}

func (x *alike) Body() []byte                                    { return x.body }
func (x *alike) ContentType() string                             { return "" }
func (x *alike) Path() string                                    { return x.path }
func (x *alike) Dropped() []string                               { return x.dropped }
func (x *alike) DecodeError(int, http.Header, []byte) *llm.Error { return nil }

// Answer makes sure that vectors and usage are as OpenAI's clients read them.
// A type of number that OpenAI has not is left as it is.
func (x *alike) Answer(_ http.Header, body []byte) (dialect.TaskAnswer, error) {
	m, err := json.Pick(body, "data", "usage", "model")
	if err != nil || m[0].Kind() != '[' {
		return dialect.TaskAnswer{}, llm.Errorf(llm.Upstream, "its answer has no vectors")
	}
	a := dialect.TaskAnswer{Usage: dialect.TaskUsage(m[1]), Model: json.Unquote(m[2]), Body: body}
	if x.request.Member("output_dtype") == nil && x.request.Member("embedding_type") == nil {
		a.Body = Conform(body, x.request.Base64)
	}
	if a.Usage != nil && json.Lookup(m[1], "prompt_tokens") == nil {
		usage, err := json.Splice(m[1], json.Edit{Name: "prompt_tokens", Value: json.Value(strconv.FormatInt(a.Usage.Input, 10))})
		if err != nil {
			return a, err
		}
		a.Body, err = json.Splice(a.Body, json.Edit{Name: "usage", Value: usage})
		return a, err
	}
	return a, nil
}
