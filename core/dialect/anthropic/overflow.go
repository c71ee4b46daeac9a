package anthropic

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Claude Code makes its context smaller when it reads the API's own words for
// a full one, and is stuck when it reads any others:
//
//	prompt is too long: 205182 tokens > 200000 maximum
//	input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, …
const (
	tooLong = "prompt is too long"
	tooMuch = "exceed context limit"
)

// overflowTexts are how providers say that the context is full, in lower
// case.
var overflowTexts = []string{
	tooLong, tooMuch,
	"maximum context length", "maximum prompt length", "maximum model length", "context length exceeded",
	"exceeds the context window", "exceed the context window", "context window exceeded", "available context size",
	"input is too long", "input tokens exceed", "too many input tokens", "too many tokens", "input token count",
	"reduce the length of",
}

func overflows(lower string) bool {
	for _, s := range overflowTexts {
		if strings.Contains(lower, s) {
			return true
		}
	}
	return false
}

// overflowPatterns find the tokens that were sent (n) and those that fit (m).
var overflowPatterns = sync.OnceValue(func() []*regexp.Regexp {
	const n, m = `(?P<n>\d[\d,]*)`, `(?P<m>\d[\d,]*)`
	var out []*regexp.Regexp
	for _, p := range []string{
		// OpenAI, Azure, DeepSeek, OpenRouter, vLLM
		`maximum context length is ` + m + ` tokens\b.*?(?:resulted in|you requested(?: about)?|contains(?: at least)?|request has) ` + n,
		// OpenAI Responses
		`configured limit of ` + m + ` tokens\b.*?resulted in ` + n,
		// Gemini
		`input token count \(` + n + `\) exceeds the maximum number of tokens allowed \(` + m + `\)`,
		`input token count is ` + n + ` but model only supports up to ` + m,
		// Bedrock
		`max input tokens: ` + m + `, request input token count: ` + n,
		// Mistral
		`prompt contains ` + n + ` tokens\b.*? ` + m + ` maximum context length`,
		// xAI
		`maximum prompt length is ` + m + ` but the request contains ` + n,
		// Cohere
		`cannot exceed ` + m + `\b.*?received ` + n,
		// vLLM, older
		`prompt \(length ` + n + `\) is longer than the maximum model length of ` + m,
		`input length \(` + n + `\) exceeds model's maximum context length \(` + m + `\)`,
		// llama.cpp
		`request \(` + n + ` tokens\) exceeds the available context size \(` + m + ` tokens\)`,
		// Together, TGI
		`must be <= ` + m + `\. given: ` + n,
	} {
		out = append(out, regexp.MustCompile(`(?is)`+p))
	}
	return out
})

// overflowText says in the API's words that the context is full, with the
// provider's text behind.
func overflowText(text string) string {
	if strings.Contains(text, tooLong) || strings.Contains(text, tooMuch) {
		return text
	}
	for _, re := range overflowPatterns() {
		found := re.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		number := func(name string) string { return strings.ReplaceAll(found[re.SubexpIndex(name)], ",", "") }
		return fmt.Sprintf("%s: %s tokens > %s maximum (%s)", tooLong, number("n"), number("m"), text)
	}
	return tooLong + ": " + text
}
