package guard_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"sluice/core/guard"
	"sluice/core/internal/worktest"
)

const python = "See:\n```python\nprint(1)\n```\ndone"

func TestContainsCode(t *testing.T) {
	t.Parallel()
	const id = "default.containsCode"
	runRows(t, guard.Env{}, []row{
		{name: "pass", id: id, params: `{"format":"Python"}`, text: python, pass: true, data: `{"searchedFormat":"Python","not":false,"foundFormats":["Python"],"textExcerpt":"See:\n` + "```python\\nprint(1)\\n```" + `\ndone"}`},
		{name: "no code", id: id, params: `{"format":"Python"}`, text: "no code", data: `{"foundFormats":[]}`},
		{name: "another language", id: id, params: `{"format":"Go"}`, text: python},
		{name: "not", id: id, params: `{"format":"Python","not":true}`, text: python},
		{name: "not without code", id: id, params: `{"format":"Python","not":true}`, text: "no code", pass: true},
		{name: "second block", id: id, params: `{"format":"Shell"}`, text: python + "\n```bash\nls\n```", pass: true, data: `{"foundFormats":["Python","Shell"]}`},
		{name: "a name for another", id: id, params: `{"format":"golang"}`, text: "```go\npackage x\n```", pass: true},
		{name: "a language in no list", id: id, params: `{"format":"zig"}`, text: "```zig\n```", pass: true},
		{name: "more backticks, and attributes", id: id, params: `{"format":"C++"}`, text: "````c++ title=x\n````", pass: true},
		{name: "Japanese", id: id, params: `{"format":"SQL"}`, text: "答えは：\n```sql\nselect '表'\n```です", pass: true},
		{name: "Chinese", id: id, params: `{"format":"Go"}`, text: "代码如下：\n```Go\n// 你好\n```", pass: true},
		{name: "in one line", id: id, params: `{"format":"python"}`, text: "the ```python``` language"},
		{name: "empty", id: id, params: `{"format":"Go"}`, err: "empty"},
		{name: "long", id: id, params: `{"format":"Go"}`, text: long("```a\n"), data: `{"foundFormats":["a"]}`},
		{name: "many languages", id: id, params: `{"format":"Go"}`, text: manyLanguages()},
	})
}

// manyLanguages is a text of 1 MB with as many languages as fit in.
func manyLanguages() string {
	var b strings.Builder
	for i := 0; b.Len() < 1<<20; i++ {
		fmt.Fprintf(&b, "```x%d\n```", i)
	}
	return b.String()
}

func TestJSONKeys(t *testing.T) {
	t.Parallel()
	const id = "default.jsonKeys"
	runRows(t, guard.Env{}, []row{
		{name: "all", id: id, params: `{"keys":["a","b"],"operator":"all"}`, text: `{"a":1,"b":2}`, pass: true,
			data: `{"matchedJson":{"a":1,"b":2},"verdict":true,"presentKeys":["a","b"],"missingKeys":[],"operator":"all","textExcerpt":"{\"a\":1,\"b\":2}"}`},
		{name: "all fails", id: id, params: `{"keys":["a","b"],"operator":"all"}`, text: `{"a":1}`, data: `{"presentKeys":["a"],"missingKeys":["b"]}`},
		{name: "any", id: id, params: `{"keys":["a","b"]}`, text: `{"b":2}`, pass: true},
		{name: "none", id: id, params: `{"keys":["a"],"operator":"none"}`, text: `{"b":2}`, pass: true},
		{name: "none fails", id: id, params: `{"keys":["a"],"operator":"none"}`, text: `{"a":2}`},
		{name: "no JSON", id: id, params: `{"keys":["a"],"operator":"none"}`, text: `nothing`, data: `{"matchedJson":null,"missingKeys":["a"],"presentKeys":[]}`},
		{name: "the best object", id: id, params: `{"keys":["a","b"],"operator":"all"}`, text: `{"a":1} or {"a":1,"b":2}`, pass: true},
		{name: "nested ones do not count", id: id, params: `{"keys":["b"]}`, text: `{"a":{"b":1}}`},
		{name: "a list of objects", id: id, params: `{"keys":["b"]}`, text: `[1,{"a":1},{"b":{}}]`, pass: true, data: `{"matchedJson":{"b":{}}}`},
		{name: "a list in a fence", id: id, params: `{"keys":["a"],"operator":"all"}`, text: "```json\n[{\"a\":1}]\n```", pass: true},
		{name: "a list of no objects", id: id, params: `{"keys":["a"],"operator":"none"}`, text: `["a"]`, data: `{"matchedJson":null}`},
		{name: "none of several", id: id, params: `{"keys":["a","b"],"operator":"none"}`, text: `{"a":1} {"c":1}`, data: `{"matchedJson":{"a":1},"presentKeys":["a"],"missingKeys":["b"]}`},
		{name: "none of several, pass", id: id, params: `{"keys":["a","b"],"operator":"none"}`, text: `{"x":1} {"c":1}`, pass: true, data: `{"matchedJson":{"x":1}}`},
		{name: "Japanese", id: id, params: `{"keys":["名前"]}`, text: "答え：{\"名前\":1}です", pass: true},
		{name: "fenced", id: id, params: `{"keys":["a"]}`, text: "{\"x\":1}\n```json\n{\"a\":{\"b\":{}}}\n```", pass: true},
		{name: "Chinese", id: id, params: `{"keys":["名字"]}`, text: `答案是{"名字":"}{"}。`, pass: true, data: `{"matchedJson":{"名字":"}{"}}`},
		{name: "empty", id: id, params: `{"keys":["a"]}`, err: "empty"},
		{name: "long", id: id, params: `{"keys":["a"]}`, text: long("x") + `{"a":1}`, pass: true},
		{name: "braces without end", id: id, params: `{"keys":["a"]}`, text: long(`{"a":`)},
	})
}

