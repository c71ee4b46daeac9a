package openaichat

import (
	"strconv"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// logprobsOf reads how likely the tokens of an answer's content were. The
// object itself stays native.
func logprobsOf(v json.Value) []llm.TokenLogprob {
	all, _ := json.Elements(json.Lookup(v, "content"))
	var out []llm.TokenLogprob
	for _, t := range all {
		one := logprobOf(t)
		top, _ := json.Elements(json.Lookup(t, "top_logprobs"))
		for _, o := range top {
			one.Top = append(one.Top, logprobOf(o))
		}
		out = append(out, one)
	}
	return out
}

func logprobOf(v json.Value) llm.TokenLogprob {
	return llm.TokenLogprob{Token: json.Unquote(json.Lookup(v, "token")), Logprob: llm.NumberOf(json.Lookup(v, "logprob"))}
}

// logprobs writes those of another dialect's answer, and null where there are
// none.
func (w *writer) logprobs(all []llm.TokenLogprob) {
	if all == nil {
		w.Nullable("logprobs", "")
		return
	}
	w.Open("logprobs", '{')
	w.Open("content", '[')
	for _, t := range all {
		w.Open("", '{')
		w.logprob(t)
		w.Open("top_logprobs", '[')
		for _, o := range t.Top {
			w.Open("", '{')
			w.logprob(o)
			w.Close('}')
		}
		w.Close(']')
		w.Close('}')
	}
	w.Close(']')
	w.Close('}')
}

func (w *writer) logprob(t llm.TokenLogprob) {
	w.Str("token", t.Token)
	w.Raw("logprob", t.Logprob.Value())
	w.Open("bytes", '[')
	for _, c := range []byte(t.Token) {
		w.Element(strconv.AppendInt(nil, int64(c), 10))
	}
	w.Close(']')
}

// besideGemini writes what Gemini says of a choice and OpenAI has no word for,
// under Gemini's names: clients of the reference that are not strict get it.
// Safety ratings are Vertex AI's.
func (w *writer) besideGemini(n llm.Native, provider string) {
	for _, m := range json.ObjectOf(n.For(llm.Gemini)) {
		if m.Name == "groundingMetadata" || m.Name == "safetyRatings" && provider == "vertex-ai" {
			w.Raw(m.Name, m.Value)
		}
	}
}

func grounded(n llm.Native) bool {
	return json.Lookup(n.For(llm.Gemini), "groundingMetadata") != nil
}
