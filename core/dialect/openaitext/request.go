package openaitext

import (
	"cmp"
	"strconv"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// request is the body of POST /completions. Members without a word in package
// llm (suffix, echo, best_of, logprobs, …) stay in Rest.
type request struct {
	Model            string            `json:"model"`
	Prompt           json.Value        `json:"prompt"`
	MaxTokens        *int64            `json:"max_tokens"`
	Temperature      openaiwire.Number `json:"temperature"`
	TopP             openaiwire.Number `json:"top_p"`
	TopK             *int64            `json:"top_k"` // not OpenAI's
	FrequencyPenalty openaiwire.Number `json:"frequency_penalty"`
	PresencePenalty  openaiwire.Number `json:"presence_penalty"`
	Seed             *int64            `json:"seed"`
	Stop             openaiwire.Stops  `json:"stop"`
	N                *int64            `json:"n"`
	User             string            `json:"user"`
	Stream           bool              `json:"stream"`
	StreamOptions    *struct {
		IncludeUsage *bool      `json:"include_usage"`
		Rest         json.Value `json:",embed"`
	} `json:"stream_options"`
	Rest json.Value `json:",embed"`
}

// DecodeRequest reads the body of a completion request. Errors are *llm.Error
// of kind BadRequest that name the place in the body. A prompt that is not one
// text is a part that only this dialect has a word for.
func (Codec) DecodeRequest(in core.Incoming) (*llm.Request, error) {
	var q request
	if err := json.Unmarshal(in.Body, &q); err != nil {
		path, what := json.Problem(err)
		return nil, dialect.BadMember(path, what)
	}
	turns, err := decodePrompt(q.Prompt)
	if err := cmp.Or(err, atLeast("max_tokens", q.MaxTokens, 0), atLeast("n", q.N, 1)); err != nil {
		return nil, err
	}
	r := &llm.Request{
		Model: cmp.Or(q.Model, in.Model), Turns: turns, MaxTokens: q.MaxTokens,
		Temperature: llm.Number(q.Temperature), TopP: llm.Number(q.TopP), TopK: q.TopK,
		FrequencyPenalty: llm.Number(q.FrequencyPenalty), PresencePenalty: llm.Number(q.PresencePenalty),
		Seed: q.Seed, Stop: q.Stop, N: q.N, User: q.User, Stream: q.Stream,
	}
	var options json.Value
	if o := q.StreamOptions; o != nil {
		r.IncludeUsage, options = o.IncludeUsage, o.Rest
	}
	r.Native = residue(q.Rest, json.Named("stream_options", options))
	return r, nil
}

func atLeast(name string, n *int64, least int64) error {
	if n != nil && *n < least {
		return dialect.BadMember(name, "must be at least "+strconv.FormatInt(least, 10))
	}
	return nil
}

// promptKind is the kind of the [llm.Foreign] part for prompts that are not
// one text; the member of the same name in its residue has them.
const promptKind = "prompt"

// decodePrompt makes the turns of a prompt. None was sent if it is null.
func decodePrompt(v json.Value) ([]llm.Turn, error) {
	switch v.Kind() {
	case 0, 'n':
		return nil, nil
	case '"':
		return userTurn(&llm.Text{Text: json.Unquote(v)}), nil
	}
	all, err := json.Elements(v)
	if err != nil || !prompts(all) {
		return nil, dialect.BadMember("prompt", "must be a string, an array of strings, an array of token ids or an array of such arrays")
	}
	if len(all) == 1 && all[0].Kind() == '"' {
		return userTurn(&llm.Text{Text: json.Unquote(all[0])}), nil
	}
	return userTurn(&llm.Foreign{Kind: promptKind, Native: residue(nil, json.Named(promptKind, v))}), nil
}

func userTurn(p llm.Part) []llm.Turn { return []llm.Turn{{Role: llm.User, Parts: []llm.Part{p}}} }

// prompts reports whether an array is of one kind of what may be a prompt.
func prompts(all []json.Value) bool {
	if len(all) == 0 {
		return false
	}
	kind := all[0].Kind()
	for _, v := range all {
		switch {
		case v.Kind() != kind:
			return false
		case kind == '[':
			ids, err := json.Elements(v)
			if err != nil || !prompts(ids) || ids[0].Kind() != '0' {
				return false
			}
		case kind != '"' && kind != '0':
			return false
		}
	}
	return true
}
