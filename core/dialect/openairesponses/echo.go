package openairesponses

import (
	"slices"

	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
)

// defaults are what a client is told of members that its request does not
// have, or that are not known any more.
var defaults = json.ObjectOf(json.Value(`{"background":false,"instructions":null,"max_output_tokens":null,"max_tool_calls":null,"metadata":{},` +
	`"parallel_tool_calls":true,"previous_response_id":null,"prompt_cache_key":null,"reasoning":{"effort":null,"summary":null},` +
	`"safety_identifier":null,"store":null,"temperature":null,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],` +
	`"top_logprobs":0,"top_p":null,"truncation":"disabled","user":null}`))

// unsure are the members that are left out when nothing of the request is
// known: an answer does not say of them what may be wrong.
var unsure = []string{"max_tool_calls", "prompt_cache_key", "safety_identifier", "store", "top_logprobs"}

// Echo picks what an answer repeats of the body of a request, for
// [dialect.Options]. stored says whether the answer will be kept, whatever the
// request asks for. A body that cannot be read has nothing to repeat.
func Echo(body []byte, stored bool) json.Value {
	names := names(defaults)
	values, err := json.Pick(body, names...)
	if err != nil {
		return nil
	}
	w := json.NewWriter("{")
	for i, m := range defaults {
		switch v := openaiwire.NotNull(values[i]); {
		case m.Name == "store":
			w.Bool(m.Name, stored)
		case v == nil:
			w.Raw(m.Name, m.Value)
		case m.Value.Kind() == '{' && v.Kind() == '{': // reasoning and text: what is not said stands there, too
			w.Raw(m.Name, orObject(json.Join(v, absent(m.Value, v)...)))
		default:
			w.Raw(m.Name, v)
		}
	}
	w.Close('}')
	return w.B
}

// absent are the members of base that v does not have.
func absent(base, v json.Value) []json.Member {
	var out []json.Member
	for _, m := range json.ObjectOf(base) {
		if json.Lookup(v, m.Name) == nil {
			out = append(out, m)
		}
	}
	return out
}

// asked are the members that an answer has of its request.
func asked(echo json.Value) json.Object {
	if echo != nil {
		return json.ObjectOf(echo)
	}
	return slices.DeleteFunc(slices.Clone(defaults), func(m json.Member) bool { return slices.Contains(unsure, m.Name) })
}

func names(o json.Object) []string {
	out := make([]string, len(o))
	for i, m := range o {
		out[i] = m.Name
	}
	return out
}
