package bedrock

import (
	"slices"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	jsonvalue "sluice/core/internal/json"
	"sluice/core/llm"
)

func target(model string) dialect.Target { return dialect.Target{Provider: "bedrock", Model: model} }

func TestParameters(t *testing.T) {
	t.Parallel()
	all := llm.Request{
		Turns: hi, MaxTokens: ptr(int64(64)), Temperature: "0", TopP: "0.80", TopK: ptr(int64(20)), Stop: []string{"END", ""},
		User: "u-1", N: ptr(int64(1)), Seed: ptr(int64(4)), PresencePenalty: "0.50", FrequencyPenalty: "0",
	}
	inference := `,"inferenceConfig":{"maxTokens":64,"temperature":0,"topP":0.80,"stopSequences":["END"]}`
	schema := llm.Output{Kind: llm.OutputSchema, Name: "a b", Schema: jsonvalue.Value(`{"type":"object"}`)}
	runPrepare(t, []prepareTest{
		{name: "claude", r: all, want: hiJSON + inference + `,"additionalModelRequestFields":{"top_k":20,"metadata":{"user_id":"u-1"}}`,
			dropped: []string{"stop", "seed", "frequency_penalty", "presence_penalty"}},
		{name: "nova", model: "us." + novaLite, r: all, want: hiJSON + inference + `,"additionalModelRequestFields":{"inferenceConfig":{"topK":20}}`,
			dropped: []string{"stop", "seed", "frequency_penalty", "presence_penalty", "user"}},
		{name: "cohere", model: "cohere.command-r-v1:0", r: all,
			want:    hiJSON + inference + `,"additionalModelRequestFields":{"k":20,"seed":4,"frequency_penalty":0,"presence_penalty":0.50}`,
			dropped: []string{"stop", "user"}},
		{name: "ai21", model: "ai21.jamba-1-5-large-v1:0", r: all,
			want:    hiJSON + inference + `,"additionalModelRequestFields":{"frequency_penalty":0,"presence_penalty":0.50}`,
			dropped: []string{"stop", "top_k", "seed", "user"}},
		{name: "an opaque profile", model: profile, r: all, want: hiJSON + inference,
			dropped: []string{"stop", "top_k", "seed", "frequency_penalty", "presence_penalty", "user"}},
		{name: "one of temperature and topP on newer Claudes", model: sonnet45, r: llm.Request{Turns: hi, Temperature: "0.3", TopP: "0.9"},
			want: hiJSON + `,"inferenceConfig":{"temperature":0.3}`, dropped: []string{"top_p"}},
		{name: "stop sequences that Claude refuses", r: llm.Request{Turns: hi, Stop: []string{"\n"}}, want: hiJSON, dropped: []string{"stop"}},
		{name: "a schema where it is known", model: sonnet45, r: llm.Request{Turns: hi, Output: schema},
			want: hiJSON + `,"outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{\"type\":\"object\"}","name":"` + legal("a b") + `"}}}}`},
		{name: "a schema where it is not", model: novaLite, r: llm.Request{Turns: hi, Output: schema}, want: hiJSON, dropped: []string{"response_format"}},
		{name: "any JSON", model: sonnet45, r: llm.Request{Turns: hi, Output: llm.Output{Kind: llm.OutputJSON}}, want: hiJSON, dropped: []string{"response_format"}},
		{name: "service tiers", r: llm.Request{Turns: hi, ServiceTier: "flex"}, want: hiJSON + `,"serviceTier":{"type":"flex"}`},
		{name: "the tier that is meant anyway", r: llm.Request{Turns: hi, ServiceTier: "auto"}, want: hiJSON},
		{name: "a tier of others", r: llm.Request{Turns: hi, ServiceTier: "scale"}, want: hiJSON, dropped: []string{"service_tier"}},
	})
}