func TestJSONSchema(t *testing.T) {
	t.Parallel()
	const id = "default.jsonSchema"
	const integer = `{"schema":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}`
	negated := strings.TrimSuffix(integer, "}") + `,"not":true}`
	runRows(t, guard.Env{}, []row{
		{name: "pass", id: id, params: integer, text: "```json\n{\"a\": 1}\n```", pass: true, data: `{"matchedJson":{"a":1},"not":false,"validationErrors":[]}`},
		{name: "fail", id: id, params: integer, text: `{"a":"x"}`, data: `{"matchedJson":{"a":"x"},"validationErrors":[{"path":"/a","message":"got string, want integer"}]}`},
		{name: "not", id: id, params: negated, text: `{"a":"x"}`, pass: true},
		{name: "no JSON", id: id, params: integer, text: "no json at all", data: `{"not":false}`},
		{name: "no JSON, not", id: id, params: negated, text: "no json at all", pass: true},
		{name: "nested, between words", id: id, params: `{"schema":{"required":["a"],"properties":{"a":{"required":["b"]}}}}`, text: `So {x}: {"a":{"b":{}}} it is`, pass: true},
		{name: "one of several", id: id, params: integer, text: `{"a":"x"} {"a":2}`, pass: true, data: `{"matchedJson":{"a":2}}`},
		{name: "draft 2020-12", id: id, params: `{"schema":{"prefixItems":[{"const":1}],"items":false,"type":"array"}}`, text: `[1]`, pass: true},
		{name: "definitions", id: id, params: `{"schema":{"$ref":"#/$defs/n","$defs":{"n":{"minProperties":1}}}}`, text: `{}`},
		{name: "format", id: id, params: `{"schema":{"properties":{"m":{"format":"email"}}}}`, text: `{"m":"nobody"}`},
		{name: "pattern of JavaScript", id: id, params: `{"schema":{"properties":{"m":{"pattern":"^\\u4f60\\s$"}}}}`, text: `{"m":"你　"}`, pass: true},
		{name: "huge number", id: id, params: `{"schema":{"properties":{"n":{"multipleOf":0.01}}}}`, text: `{"n":1e999999999}`, data: `{"not":false}`},
		{name: "Japanese", id: id, params: `{"schema":{"required":["名"],"properties":{"名":{"maxLength":2}}}}`, text: `{"名":"東京"}`, pass: true},
		{name: "Chinese", id: id, params: `{"schema":{"properties":{"城":{"enum":["北京","上海"]}}}}`, text: "答案：{\"城\":\"东京\"}。"},
		{name: "an earlier draft", id: id, params: `{"schema":{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"s":{"type":"string"}},"properties":{"a":{"$ref":"#/definitions/s"}}}}`, text: `{"a":1}`, data: `{"validationErrors":[{"path":"/a","message":"got number, want string"}]}`},
		{name: "a schema for schemas", id: id, params: `{"schema":{"$ref":"https://json-schema.org/draft/2020-12/schema"}}`, text: `{"type":"nothing"}`, data: `{"not":false}`},
		{name: "recursion", id: id, params: `{"schema":{"type":"object","additionalProperties":{"$ref":"#"}}}`, text: `{"a":{"b":{"c":{}}}}`, pass: true},
		{name: "empty", id: id, params: integer, err: "empty"},
		{name: "long", id: id, params: integer, text: long("{"), data: `{"not":false}`},
		{name: "deep", id: id, params: integer, text: long(`{"a":`) + long("}"), data: `{"not":false}`},
	})
}

