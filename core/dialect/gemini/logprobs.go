package gemini

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// logprobs reads how likely the tokens of a candidate were, each beside the
// likeliest in its place.
//
// https://ai.google.dev/api/generate-content#LogprobsResult
func logprobs(native json.Object) []llm.TokenLogprob {
	result := native.Get("logprobsResult")
	if result == nil {
		return nil
	}
	chosen := likely(json.Lookup(result, "chosenCandidates"))
	top, _ := json.Elements(json.Lookup(result, "topCandidates"))
	for i := range chosen {
		if i < len(top) {
			chosen[i].Top = likely(json.Lookup(top[i], "candidates"))
		}
	}
	return chosen
}

func likely(list json.Value) []llm.TokenLogprob {
	all, _ := json.Elements(list)
	out := make([]llm.TokenLogprob, len(all))
	for i, v := range all {
		out[i] = llm.TokenLogprob{Token: json.Unquote(json.Lookup(v, "token")), Logprob: llm.NumberOf(json.Lookup(v, "logProbability"))}
	}
	return out
}

// logprobsResult writes them for a client of this dialect.
func logprobsResult(all []llm.TokenLogprob) json.Value {
	if all == nil {
		return nil
	}
	var chosen, top []json.Value
	for _, t := range all {
		chosen = append(chosen, tokenObject(t))
		var likeliest []json.Value
		for _, o := range t.Top {
			likeliest = append(likeliest, tokenObject(o))
		}
		top = append(top, json.Object{json.Named("candidates", array(likeliest))}.Value())
	}
	return json.Object{json.Named("topCandidates", array(top)), json.Named("chosenCandidates", array(chosen))}.Value()
}

func tokenObject(t llm.TokenLogprob) json.Value {
	o := json.Object{json.Named("token", json.Quote(t.Token))}
	o.Add("logProbability", t.Logprob.Value())
	return o.Value()
}