func TestMembersOfOtherDialects(t *testing.T) {
	t.Parallel()
	runPrepare(t, []prepareTest{
		{
			name: "Converse's own words in chat spelling", model: novaLite,
			r: llm.Request{Turns: hi, TopK: ptr(int64(5)), Native: chat(`{"guardrail_config":{"guardrailIdentifier":"g1"},"additional_model_request_fields":{"inferenceConfig":{"x":3}},` +
				`"performanceConfig":{"latency":"optimized"},"additional_model_response_field_paths":["/a"],"logit_bias":{"1":2},"stop":[]}`)},
			want: hiJSON + `,"additionalModelRequestFields":{"inferenceConfig":{"x":3,"topK":5}},"guardrailConfig":{"guardrailIdentifier":"g1"},` +
				`"performanceConfig":{"latency":"optimized"},"additionalModelResponseFieldPaths":["/a"]`,
			dropped: []string{"logit_bias"},
		},
		{
			name: "what the client puts there itself counts more", model: sonnet35,
			r:    llm.Request{Turns: hi, TopK: ptr(int64(5)), Native: chat(`{"additional_model_request_fields":{"top_k":3}}`)},
			want: hiJSON + `,"additionalModelRequestFields":{"top_k":3}`,
		},
		{
			name:    "beta flags are a list, without those that Bedrock refuses",
			r:       llm.Request{Turns: hi, Native: chat(`{"anthropic_beta":"a-1, b-2,oauth-2025-04-20","anthropic_version":"bedrock-2023-05-31","thinking":{"type":"enabled","budget_tokens":2000}}`)},
			want:    hiJSON + `,"additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":2000},"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["a-1","b-2"]}`,
			dropped: []string{"anthropic_beta.oauth-2025-04-20"},
		},
		{
			name: "flags in both places, each once",
			r:    llm.Request{Turns: hi, Native: native(llm.Anthropic, `{"additionalModelRequestFields":{"anthropic_beta":"a,b"},"anthropic_beta":["b","c"]}`)},
			want: hiJSON + `,"additionalModelRequestFields":{"anthropic_beta":["a","b","c"]}`,
		},
		{
			name:    "metadata go to the invocation log, the user's id to the model",
			r:       llm.Request{Turns: hi, Native: native(llm.Anthropic, `{"metadata":{"user_id":"u","team":"a b"},"container":"c"}`)},
			want:    hiJSON + `,"additionalModelRequestFields":{"metadata":{"user_id":"u"}},"requestMetadata":{"team":"a b"}`,
			dropped: []string{"container"},
		},
		{
			name: "metadata that Bedrock would refuse", r: llm.Request{Turns: hi, Native: chat(`{"metadata":{"a":"ü"}}`)}, want: hiJSON, dropped: []string{"metadata"},
		},
		{name: "betas mean nothing to others", model: novaLite, r: llm.Request{Turns: hi, Native: chat(`{"anthropic_beta":["a"],"anthropic_version":"x"}`)}, want: hiJSON, dropped: []string{"anthropic_beta", "anthropic_version"}},
	})
}

