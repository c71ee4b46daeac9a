package main

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"sluice/core/price"
)

// after mend what is wrong in the same way for many models.
var after = []rule{
	{why: "prices of 0 for everything that do not mean free: unpriced", each: notFree},
	{why: "token prices of 0 beside a price for something else dropped", each: zeroTokens},
	{why: "cache prices of 0, which mean none apart, dropped", each: zeroCaches},
	{why: "cached input dearer than input dropped", each: dearCaches},
	{why: "prices of writing to Gemini's cache, which has none, dropped", providers: gemini, each: geminiWrites},
	{why: "prices of image input beside image tokens dropped", providers: gemini, each: imagesTwice},
	{why: "search prices stated under two names", providers: gemini, each: searchTwice},
	{why: "search priced for the prompt, not the query, before Gemini 3", providers: gemini, each: searchOnce},
	{why: "speech models of Gemini priced in tokens", providers: gemini, each: speechTokens},
	{why: "cached tokens in Gemini batches at the standard price", providers: gemini, each: geminiBatchCache},
	{why: "search fees of Sonar charged once", providers: []string{"perplexity-ai"}, each: sonarFees},
	{why: "images and videos a hundred times too cheap", providers: []string{"together-ai"}, each: hundredfold},
	{why: "cache prices of Nova", providers: []string{"bedrock"}, each: novaCaches},
	{why: "web search of Claude", providers: []string{"anthropic"}, each: claudeSearch},
	{why: "regional prices of Claude on Bedrock", providers: []string{"bedrock"}, all: claudeBedrock},
	{why: "regional prices of Claude on Vertex AI in all regions", providers: []string{"vertex-ai"}, each: claudeVertex},
	{why: "cache prices of Claude in every tier", each: claudeCaches},
	{why: "inference in the US of Claude", providers: []string{"anthropic"}, each: claudeGeo},
	{why: "dearer media in tiers that state plain tokens only", each: deriveMedia},
	{why: "tiers that change nothing dropped", each: redundant},
}

var gemini = []string{"google", "vertex-ai"}

// tools are priced beside whatever the model costs.
var tools = []string{"web_search", "file_search", "search", "maps", "x_search", "code_execution", "attachment_search", "enterprise_web_search"}

// free are the models that are free by the provider's own word.
// https://platform.openai.com/docs/guides/moderation, https://docs.z.ai/guides/overview/pricing
var free = regexp.MustCompile(`:free$|-moderation-|^glm-4\.(5|6v|7)-flash$|^openrouter/free$`)

// notFree: a price of 0 without a word is a price that nobody knew, and a
// model that costs nothing would never meet its budget.
func notFree(name string, e *price.Entry) bool {
	if e.Unpriced || free.MatchString(name) {
		return false
	}
	for _, r := range rates(e) {
		for unit, v := range r.PerUnit {
			if v > 0 && (unit == "search" || !slices.Contains(tools, unit)) { // search is what rankers sell
				return false
			}
		}
		if positive(r.Tokens) || positive(r.PerRequest) || len(r.Image) > 0 {
			return false
		}
	}
	e.Rates, e.Tiers, e.Unpriced = price.Rates{}, nil, true
	return true
}

// zeroTokens: without rates for tokens a model is priced by its units only,
// and one that reports no units is noticed.
func zeroTokens(_ string, e *price.Entry) (changed bool) {
	units := len(e.Image) > 0
	for unit, v := range e.PerUnit {
		units = units || v > 0 && !slices.Contains(tools, unit)
	}
	for _, r := range rates(e) {
		if units && !positive(r.Tokens) && len(r.Tokens) > 0 {
			r.Tokens, changed = nil, true
		}
		for _, medium := range []string{"audio_output", "image_output", "video_output"} {
			if v, ok := r.Tokens["output"]; ok && v == 0 && r.Tokens[medium] > 0 {
				delete(r.Tokens, "output")
				changed = true
			}
		}
		if v, ok := r.Tokens["audio_input"]; ok && v == 0 && r.Tokens["input"] > 0 {
			delete(r.Tokens, "audio_input")
			changed = true
		}
	}
	return changed
}

func zeroCaches(_ string, e *price.Entry) (changed bool) {
	for _, r := range rates(e) {
		for _, k := range []string{"cached_input", "cache_write", "cache_write_1h"} {
			if v, ok := r.Tokens[k]; ok && v == 0 && r.Tokens["input"] > 0 {
				delete(r.Tokens, k)
				changed = true
			}
		}
	}
	return changed
}

// dearCaches: no provider asks more for a token from its cache than for a
// fresh one; these are output or storage prices in the wrong place.
func dearCaches(_ string, e *price.Entry) (changed bool) {
	for _, r := range rates(e) {
		for cached, fresh := range map[string]string{"cached_input": "input", "cached_audio_input": "audio_input", "cached_image_input": "image_input"} {
			if v, ok := r.Tokens[fresh]; ok && r.Tokens[cached] > v {
				delete(r.Tokens, cached)
				changed = true
			}
		}
	}
	return changed
}

