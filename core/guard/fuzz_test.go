package guard_test

import (
	"testing"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

// FuzzPatterns: whatever is written as an expression is refused or works.
func FuzzPatterns(f *testing.F) {
	for _, rule := range []string{`\d{3}`, `/a.b/gi`, `[^]\u{4f60}`, `(?<n>a)|[\S\-]`, `\uD83D\uDE00`, `[\b[:alpha:]`, `\p{Script=Greek}`, `(?`, `\c`, `[^`, `\`} {
		f.Add(rule, "some 123 text 你好")
	}
	f.Fuzz(func(t *testing.T, rule, text string) {
		for _, id := range []string{"default.regexMatch", "default.regexReplace"} {
			c, faults := tryCheck(t, guard.Env{}, id, `{"rule":`+string(json.Quote(rule))+`}`)
			if len(faults) > 0 {
				continue
			}
			if v, err := c.Check(t.Context(), said(text)); err == nil && !json.Valid(v.Data) {
				t.Errorf("%s: data %s", id, v.Data)
			}
		}
	})
}

// FuzzAddPrefix: a body stays JSON, with its other members.
func FuzzAddPrefix(f *testing.F) {
	f.Add(`{"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}],"x":1}`, "user", true)
	f.Add(`{"messages":[{"role":"user","content":null},7,[]]}`, "system", false)
	f.Add(`{ "prompt" : ["a",[1,2]], "system":[{"text":1}] }`, "assistant", true)
	f.Fuzz(func(t *testing.T, body, role string, existing bool) {
		if !json.Valid([]byte(body)) {
			return
		}
		params := `{"prefix":"P","applyToRole":` + string(json.Quote(role)) + `,"addToExisting":` + string(json.Bool(existing)) + `}`
		c, faults := tryCheck(t, guard.Env{}, "default.addPrefix", params)
		if len(faults) > 0 {
			return
		}
		for _, operation := range []string{"chatComplete", "messages", "complete"} {
			v, err := c.Check(t.Context(), &guard.Input{Operation: operation, Request: json.Value(body)})
			if err == nil && (!json.Valid(v.Request) || len(json.Names(v.Request)) < len(json.Names([]byte(body)))) {
				t.Errorf("%s: %s", operation, v.Request)
			}
		}
	})
}

// FuzzTexts: no text breaks a check that looks for something in it.
func FuzzTexts(f *testing.F) {
	for _, text := range []string{"```json\n{\"a\":1}\n```", `x {"a":{"b":"}"}} {`, "``` ```` ```go", "https://[::1]/a)) http://", "{\xff}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for id, params := range map[string]string{
			"default.jsonKeys": `{"keys":["a"]}`, "default.jsonSchema": `{"schema":{"required":["a"]}}`, "default.containsCode": `{"format":"Go"}`,
			"default.validUrls": `{"onlyDNS":true,"dnsUrl":"https://d"}`, "default.characterCount": ``,
		} {
			e, _ := replying(200, `{"Status":0}`)
			if v, err := makeCheck(t, e, id, params).Check(t.Context(), said(text)); err == nil && !json.Valid(v.Data) {
				t.Errorf("%s: data %s", id, v.Data)
			}
		}
	})
}
