package guard_test

import (
	"fmt"
	"strings"
	"testing"

	"sluice/core/guard"
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
		{name: "empty", id: id, params: integer, err: "empty"},
		{name: "long", id: id, params: integer, text: long("{"), data: `{"not":false}`},
		{name: "deep", id: id, params: integer, text: long(`{"a":`) + long("}"), data: `{"not":false}`},
	})
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
