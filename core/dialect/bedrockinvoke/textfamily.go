package bedrockinvoke

import (
	"strings"

	"sluice/core/dialect/bedrock"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A textFamily is a family that takes a prompt and gives the text that
// follows it: the paths of its members, "" for what it does not have.
type textFamily struct {
	models []string // how the ids of its models begin
	sign   []string // members of a request, or of an answer, that no other family has

	prompt, maxTokens, temperature, topP, topK, stop, n, frequency, presence string

	// list is the member of an answer that has the answers; "" if the answer
	// itself is one. streamed says that chunks have it too.
	list         string
	streamed     bool
	text, reason string // in an answer
	in, out      string // counts of tokens: in the whole, and in each answer
	ends         ends
	last         string // a member of a chunk that says whether it is the last
	turns        bool   // the prompt must alternate between Human and Assistant
}

// ends are a family's words for why it stopped.
type ends struct{ stop, length, filter string }

// textFamilies are in the order in which their signs are looked for.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
var textFamilies = []*textFamily{
	{
		models: []string{"anthropic.claude-v", "anthropic.claude-instant"}, sign: []string{"max_tokens_to_sample", "completion"},
		prompt: "prompt", maxTokens: "max_tokens_to_sample", temperature: "temperature", topP: "top_p", topK: "top_k", stop: "stop_sequences",
		text: "completion", reason: "stop_reason", ends: ends{"stop_sequence", "max_tokens", ""}, turns: true,
	}, {
		models: []string{"meta.llama"}, sign: []string{"max_gen_len", "generation"},
		prompt: "prompt", maxTokens: "max_gen_len", temperature: "temperature", topP: "top_p",
		text: "generation", reason: "stop_reason", in: "prompt_token_count", out: "generation_token_count", ends: ends{"stop", "length", ""},
	}, {
		models: []string{"amazon.titan-text", "amazon.titan-tg1"}, sign: []string{"inputText", "results", "outputText"},
		prompt: "inputText", maxTokens: "textGenerationConfig.maxTokenCount", temperature: "textGenerationConfig.temperature",
		topP: "textGenerationConfig.topP", stop: "textGenerationConfig.stopSequences",
		list: "results", text: "outputText", reason: "completionReason", in: "inputTextTokenCount", out: "tokenCount", ends: ends{"FINISH", "LENGTH", "CONTENT_FILTERED"},
	}, {
		models: []string{"ai21.j2"}, sign: []string{"maxTokens", "numResults", "completions"},
		prompt: "prompt", maxTokens: "maxTokens", temperature: "temperature", topP: "topP", stop: "stopSequences", n: "numResults",
		frequency: "frequencyPenalty.scale", presence: "presencePenalty.scale",
		list: "completions", streamed: true, text: "data.text", reason: "finishReason.reason", ends: ends{"endoftext", "length", ""},
	}, {
		models: []string{"cohere.command-text", "cohere.command-light-text"}, sign: []string{"num_generations", "return_likelihoods", "generations", "generation_id", "is_finished"},
		prompt: "prompt", maxTokens: "max_tokens", temperature: "temperature", topP: "p", topK: "k", stop: "stop_sequences", n: "num_generations",
		list: "generations", text: "text", reason: "finish_reason", last: "is_finished", ends: ends{"COMPLETE", "MAX_TOKENS", "ERROR_TOXIC"},
	}, {
		models: []string{"deepseek.r1"}, sign: []string{},
		prompt: "prompt", maxTokens: "max_tokens", temperature: "temperature", topP: "top_p", stop: "stop",
		list: "choices", streamed: true, text: "text", reason: "stop_reason", ends: ends{"stop", "length", ""},
	}, {
		models: []string{"mistral.mistral-7b", "mistral.mixtral", "mistral.mistral-large-2402", "mistral.mistral-small-2402"}, sign: []string{"outputs"},
		prompt: "prompt", maxTokens: "max_tokens", temperature: "temperature", topP: "top_p", topK: "top_k", stop: "stop",
		list: "outputs", streamed: true, text: "text", reason: "stop_reason", ends: ends{"stop", "length", ""},
	},
}

// TakesPrompt reports whether a model takes a prompt and nothing else, as far
// as its id says.
func TakesPrompt(model string) bool { return textOfModel(model) != nil }

// textOfModel finds the family of a model's id; nil if it is none of these.
func textOfModel(model string) *textFamily {
	base := bedrock.BaseModel(model)
	for _, f := range textFamilies {
		for _, prefix := range f.models {
			if strings.HasPrefix(base, prefix) {
				return f
			}
		}
	}
	return nil
}

// textOfRequest finds the family of a body, by the model's id if that says
// enough. A body with a prompt and nothing that is special is Mistral's.
func textOfRequest(model string, body json.Value) *textFamily {
	if f := textOfModel(model); f != nil {
		return f
	}
	if f := bySign(body); f != nil {
		return f
	}
	if json.Lookup(body, "prompt") == nil {
		return nil
	}
	return textFamilies[len(textFamilies)-1]
}

// textOfAnswer finds the family of an answer or of a chunk; nil if it is none.
func textOfAnswer(v json.Value) *textFamily {
	if json.Lookup(v, "choices", "0", "text") != nil {
		return textOfModel("deepseek.r1")
	}
	for _, f := range textFamilies { // what it has beside may be of any family
		if f.list != "" && f.list != "choices" && json.Lookup(v, f.list).Kind() == '[' {
			return f
		}
	}
	return bySign(v)
}

func bySign(v json.Value) *textFamily {
	for _, f := range textFamilies {
		for _, name := range f.sign {
			if json.Lookup(v, name) != nil {
				return f
			}
		}
	}
	return nil
}

// textFinishes is what the families' words mean; an unknown one is
// [llm.FinishOther].
var textFinishes = map[string]llm.FinishReason{
	"stop": llm.FinishStop, "stop_sequence": llm.FinishStopSequence, "endoftext": llm.FinishStop, "end_turn": llm.FinishStop,
	"FINISH": llm.FinishStop, "FINISHED": llm.FinishStop, "COMPLETE": llm.FinishStop, "STOP_CRITERIA_MET": llm.FinishStopSequence,
	"length": llm.FinishLength, "max_tokens": llm.FinishLength, "LENGTH": llm.FinishLength, "MAX_TOKENS": llm.FinishLength,
	"CONTENT_FILTERED": llm.FinishContentFilter, "ERROR_TOXIC": llm.FinishContentFilter,
}

// endOf is the family's word for an end of any dialect.
func (f *textFamily) endOf(fin llm.Finish) string {
	if reason, ok := textFinishes[fin.Raw]; ok && reason == fin.Reason {
		return fin.Raw
	}
	switch {
	case fin.Reason == llm.FinishLength, fin.Reason == llm.FinishContextLength:
		return f.ends.length
	case fin.Reason == llm.FinishContentFilter && f.ends.filter != "":
		return f.ends.filter
	case fin.Reason == llm.FinishStop, fin.Reason == llm.FinishStopSequence:
		return f.ends.stop
	}
	if fin.Raw != "" {
		return fin.Raw
	}
	return string(fin.Reason)
}
