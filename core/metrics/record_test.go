package metrics

import (
	"time"

	"sluice/core"
	"sluice/core/llm"
	"sluice/core/usage"
)

// came is when the request of the examples came.
var came = time.Date(2026, 3, 4, 5, 6, 7, 89_000_000, time.UTC)

// streamed is a later turn of a conversation: one target failed twice, another
// one answered, and a lost race was paid for.
func streamed() *usage.Record {
	return &usage.Record{
		ID: "019cb6f7-0b51-7000-8000-00000000abcd", Request: "req-1", Time: came, Trace: "req-1", Workspace: "acme", Key: "default", User: "ada",
		Metadata: map[string]string{"team": "blue"}, Operation: llm.Generate, Dialect: llm.Anthropic, Stream: true, Warm: true, Asked: "claude-sonnet-4-5",
		Provider: "bedrock", Model: "claude", Option: "config.targets[1]", Status: 200, Cache: core.CacheMiss,
		Attempts: []usage.Attempt{
			{Option: "config.targets[0]", Provider: "anthropic", Model: "claude-sonnet-4-5", Status: 529, Kind: "overloaded", Error: "the provider says that it is busy", Began: came.Add(time.Millisecond), Took: 100_000},
			{Option: "config.targets[0]", Provider: "anthropic", Model: "claude-sonnet-4-5", Status: 529, Kind: "overloaded", Error: "the provider says that it is busy", Began: came.Add(600 * time.Millisecond), Took: 100_000, Waited: 500_000},
			{Option: "config.targets[1]", Provider: "bedrock", Model: "claude", Status: 200, Began: came.Add(700 * time.Millisecond), Took: 300_000},
			{Option: "config.targets[2]", Provider: "openai", Model: "gpt-4o", Lost: true, Began: came.Add(700 * time.Millisecond), Took: 300_000,
				Usage: &usage.Tokens{Input: 50, Output: 1}, Cost: &usage.Cost{Nano: 135_000, Version: "v"}},
		},
		Guards: []usage.Guard{{ID: "g", Event: "beforeRequestHook", Pass: true}, {ID: "h", Event: "afterRequestHook", Deny: true}},
		Usage:  &usage.Tokens{Input: 100, CacheRead: 800, CacheWrite: 80, CacheWrite1h: 20, Output: 30},
		Cost:   &usage.Cost{Nano: 1_234_567_890, Version: "v"}, Spent: &usage.Cost{Nano: 1_234_702_890, Version: "v"},
		First: 1_000_000, Total: 2_500_000,
	}
}

// hit is an answer from the gateway's cache.
func hit() *usage.Record {
	return &usage.Record{
		ID: "019cb6f7-0b51-7000-8000-00000000abce", Request: "req-2", Time: came, Trace: "t", Operation: llm.Generate, Dialect: llm.OpenAIChat,
		Provider: "openai", Model: "gpt-4o", Status: 200, Cache: core.CacheSemanticHit, Usage: &usage.Tokens{Input: 5, Output: 6},
		Cost: &usage.Cost{Version: "v"}, Saved: &usage.Cost{Nano: 500, Version: "v"}, Total: 900,
	}
}

// refused is a request that reached nobody.
func refused() *usage.Record {
	return &usage.Record{ID: "019cb6f7-0b51-7000-8000-00000000abcf", Request: "req-3", Time: came, Trace: "t", Operation: llm.Generate, Dialect: llm.OpenAIChat,
		Status: 401, Error: "unauthenticated", Reason: "a valid gateway key is required", Total: 100}
}
