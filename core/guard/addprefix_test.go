package guard_test

import (
	"testing"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

func TestAddPrefix(t *testing.T) {
	t.Parallel()
	const talk = `{ "model":"m", "messages":[ {"role":"system","content":"Be brief."}, {"role":"user", "content":"first" ,"n":1.0}, {"role":"user","content":"second"} ], "x":1e2 }`
	for _, tt := range []struct{ name, operation, params, body, want string }{
		{"first message of the role", "chatComplete", `{"prefix":"P: "}`, talk,
			`{ "model":"m", "messages":[ {"role":"system","content":"Be brief."}, {"role":"user", "content":"P: first" ,"n":1.0}, {"role":"user","content":"second"} ], "x":1e2 }`},
		{"message of its own", "chatComplete", `{"prefix":"P","addToExisting":false}`, talk,
			`{ "model":"m", "messages":[ {"role":"system","content":"Be brief."}, {"role":"user","content":"P"},{"role":"user", "content":"first" ,"n":1.0}, {"role":"user","content":"second"} ], "x":1e2 }`},
		{"only if empty", "chatComplete", `{"prefix":"P","onlyIfEmpty":true}`, talk, talk},
		{"empty", "chatComplete", `{"prefix":"P","onlyIfEmpty":true}`, `{"messages":[{"role":"user","content":" "}]}`, `{"messages":[{"role":"user","content":"P "}]}`},
		{"null", "chatComplete", `{"prefix":"P"}`, `{"messages":[{"role":"user","content":null}]}`, `{"messages":[{"role":"user","content":"P"}]}`},
		{"another role", "chatComplete", `{"prefix":"请","applyToRole":"system"}`, `{"messages":[{"role":"system","content":"简短"}]}`, `{"messages":[{"role":"system","content":"请简短"}]}`},
		{"no system message", "chatComplete", `{"prefix":"P","applyToRole":"system"}`, `{"messages":[{"role":"user","content":"a"}]}`, `{"messages":[{"role":"system","content":"P"},{"role":"user","content":"a"}]}`},
		{"no assistant message", "chatComplete", `{"prefix":"P","applyToRole":"assistant"}`, `{"messages":[{"role":"user","content":"a"}]}`, `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"P"}]}`},
		{"no message", "chatComplete", `{"prefix":"P"}`, `{"messages":[]}`, `{"messages":[{"role":"user","content":"P"}]}`},
		{"leading part", "chatComplete", `{"prefix":"P"}`, `{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}`,
			`{"messages":[{"role":"user","content":[{"type":"text","text":"Pa"},{"type":"text","text":"b"}]}]}`},
		{"text part of the last message", "chatComplete", `{"prefix":"P"}`, `{"messages":[{"role":"user","content":[{"type":"image_url"},{"type":"text","text":"b"}]}]}`,
			`{"messages":[{"role":"user","content":[{"type":"image_url"},{"type":"text","text":"Pb"}]}]}`},
		{"image first, earlier", "chatComplete", `{"prefix":"P"}`, `{"messages":[{"role":"user","content":[{"type":"image_url"},{"type":"text","text":"b"}]},{"role":"assistant","content":"c"}]}`,
			`{"messages":[{"role":"user","content":[{"type":"text","text":"P"},{"type":"image_url"},{"type":"text","text":"b"}]},{"role":"assistant","content":"c"}]}`},
		{"no text part", "chatComplete", `{"prefix":"P"}`, `{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}`,
			`{"messages":[{"role":"user","content":[{"type":"text","text":"P"},{"type":"image_url"}]}]}`},
		{"no part", "chatComplete", `{"prefix":"P"}`, `{"messages":[{"role":"user","content":[]}]}`, `{"messages":[{"role":"user","content":[{"type":"text","text":"P"}]}]}`},
		{"messages", "messages", `{"prefix":"P","addToExisting":false}`, `{"messages":[{"role":"user","content":"a"}]}`,
			`{"messages":[{"role":"user","content":[{"type":"text","text":"P"}]},{"role":"user","content":"a"}]}`},
		{"system of messages", "messages", `{"prefix":"P","applyToRole":"system"}`, `{"system":[{"type":"text","text":"a"}],"messages":[]}`, `{"system":[{"type":"text","text":"Pa"}],"messages":[]}`},
		{"no system of messages", "messages", `{"prefix":"P","applyToRole":"system"}`, `{"messages":[]}`, `{"messages":[],"system":"P"}`},
		{"prompt", "complete", `{"prefix":"P "}`, `{"prompt": "a","n":1}`, `{"prompt": "P a","n":1}`},
		{"prompts", "complete", `{"prefix":"P "}`, `{"prompt":["a", "b"]}`, `{"prompt":["P a", "P b"]}`},
		{"prompt that is not empty", "complete", `{"prefix":"P ","onlyIfEmpty":true}`, `{"prompt":"a"}`, `{"prompt":"a"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := &guard.Input{Event: guard.Before, Operation: tt.operation, Request: json.Value(tt.body)}
			v, err := makeCheck(t, guard.Env{}, "default.addPrefix", tt.params).Check(t.Context(), in)
			if err != nil || !v.Pass || string(v.Request) != tt.want {
				t.Errorf("%v\n got %s\nwant %s", err, v.Request, tt.want)
			}
			membersAre(t, v.Data, "prefix requestType applyToRole addToExisting onlyIfEmpty")
		})
	}
}

func TestAddPrefixNeedsAPlace(t *testing.T) {
	t.Parallel()
	c := makeCheck(t, guard.Env{}, "default.addPrefix", "")
	for _, in := range []guard.Input{
		{Operation: "embed", Request: json.Value(`{"input":"a"}`)},
		{Operation: "chatComplete"},
		{Operation: "chatComplete", Request: json.Value(`{"messages":"a"}`)},
		{Operation: "messages", Request: json.Value(`{}`)},
	} {
		if v, err := c.Check(t.Context(), &in); err == nil {
			t.Errorf("%s: %s", in.Operation, v.Request)
		}
	}
	in := &guard.Input{Operation: "complete", Request: json.Value(`{"prompt":` + string(json.Quote(long("長"))) + `}`)}
	v, err := c.Check(t.Context(), in)
	hasMembers(t, v.Data, `{"prefix":"Please respond helpfully and accurately to the following: ","applyToRole":"user","addToExisting":true,"onlyIfEmpty":false}`)
	if err != nil || len(v.Request) < 1<<20 {
		t.Errorf("%v", err)
	}
}
