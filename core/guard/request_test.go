package guard_test

import (
	"strings"
	"testing"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

// asked is the input of a check of a request.
func asked(model string, metadata ...string) *guard.Input {
	in := &guard.Input{Event: guard.Before, Operation: "chatComplete", Model: model, Metadata: map[string]string{}}
	for i := 0; i < len(metadata); i += 2 {
		in.Metadata[metadata[i]] = metadata[i+1]
	}
	return in
}

func streamed(operation string) *guard.Input {
	return &guard.Input{Event: guard.Before, Operation: operation, Stream: true}
}

func TestModelWhitelist(t *testing.T) {
	t.Parallel()
	const id = "default.modelWhitelist"
	runRows(t, guard.Env{}, []row{
		{name: "pass", id: id, params: `{"models":["gpt-4o"]}`, in: asked("gpt-4o"), pass: true, data: `{"verdict":true,"not":false,"requestedModel":"gpt-4o","allowedModels":["gpt-4o"]}`},
		{name: "fail", id: id, params: `{"models":["gpt-4o"]}`, in: asked("gpt-4o-mini")},
		{name: "not", id: id, params: `{"models":["gpt-4o"],"not":true}`, in: asked("gpt-4o")},
		{name: "the manifest's spelling", id: "default.modelwhitelist", params: `{"models":"模型"}`, in: asked("模型"), pass: true},
		{name: "Japanese", id: id, params: `{"models":["モデル"]}`, in: asked("モデル2")},
		{name: "long", id: id, params: `{"models":["gpt-4o"]}`, in: asked(long("m"))},
		{name: "no model", id: id, params: `{"models":["gpt-4o"]}`, in: asked(""), err: "no model"},
	})
}

func TestModelRules(t *testing.T) {
	t.Parallel()
	const id = "default.modelRules"
	const rules = `{"rules":{"defaults":["small"],"metadata":{"team":{"red":["big"],"青":["big","huge"],"7":["seven"]}}}}`
	runRows(t, guard.Env{}, []row{
		{name: "default", id: id, params: rules, in: asked("small"), pass: true, data: `{"explanation":"Model \"small\" is allowed by rules."}`},
		{name: "fail", id: id, params: rules, in: asked("big")},
		{name: "by metadata", id: id, params: rules, in: asked("big", "team", "red"), pass: true},
		{name: "rules replace the defaults", id: id, params: rules, in: asked("small", "team", "red")},
		{name: "another value", id: id, params: rules, in: asked("big", "team", "green")},
		{name: "Chinese", id: id, params: rules, in: asked("huge", "team", "青"), pass: true},
		{name: "Japanese", id: id, params: `{"rules":{"metadata":{"部署":{"営業":["big"]}}}}`, in: asked("big", "部署", "営業"), pass: true},
		{name: "several rules", id: id, params: rules, in: asked("huge", "team", `["red","青"]`), pass: true},
		{name: "long", id: id, params: rules, in: asked("seven", "team", "["+long(`"x",`)+`7]`), pass: true},
		{name: "list", id: id, params: rules, in: asked("seven", "team", `["red", 7]`), pass: true},
		{name: "not", id: id, params: strings.TrimSuffix(rules, "}") + `,"not":true}`, in: asked("small")},
		{name: "no model", id: id, params: rules, in: asked(""), err: "no model"},
		{name: "nothing listed", id: id, params: `{"rules":{"metadata":{"team":{"red":["big"]}}}}`, in: asked("big"), err: "no models"},
	})
}

func TestAllowedRequestTypes(t *testing.T) {
	t.Parallel()
	const id = "default.allowedRequestTypes"
	runRows(t, guard.Env{}, []row{
		{name: "allowed", id: id, params: `{"allowedTypes":["chatComplete","embed"]}`, in: asked("m"), pass: true,
			data: `{"currentRequestType":"chatComplete","allowedTypes":["chatComplete","embed"],"verdict":true,"source":"parameters","mode":"allowlist"}`},
		{name: "not allowed", id: id, params: `{"allowedTypes":"embed, complete"}`, in: asked("m"), data: `{"allowedTypes":["embed","complete"]}`},
		{name: "blocked", id: id, params: `{"blockedTypes":["chatComplete"]}`, in: asked("m"), data: `{"mode":"blocklist"}`},
		{name: "not blocked", id: id, params: `{"blockedTypes":["complete"]}`, in: asked("m"), pass: true},
		{name: "both lists", id: id, params: `{"allowedTypes":["chatComplete"],"blockedTypes":["complete"]}`, in: asked("m"), pass: true, data: `{"mode":"combined"}`},
		{name: "by metadata", id: id, in: asked("m", "supported_endpoints", "embed,complete"), data: `{"source":"metadata","allowedTypes":["embed","complete"]}`},
		{name: "by a list in metadata", id: id, in: asked("m", "blocked_endpoints", `["chatComplete"]`), data: `{"source":"metadata"}`},
		{name: "parameters hide metadata", id: id, params: `{"allowedTypes":["chatComplete"]}`, in: asked("m", "blocked_endpoints", "chatComplete"), pass: true},
		{name: "neither", id: id, in: asked("m"), pass: true, data: `{"source":"default","mode":"unrestricted"}`},
		{name: "contradiction", id: id, in: asked("m", "supported_endpoints", "embed", "blocked_endpoints", "embed"), err: "both"},
		{name: "streams are blocked", id: id, params: `{"blockedTypes":["stream-messages"]}`, in: streamed("messages")},
		{name: "streams only, and one", id: id, params: `{"allowedTypes":["stream-messages"]}`, in: streamed("messages"), pass: true},
		{name: "Chinese", id: id, in: asked("m", "supported_endpoints", "聊天"), data: `{"allowedTypes":["聊天"]}`},
		{name: "Japanese", id: id, in: asked("m", "blocked_endpoints", `["会話"]`), pass: true},
		{name: "long", id: id, in: asked("m", "supported_endpoints", long("embed,")+"chatComplete"), pass: true},
		{name: "streams only", id: id, params: `{"allowedTypes":["stream-chatComplete"]}`, in: asked("m")},
	})
}

func TestRequiredMetadataKeys(t *testing.T) {
	t.Parallel()
	const id = "default.requiredMetadataKeys"
	runRows(t, guard.Env{}, []row{
		{name: "all", id: id, params: `{"metadataKeys":["user","team"]}`, in: asked("m", "user", "a", "team", ""), pass: true, data: `{"missing_metadata_keys":[],"found_metadata_keys":["user","team"],"operator":"all"}`},
		{name: "all fails", id: id, params: `{"metadataKeys":["user","team"],"operator":"all"}`, in: asked("m", "user", "a"), data: `{"missing_metadata_keys":["team"]}`},
		{name: "any", id: id, params: `{"metadataKeys":["使用者","team"],"operator":"any"}`, in: asked("m", "使用者", "a"), pass: true},
		{name: "any fails", id: id, params: `{"metadataKeys":["user"],"operator":"any"}`, in: asked("m")},
		{name: "Japanese", id: id, params: `{"metadataKeys":["部署"]}`, in: asked("m", "部署", "営業"), pass: true},
		{name: "long", id: id, params: `{"metadataKeys":"` + long("k") + `"}`, in: asked("m", long("k"), long("v")), pass: true},
		{name: "none", id: id, params: `{"metadataKeys":["user"],"operator":"none"}`, in: asked("m"), pass: true},
		{name: "none fails", id: id, params: `{"metadataKeys":["user"],"operator":"none"}`, in: asked("m", "user", "a")},
	})
}

func TestNotNull(t *testing.T) {
	t.Parallel()
	const id = "default.notNull"
	answer := func(response string, texts ...string) *guard.Input {
		in := said(texts...)
		in.Response = json.Value(response)
		return in
	}
	runRows(t, guard.Env{}, []row{
		{name: "pass", id: id, text: "x", pass: true, data: `{"isNull":false,"contentType":"string","textArrayLength":1,"verdict":"passed"}`},
		{name: "blank", id: id, text: " \n　", data: `{"isNull":true,"verdict":"failed"}`},
		{name: "empty text", id: id, in: answer(`{"choices":[{"message":{"content":""}}]}`), data: `{"isNull":true,"contentType":"string","textArrayLength":1}`},
		{name: "null", id: id, in: answer(`{"choices":[{"message":{"content":null}}]}`), data: `{"contentType":"object","textArrayLength":0}`},
		{name: "nothing", id: id, in: said(), data: `{"contentType":"undefined"}`},
		{name: "not", id: id, params: `{"not":true}`, in: said(), pass: true},
		{name: "not fails", id: id, params: `{"not":true}`, text: "字"},
		{name: "long", id: id, text: long(" ") + "あ", pass: true},
	})
}

// An answer that only calls tools has something to say (GR-08).
func TestNotNullSeesToolCalls(t *testing.T) {
	t.Parallel()
	c := makeCheck(t, guard.Env{}, "default.notNull", "")
	for _, response := range []string{
		`{"choices":[{"message":{"content":null,"tool_calls":[{"id":"1"}]}}]}`,
		`{"choices":[{"message":{"content":null,"function_call":{"name":"f"}}}]}`,
		`{"content":[{"type":"tool_use","name":"f"}]}`,
		`{"output":[{"type":"reasoning"},{"type":"function_call"}]}`,
		`{"output":{"message":{"content":[{"toolUse":{"name":"f"}}]}}}`,
		`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]}}]}`,
	} {
		if v, err := c.Check(t.Context(), &guard.Input{Response: json.Value(response)}); err != nil || !v.Pass {
			t.Errorf("%s: %v, %v", response, v.Pass, err)
		}
	}
	if v, err := c.Check(t.Context(), &guard.Input{Texts: []guard.Text{{Place: guard.ToolCall, Text: ""}}}); err != nil || !v.Pass {
		t.Errorf("%v, %v", v.Pass, err)
	}
	if v, _ := c.Check(t.Context(), &guard.Input{Response: json.Value(`{"choices":[{"message":{"content":"","tool_calls":[]}}]}`)}); v.Pass {
		t.Error("an empty list calls nothing")
	}
}