func TestThinking(t *testing.T) {
	t.Parallel()
	think := func(th llm.Thinking) llm.Request { return llm.Request{Turns: hi, Reasoning: th} }
	budget := func(n string) string {
		return `,"additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":` + n + `}}`
	}
	effort := func(e string) llm.Thinking { return llm.Thinking{Effort: e} }
	forced := think(effort("low"))
	forced.Tools, forced.ToolChoice = []llm.Tool{function("f")}, llm.ToolChoice{Mode: llm.ToolRequired}
	limited := think(effort("high"))
	limited.MaxTokens = ptr(int64(6000))
	tight := think(effort("high"))
	tight.MaxTokens = ptr(int64(1024))
	beyond := think(llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(8000))})
	beyond.MaxTokens = ptr(int64(5000))
	huge := think(llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(64000))})
	huge.MaxTokens = ptr(int64(64000))
	short := think(llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(1024))})
	short.MaxTokens = ptr(int64(500))
	most := think(effort("max"))
	most.Tools, most.ToolChoice = forced.Tools, forced.ToolChoice
	sampled := think(llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(2000))})
	sampled.Temperature, sampled.TopP, sampled.TopK = "0.5", "0.9", ptr(int64(3))
	one := think(llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(2000))})
	one.Temperature = "1.0"
	runPrepare(t, []prepareTest{
		{name: "a budget", r: think(llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(1024))}), want: hiJSON + budget("1024")},
		{name: "a budget for an opaque profile", model: profile, r: think(llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(1024))}), want: hiJSON + budget("1024")},
		{name: "a budget of nothing means off", model: sonnet45, r: think(llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(0))}), want: hiJSON},
		{name: "off", model: sonnet45, r: think(llm.Thinking{Mode: llm.ThinkingOff}), want: hiJSON + `,"additionalModelRequestFields":{"thinking":{"type":"disabled"}}`},
		{name: "no effort", model: sonnet45, r: think(effort("none")), want: hiJSON},
		{name: "an effort is a budget", model: sonnet45, r: think(effort("medium")), want: hiJSON + budget("8192")},
		{name: "an effort is an effort where there are none", model: opus46, r: think(effort("minimal")),
			want: hiJSON + `,"outputConfig":{"effort":"low"},"additionalModelRequestFields":{"thinking":{"type":"adaptive"}}`},
		{name: "an effort for a Claude that cannot think", r: think(effort("low")), want: hiJSON, dropped: []string{"reasoning_effort"}},
		{name: "adaptive with a display", model: opus46, r: think(llm.Thinking{Mode: llm.ThinkingAdaptive, Effort: "max", Summary: "summarized", Native: native(llm.Anthropic, `{"x":1}`)}),
			want: hiJSON + `,"outputConfig":{"effort":"max"},"additionalModelRequestFields":{"thinking":{"type":"adaptive","display":"summarized","x":1}}`},
		{name: "a budget from an effort gives way to the answer", model: sonnet45, r: limited, want: hiJSON + `,"inferenceConfig":{"maxTokens":6000}` + budget("4976")},
		{name: "a short answer gets the least budget on top", model: sonnet45, r: tight, want: hiJSON + `,"inferenceConfig":{"maxTokens":2048}` + budget("1024"), dropped: []string{"max_tokens"}},
		{name: "the answer is what the client left room for", model: sonnet45, r: beyond, want: hiJSON + `,"inferenceConfig":{"maxTokens":13000}` + budget("8000"), dropped: []string{"max_tokens"}},
		{name: "as far as the model goes", model: sonnet45, r: huge, want: hiJSON + `,"inferenceConfig":{"maxTokens":64000}` + budget("62976"), dropped: []string{"max_tokens", "thinking.budget_tokens"}},
		{name: "a budget stays what Claude takes, however short the answer", model: sonnet45, r: short, want: hiJSON + `,"inferenceConfig":{"maxTokens":1524}` + budget("1024"), dropped: []string{"max_tokens"}},
		{name: "thoughts that shall be shown where thinking is usual", model: "anthropic.claude-opus-5-v1", r: think(llm.Thinking{Effort: "high", Summary: "auto"}),
			want: hiJSON + `,"outputConfig":{"effort":"high"},"additionalModelRequestFields":{"thinking":{"type":"adaptive","display":"summarized"}}`},
		{name: "a mode that only Claude knows", model: "anthropic.claude-sonnet-5-5-v1", r: think(llm.Thinking{Native: native(llm.Anthropic, `{"type":"between_tools"}`)}),
			want: hiJSON + `,"additionalModelRequestFields":{"thinking":{"type":"between_tools"}}`},
		{name: "a model that always thinks", model: "anthropic.claude-opus-5-5-v1", r: think(llm.Thinking{Mode: llm.ThinkingOff}),
			want: hiJSON + `,"outputConfig":{"effort":"low"}`, dropped: []string{"thinking"}},
		{name: "an effort above what there is", model: "anthropic.claude-opus-4-5-20251101-v1:0", r: think(llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(2000)), Effort: "max"}),
			want: hiJSON + `,"outputConfig":{"effort":"high"}` + budget("2000"), dropped: []string{"reasoning_effort"}},
		{name: "Converse's own effort does not turn thinking on", model: opus46, r: llm.Request{Turns: hi, Reasoning: effort("low"), Native: llm.Native{Dialect: llm.Converse}},
			want: hiJSON + `,"outputConfig":{"effort":"low"}`},
		{name: "sampling that thinking excludes", model: "anthropic.claude-3-7-sonnet-20250219-v1:0", r: sampled, want: hiJSON + budget("2000"), dropped: []string{"temperature", "top_p", "top_k"}},
		{name: "a temperature of one", model: sonnet45, r: one, want: hiJSON + `,"inferenceConfig":{"temperature":1.0}` + budget("2000")},
		{name: "a forced call excludes thinking", model: sonnet45, r: forced, want: hiJSON + `,"toolConfig":{"tools":[` + spec + `],"toolChoice":{"any":{}}}`, dropped: []string{"reasoning_effort"}},
		{name: "a forced call excludes usual thinking, and much effort with it", model: "anthropic.claude-opus-5-v1", r: most,
			want:    hiJSON + `,"toolConfig":{"tools":[` + spec + `],"toolChoice":{"any":{}}},"outputConfig":{"effort":"high"},"additionalModelRequestFields":{"thinking":{"type":"disabled"}}`,
			dropped: []string{"reasoning_effort"}},
		{name: "open models know an effort", model: "openai.gpt-oss-120b-1:0", r: think(effort("xhigh")), want: hiJSON + `,"additionalModelRequestFields":{"reasoning_effort":"high"}`},
		{name: "so does Nova 2", model: "us.amazon.nova-2-lite-v1:0", r: think(effort("medium")), want: hiJSON + `,"additionalModelRequestFields":{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"medium"}}`},
		{name: "others do not", model: "meta.llama3-1-70b-instruct-v1:0", r: think(llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(2000))}), want: hiJSON, dropped: []string{"thinking"}},
	})
}