// A short schema can ask for more steps than anybody can wait for.
func TestACostlySchemaIsGivenUp(t *testing.T) {
	t.Parallel()
	twice := func(form string) string {
		var b strings.Builder
		for i := range 60 {
			part := fmt.Sprintf(`{"$ref":"#/$defs/a%d"}`, i+1)
			fmt.Fprintf(&b, `"a%d":%s,`, i, strings.ReplaceAll(form, "X", part))
		}
		return `{"schema":{"$defs":{` + b.String() + `"a60":{"type":"string"}},"$ref":"#/$defs/a0"}}`
	}
	many := long("1,")
	if worktest.Raced {
		many = many[:len(many)/8]
	}
	runRows(t, guard.Env{}, []row{
		{name: "any of", id: "default.jsonSchema", params: twice(`{"anyOf":[X,X]}`), text: `{"a":1,"b":1}`, err: "too long"},
		{name: "all of", id: "default.jsonSchema", params: twice(`{"allOf":[X,X]}`), text: `{"a":1,"b":1}`, err: "too long"},
		{name: "not", id: "default.jsonSchema", params: twice(`{"not":{"oneOf":[X,X]}}`), text: `{"a":1,"b":1}`, err: "too long"},
		{name: "members", id: "default.jsonSchema", params: twice(`{"not":{"dependentSchemas":{"a":X,"b":X}}}`), text: `{"a":1,"b":1}`, err: "too long"},
		{name: "expressions", id: "default.jsonSchema", params: `{"schema":{"items":{"pattern":"a[^]{900}b"}}}`, text: "[" + strings.Repeat(`"`+strings.Repeat("a", 40000)+`",`, 3) + `""]`, err: "too long"},
		{name: "many values", id: "default.jsonSchema", params: `{"schema":{"items":{"anyOf":[{"type":"string"},{"minimum":0}]}}}`, in: said("[" + many + "1]"), pass: true}, // a part of it is no JSON
	})
}

func TestASchemaEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v, err := makeCheck(t, guard.Env{}, "default.jsonSchema", `{"schema":{"type":"object"}}`).Check(ctx, said(`{}`))
	if err == nil || v.Pass {
		t.Errorf("%v, %v", v.Pass, err)
	}
}

// One schema judges several texts at the same time, each with its own budget.
func TestASchemaJudgesSeveralTextsAtOnce(t *testing.T) {
	t.Parallel()
	check := makeCheck(t, guard.Env{}, "default.jsonSchema", `{"schema":{"items":{"type":"integer"}}}`)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			good := i%2 == 0
			text := "[" + strings.Repeat("1,", 1<<12) + map[bool]string{true: "1]", false: `"x"]`}[good]
			for range 5 {
				if v, err := check.Check(t.Context(), said(text)); err != nil || v.Pass != good {
					t.Errorf("%d: %v, %v", i, v.Pass, err)
				}
			}
		})
	}
	all.Wait()
}

func TestSchemasReadNoOtherDocument(t *testing.T) {
	t.Parallel()
	for _, ref := range []string{"file:///etc/passwd", "http://127.0.0.1/schema", "other.json"} {
		_, faults := tryCheck(t, guard.Env{}, "default.jsonSchema", `{"schema":{"$ref":"`+ref+`"}}`)
		if len(faults) != 1 || faults[0].Param != "schema" {
			t.Errorf("%s: faults %v", ref, faults)
		}
	}
}
