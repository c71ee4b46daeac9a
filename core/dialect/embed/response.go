package embed

import (
	"strconv"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Response has one vector for each input, in their order.
type Response struct {
	Model   string // that answered; empty: the one that was asked
	Vectors []Vector
	Usage   *llm.Usage // nil: nobody reported any
}

// A Vector is one embedding: either of Numbers and Base64 is set. Whoever
// needs the other form gets it by [Response.Encode].
type Vector struct {
	Numbers json.Value    // a list, each number as the provider wrote it
	Base64  string        // float32, little endian
	Beside  []json.Member // members of the entry beside the vector, such as the vector of an image
}

// DecodeResponse reads OpenAI's form. An answer that is in another order is
// put into that of the inputs.
func DecodeResponse(body []byte) (*Response, error) {
	m, err := json.Pick(body, "data", "model", "usage")
	if err != nil {
		return nil, err
	}
	entries, err := json.Elements(m[0])
	if err != nil {
		return nil, llm.Errorf(llm.Upstream, "its answer has no vectors")
	}
	r := &Response{Model: json.Unquote(m[1]), Vectors: make([]Vector, len(entries)), Usage: usageOf(m[2])}
	for i, e := range entries {
		at, v, err := decodeEntry(e, i)
		if err != nil || at < 0 || at >= len(entries) || r.Vectors[at].set() {
			return nil, llm.Errorf(llm.Upstream, "its answer has a vector that cannot be read")
		}
		r.Vectors[at] = v
	}
	return r, nil
}

func decodeEntry(e json.Value, i int) (at int, v Vector, err error) {
	members, err := json.Members(e)
	if err != nil {
		return 0, v, err
	}
	at = i
	for _, m := range members {
		switch m.Name {
		case "object":
		case "index":
			at, err = strconv.Atoi(string(m.Value))
		case "embedding":
			v.Numbers, v.Base64 = m.Value, json.Unquote(m.Value)
		default:
			v.Beside = append(v.Beside, m)
		}
		if err != nil {
			return 0, v, err
		}
	}
	if v.Numbers.Kind() != '[' {
		v.Numbers = nil
	}
	if !v.set() {
		err = llm.Errorf(llm.Upstream, "an entry has no vector")
	}
	return at, v, err
}

func (v *Vector) set() bool { return v.Numbers != nil || v.Base64 != "" }

// Encode writes OpenAI's form, with vectors as q wants them.
func (r *Response) Encode(q *Request) ([]byte, error) {
	b := []byte(`{"object":"list","data":[`)
	for i, v := range r.Vectors {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"object":"embedding","index":`...), int64(i), 10)
		b = append(b, `,"embedding":`...)
		var err error
		if b, err = v.append(b, q.Base64); err != nil {
			return nil, err
		}
		for _, m := range v.Beside {
			b = append(append(json.AppendQuote(append(b, ','), m.Name), ':'), m.Value...)
		}
		b = append(b, '}')
	}
	model := r.Model
	if model == "" {
		model = q.Model
	}
	b = json.AppendQuote(append(b, `],"model":`...), model)
	return append(appendUsage(append(b, `,"usage":`...), r.Usage), '}'), nil
}

func (v *Vector) append(dst []byte, base64 bool) ([]byte, error) {
	switch {
	case base64 && v.Base64 == "":
		return appendPacked(dst, v.Numbers)
	case base64:
		return json.AppendQuote(dst, v.Base64), nil
	case v.Numbers == nil:
		return appendUnpacked(dst, v.Base64)
	}
	return append(dst, v.Numbers...), nil
}

// appendUsage writes zeros for what nobody reported: clients read the member
// without looking whether it is there.
func appendUsage(dst []byte, u *llm.Usage) []byte {
	if u == nil {
		u = &llm.Usage{}
	}
	dst = strconv.AppendInt(append(dst, `{"prompt_tokens":`...), u.Prompt(), 10)
	return append(strconv.AppendInt(append(dst, `,"total_tokens":`...), u.Total(), 10), '}')
}