func TestAModeThatOnlyClaudeKnowsKeepsItsMembers(t *testing.T) {
	t.Parallel()
	const fields = `{"thinking":{"type":"between_tools","display":"summarized","budget_tokens":7}}`
	r, err := Codec{}.DecodeRequest(core.Incoming{Model: sonnet45, Body: []byte(`{` + hiJSON + `,"additionalModelRequestFields":` + fields + `}`)})
	if err != nil {
		t.Fatal(err)
	}
	body, dropped := prepare(t, "anthropic.claude-sonnet-5-5-v1", *r)
	if got := string(jsonvalue.Lookup([]byte(body), "additionalModelRequestFields")); got != fields || dropped != nil {
		t.Errorf("got %s, dropped %q, want %s", got, dropped, fields)
	}
}

func TestThinkingDoesNotBeginInsideARoundOfCalls(t *testing.T) {
	t.Parallel()
	r := llm.Request{
		Turns:     append(hi[:1:1], parts(llm.Assistant, call("t", "f", "{}")), parts(llm.ToolRole, result("t"))),
		Tools:     []llm.Tool{function("f")},
		Reasoning: llm.Thinking{Mode: llm.ThinkingOn, Budget: ptr(int64(2000))},
	}
	body, dropped := prepare(t, sonnet45, r)
	if jsonvalue.Lookup([]byte(body), "additionalModelRequestFields") != nil || !slices.Equal(dropped, []string{"thinking"}) {
		t.Errorf("got %s, dropped %q", body, dropped)
	}
	r.Turns[1].Parts = append([]llm.Part{&llm.Reasoning{Text: "hm", Signature: "s", Origin: llm.Anthropic}}, r.Turns[1].Parts...)
	if body, dropped = prepare(t, sonnet45, r); jsonvalue.Lookup([]byte(body), "additionalModelRequestFields", "thinking") == nil || dropped != nil {
		t.Errorf("got %s, dropped %q", body, dropped)
	}
}