// geminiWrites: explicit caches cost storage by the hour, which no answer
// reports, and what is written to them is input.
// https://ai.google.dev/gemini-api/docs/pricing
func geminiWrites(name string, e *price.Entry) (changed bool) {
	for _, r := range rates(e) {
		if _, ok := r.Tokens["cache_write"]; ok && strings.HasPrefix(name, "gemini-") {
			delete(r.Tokens, "cache_write")
			changed = true
		}
	}
	return changed
}

func imagesTwice(name string, e *price.Entry) bool {
	_, ok := e.PerUnit["input_image"]
	if !ok || !strings.HasPrefix(name, "gemini-") {
		return false
	}
	delete(e.PerUnit, "input_image")
	return true
}

func searchTwice(_ string, e *price.Entry) bool {
	web, ok := e.PerUnit["web_search"]
	if !ok || e.PerUnit["search"] != web {
		return false
	}
	delete(e.PerUnit, "search")
	return true
}

// searchOnce: up to Gemini 2.5 a grounded prompt has one price, however many
// queries the model made; since then each query has.
// https://ai.google.dev/gemini-api/docs/pricing
func searchOnce(name string, e *price.Entry) (changed bool) {
	if !strings.HasPrefix(name, "gemini-1") && !strings.HasPrefix(name, "gemini-2") {
		return false
	}
	for _, unit := range []string{"web_search", "enterprise_web_search", "maps"} {
		changed = perRequest(&e.Rates, unit) || changed
	}
	return changed
}

func perRequest(r *price.Rates, unit string) bool {
	v, ok := r.PerUnit[unit]
	if ok {
		delete(r.PerUnit, unit)
		set(&r.PerRequest, unit, v)
	}
	return ok
}

// speechTokens: text tokens in, audio tokens out.
// https://ai.google.dev/gemini-api/docs/pricing#gemini-2.5-flash-preview-tts
func speechTokens(_ string, e *price.Entry) bool {
	if e.InputUnit == "" || e.Tokens["output"] == 0 {
		return false
	}
	e.InputUnit = ""
	return true
}

// geminiBatchCache: a hit in the cache costs in a batch what it costs
// elsewhere. https://ai.google.dev/gemini-api/docs/batch-api
func geminiBatchCache(name string, e *price.Entry) (changed bool) {
	if !strings.HasPrefix(name, "gemini-") {
		return false
	}
	for _, c := range e.Tiers {
		if _, ok := c.Tokens["cached_input"]; ok || c.Mode != price.Batch || len(c.Tokens) == 0 {
			continue
		}
		if v, ok := standardOf(e, c).Tokens["cached_input"]; ok && v <= c.Tokens["input"] {
			c.Tokens["cached_input"] = v
			changed = true
		}
	}
	return changed
}

// standardOf returns the rates that c differs from by its mode only, or the
// standard ones.
func standardOf(e *price.Entry, c price.Case) *price.Rates {
	for i, o := range e.Tiers {
		if o.Mode == "" && o.Above == c.Above && o.Regions == c.Regions {
			return &e.Tiers[i].Rates
		}
	}
	return &e.Rates
}

// sonarFees: the fee is for the request, and low is the default.
// https://docs.perplexity.ai/getting-started/pricing
func sonarFees(_ string, e *price.Entry) bool {
	low, ok := e.PerUnit["web_search_low_context"]
	for _, size := range []string{"low", "medium", "high"} {
		perRequest(&e.Rates, "web_search_"+size+"_context")
	}
	if ok {
		set(&e.PerRequest, "web_search", low)
	}
	return ok
}

// hundredfold: dollars stand where the source means cents. FLUX.1 schnell is
// $0.0027 a megapixel. https://www.together.ai/pricing
func hundredfold(_ string, e *price.Entry) (changed bool) {
	for _, m := range []map[string]price.USD{e.PerUnit, e.Image["default"]} {
		for k, v := range m {
			m[k] = v * 100
			changed = true
		}
	}
	return changed
}

// novaCaches: a read costs a quarter of the input, and a write what the input
// costs. https://aws.amazon.com/bedrock/pricing/
func novaCaches(name string, e *price.Entry) (changed bool) {
	if !strings.Contains(name, "amazon.nova-") {
		return false
	}
	for _, r := range rates(e) {
		if _, ok := r.Tokens["cached_input"]; ok {
			r.Tokens["cached_input"] = scale(r.Tokens["input"], 1, 4)
			maps.DeleteFunc(r.Tokens, func(k string, _ price.USD) bool { return strings.HasPrefix(k, "cache_write") })
			changed = true
		}
	}
	return changed
}
