package embed

import (
	"strconv"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// WorkersAI is the form of Cloudflare Workers AI, with its envelope.
//
// https://developers.cloudflare.com/workers-ai/models/bge-m3/
var WorkersAI = Form{
	Encode: func(r *Request, t dialect.Target) (Call, error) {
		w := json.NewWriter("{")
		err := texts(&w, "text", r, t)
		w.Raw("pooling", r.Member("pooling"))
		w.Close('}')
		return Call{Bodies: [][]byte{w.B}, Said: []string{"pooling"}}, err
	},
	Decode: func(_ *Request, a dialect.Answered) (*Response, error) {
		return vectors(json.Lookup(a.Body, "result", "data"))
	},
}

// Ollama is the form of Ollama's own API.
//
// https://docs.ollama.com/api/embed
var Ollama = Form{
	Encode: func(r *Request, t dialect.Target) (Call, error) {
		said := []string{"truncate", "keep_alive", "options"}
		w := json.NewWriter("{")
		w.Str("model", t.Model)
		err := texts(&w, "input", r, t)
		if r.Dimensions > 0 {
			w.Int("dimensions", r.Dimensions)
		}
		for _, name := range said {
			w.Raw(name, r.Member(name))
		}
		w.Close('}')
		return Call{Bodies: [][]byte{w.B}, Said: append(said, "dimensions")}, err
	},
	Decode: func(_ *Request, a dialect.Answered) (*Response, error) {
		r, err := vectors(json.Lookup(a.Body, "embeddings"))
		if err != nil {
			return nil, err
		}
		r.Model = json.Unquote(json.Lookup(a.Body, "model"))
		if n, err := strconv.ParseInt(string(json.Lookup(a.Body, "prompt_eval_count")), 10, 64); err == nil && n > 0 {
			r.Usage = &llm.Usage{Input: n}
		}
		return r, nil
	},
}

// texts writes the inputs as a list of texts.
func texts(w *json.Writer, name string, r *Request, t dialect.Target) error {
	all, err := r.Texts(t.Provider)
	if err != nil {
		return err
	}
	w.Open(name, '[')
	for _, s := range all {
		w.Element(json.Quote(s))
	}
	w.Close(']')
	return nil
}

// vectors reads a list of lists of numbers.
func vectors(v json.Value) (*Response, error) {
	all, err := json.Elements(v)
	if err != nil {
		return nil, llm.Errorf(llm.Upstream, "its answer has no vectors")
	}
	r := &Response{}
	for _, v := range all {
		r.Vectors = append(r.Vectors, Vector{Numbers: v})
	}
	return r, nil
}