func TestCachePoints(t *testing.T) {
	t.Parallel()
	hour := &llm.CacheMark{TTL: "1h", Native: native(llm.Anthropic, `{"scope":"global"}`)}
	tool := function("f")
	tool.Cache = marked
	request := func(c *llm.CacheMark) llm.Request {
		return llm.Request{Tools: []llm.Tool{tool}, Turns: []llm.Turn{
			parts(llm.System, &llm.Text{Text: "S", Cache: c}), parts(llm.User, &llm.Text{Text: "Hi", Cache: marked}, &llm.Text{Text: " ", Cache: c}, &llm.Text{Text: "x"}),
		}}
	}
	body := func(systemPoint, toolPoint string) string {
		return `"system":[{"text":"S"},` + systemPoint + `],"messages":[{"role":"user","content":[{"text":"Hi"},` + point + `,{"text":"x"}]}],"toolConfig":{"tools":[` + spec + toolPoint + `]}`
	}
	none := `"system":[{"text":"S"}],"messages":[{"role":"user","content":[{"text":"Hi"},{"text":"x"}]}],"toolConfig":{"tools":[` + spec + `]}`
	five := llm.Request{Tools: []llm.Tool{tool}, Cache: marked, Turns: []llm.Turn{
		parts(llm.System, &llm.Text{Text: "S", Cache: marked}), parts(llm.User, &llm.Text{Text: "a", Cache: marked}, &llm.Text{Text: "b", Cache: marked}, &llm.Text{Text: "c"}),
	}}
	runPrepare(t, []prepareTest{
		{name: "stand behind what is cached, that of a tool among the tools", r: request(marked), want: body(point, ","+point)},
		{name: "have a lifetime where it is known", model: sonnet45, r: request(hour), want: body(`{"cachePoint":{"type":"default","ttl":"1h"}}`, ","+point), dropped: []string{"cache_control.scope"}},
		{name: "have none where it is not", r: request(hour), want: body(point, ","+point), dropped: []string{"cache_control.scope", "cache_control.ttl"}},
		{name: "do not stand behind tools of amazon's models", model: novaLite, r: request(marked), want: body(point, ""), dropped: []string{"tools.cache_control"}},
		{name: "are left out for models that refuse them", model: "meta.llama3-1-70b-instruct-v1:0", r: request(marked), want: none, dropped: []string{"cache_control"}},
		{name: "are four at most, the last ones", r: five,
			want:    `"system":[{"text":"S"},` + point + `],"messages":[{"role":"user","content":[{"text":"a"},` + point + `,{"text":"b"},` + point + `,{"text":"c"},` + point + `]}],"toolConfig":{"tools":[` + spec + `]}`,
			dropped: []string{"cache_control"}},
		{name: "inside a tool result stand behind it", r: llm.Request{Tools: []llm.Tool{function("f")}, Turns: []llm.Turn{parts(llm.User, result("t", &llm.Text{Text: "r", Cache: marked}), &llm.Text{Text: "x"})}},
			want: `"messages":[{"role":"user","content":[{"toolResult":{"toolUseId":"t","content":[{"text":"r"}]}},` + point + `,{"text":"x"}]}],"toolConfig":{"tools":[` + spec + `]}`},
	})
}

func TestAddBetas(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{"none yet", `{"messages":[]}`, `{"messages":[],"additionalModelRequestFields":{"anthropic_beta":["a-1","b-2"]}}`},
		{"beside others", `{"additionalModelRequestFields":{"anthropic_beta":["b-2","z"],"top_k":1}}`, `{"additionalModelRequestFields":{"top_k":1,"anthropic_beta":["b-2","z","a-1"]}}`},
	}
	for _, tt := range tests {
		got, dropped, err := AddBetas([]byte(tt.body), "a-1,b-2", "fast-mode-2026-02-01")
		if err != nil || string(got) != tt.want || !slices.Equal(dropped, []string{"fast-mode-2026-02-01"}) {
			t.Errorf("%s: got %s, %q, %v, want %s", tt.name, got, dropped, err, tt.want)
		}
	}
	if got, _, err := AddBetas([]byte(`{ "a" : 1 }`)); err != nil || string(got) != `{ "a" : 1 }` {
		t.Errorf("without flags the body became %s (%v)", got, err)
	}
}
