package gemini

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestSchemasAreCleaned(t *testing.T) {
	t.Parallel()
	// property wraps a schema, because the root has to be an object's.
	property := func(s string) string { return `{"type":"object","properties":{"p":` + s + `}}` }
	tests := []struct {
		name, in, want string // of the property p
		lost           []string
	}{
		{"plain", `{"type":"string","description":"d","minLength":1,"pattern":"^a","title":"t"}`, `{"type":"string","description":"d","minLength":1,"pattern":"^a","title":"t"}`, nil},
		{"null among types", `{"type":["string","null"]}`, `{"type":"string","nullable":true}`, nil},
		{"several types", `{"type":["string","integer","null"],"description":"d"}`, `{"anyOf":[{"type":"string","description":"d","nullable":true},{"type":"integer","description":"d","nullable":true}]}`, nil},
		{"null as an alternative", `{"anyOf":[{"type":"string"},{"type":"null"}],"description":"d"}`, `{"type":"string","description":"d","nullable":true}`, nil},
		{"siblings of alternatives go into them", `{"anyOf":[{"type":"string","description":"own"},{"type":"integer"}],"description":"d"}`, `{"anyOf":[{"type":"string","description":"own"},{"type":"integer","description":"d"}]}`, nil},
		{"oneOf", `{"oneOf":[{"type":"string"},{"type":"integer"}]}`, `{"anyOf":[{"type":"string"},{"type":"integer"}]}`, nil},
		{"nothing but null", `{"type":"null"}`, `{"nullable":true}`, nil},
		{"const", `{"const":"a"}`, `{"enum":["a"],"type":"string"}`, nil},
		{"const null as an alternative", `{"anyOf":[{"const":null},{"const":"a"}]}`, `{"enum":["a"],"type":"string","nullable":true}`, nil},
		{"enum without type", `{"enum":["a","b",null]}`, `{"enum":["a","b"],"type":"string","nullable":true}`, nil},
		{"numbers are no enum", `{"type":"integer","enum":[1,2]}`, `{"type":"integer","description":"(enum: 1; enum: 2)"}`, []string{"enum"}},
		{"an empty word", `{"enum":["","a"]}`, `{"enum":["a"],"type":"string"}`, []string{"enum"}},
		{"above zero", `{"type":"integer","exclusiveMinimum":0}`, `{"type":"integer","minimum":1}`, nil},
		{"below a fraction", `{"type":"integer","exclusiveMaximum":2.5,"minimum":-1}`, `{"type":"integer","maximum":2,"minimum":-1}`, nil},
		{"the narrower limit", `{"type":"integer","exclusiveMinimum":0,"minimum":-5}`, `{"type":"integer","minimum":1}`, nil},
		{"draft 4", `{"type":"integer","minimum":0,"exclusiveMinimum":true}`, `{"type":"integer","minimum":1}`, nil},
		{"above zero, not whole", `{"type":"number","exclusiveMinimum":0}`, `{"type":"number","description":"(exclusiveMinimum: 0)"}`, []string{"exclusiveMinimum"}},
		{"words for what has none", `{"type":"array","items":{"type":"string"},"uniqueItems":true,"description":"d"}`, `{"type":"array","items":{"type":"string"},"description":"d (uniqueItems: true)"}`, []string{"uniqueItems"}},
		{"defaults and formats are told", `{"type":"string","format":"email","default":"x"}`, `{"type":"string","description":"(format: email; default: x)"}`, nil},
		{"formats that there are", `{"type":"string","format":"date-time"}`, `{"type":"string","format":"date-time"}`, nil},
		{"closed objects are the rule", `{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false,"$schema":"x","required":["a"]}`, `{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}`, nil},
		{"maps", `{"type":"object","additionalProperties":{"type":"string"}}`, `{"type":"object"}`, []string{"additionalProperties"}},
		{"required that does not exist", `{"type":"object","properties":{"a":{}},"required":["a","b"]}`, `{"type":"object","properties":{"a":{}},"required":["a"]}`, []string{"required"}},
		{"types that are left out", `{"properties":{"a":{"items":{"type":"string"}}}}`, `{"properties":{"a":{"items":{"type":"string"},"type":"array"}},"type":"object"}`, nil},
		{"a list of anything", `{"type":"array"}`, `{"type":"array","items":{"type":"string"}}`, []string{"items"}},
		{"a tuple", `{"type":"array","items":[{"type":"string"}]}`, `{"type":"array","items":{"type":"string"}}`, []string{"items"}},
		{"allOf", `{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"string"}},"required":["b"]}]}`, `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["a","b"]}`, nil},
		{"allOf that disagrees", `{"type":"string","allOf":[{"type":"integer"}]}`, `{"type":"string"}`, []string{"type"}},
		{"keywords without a word", `{"type":"object","properties":{"a":{"type":"string"}},"patternProperties":{"^x":{}},"if":{},"not":{}}`, `{"type":"object","properties":{"a":{"type":"string"}}}`, []string{"patternProperties", "if", "not"}},
		{"an unknown type", `{"type":"date"}`, `{}`, []string{"type"}},
		{"anything", `true`, `{}`, nil},
		{"a reference that leads nowhere", `{"$ref":"#/$defs/X","description":"d"}`, `{"description":"d"}`, []string{"$ref"}},
		{"a reference outside", `{"$ref":"https://e.com/x"}`, `{}`, []string{"$ref"}},
		{"a reference to itself", `{"$ref":"#","description":"d"}`, `{"description":"d","type":"object","properties":{"p":{"type":"object","description":"d"}}}`, []string{"$ref (recursive)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPreparation(&llm.Request{}, google(pro15))
			got, _ := p.schema("", json.Value(property(tt.in)), true)
			if s := string(got); s != property(tt.want) {
				t.Errorf("got\n%s\nwant\n%s", s, property(tt.want))
			}
			if !slices.Equal(p.dropped, tt.lost) {
				t.Errorf("lost %q, want %q", p.dropped, tt.lost)
			}
		})
	}
}

func TestTheSchemaOfTheCatalogue(t *testing.T) {
	t.Parallel()
	in := json.Value(`{"type":"object","properties":{"n":{"type":"integer","exclusiveMinimum":0},"k":{"const":"a"},"s":{"type":["string","null"]},"r":{"$ref":"#/$defs/R"}},
		"$defs":{"R":{"type":"object","properties":{"self":{"$ref":"#/$defs/R"}}}},"additionalProperties":false,"$schema":"x"}`)
	want := `{"type":"object","properties":{"n":{"type":"integer","minimum":1},"k":{"enum":["a"],"type":"string"},"s":{"type":"string","nullable":true},` +
		`"r":{"type":"object","properties":{"self":{"type":"object"}}}}}`
	for _, model := range []string{pro15, pro25, pro3} {
		p := newPreparation(&llm.Request{}, google(model))
		if got, _ := p.schema("", in, true); string(got) != want {
			t.Errorf("%s: got\n%s\nwant\n%s", model, got, want)
		}
	}
}

func TestReferencesAreResolvedAnywhere(t *testing.T) {
	t.Parallel()
	p := newPreparation(&llm.Request{}, google(pro15))
	got, _ := p.schema("", json.Value(`{"type":"object","properties":{"a/b":{"type":"string"},"c":{"$ref":"#/properties/a~1b","description":"d"},"e":{"$ref":"#/%24defs/E"}},"$defs":{"E":{"anyOf":[{"$ref":"#/$defs/F"},{"type":"null"}]},"F":{"type":"boolean"}}}`), true)
	want := `{"type":"object","properties":{"a/b":{"type":"string"},"c":{"description":"d","type":"string"},"e":{"type":"boolean","nullable":true}}}`
	if string(got) != want || p.dropped != nil {
		t.Errorf("got\n%s\nwant\n%s (%q)", got, want, p.dropped)
	}
}

func TestRootsThatAreNoObjects(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string
		lost           []string
	}{
		{"missing", ``, ``, nil},
		{"null", `null`, ``, nil},
		{"empty", `{}`, ``, nil},
		{"no properties", `{"type":"object","properties":{}}`, ``, nil},
		{"a text", `{"type":"string"}`, ``, []string{"type"}},
		{"alternatives", `{"anyOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"type":"object","properties":{"b":{"type":"string"}}}]}`,
			`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}}`, []string{"anyOf"}},
		{"perhaps null", `{"type":["object","null"],"properties":{"a":{"type":"string"}}}`, `{"type":"object","properties":{"a":{"type":"string"}}}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPreparation(&llm.Request{}, google(pro3))
			got, whole := p.schema("", json.Value(tt.in), true)
			if string(got) != tt.want || whole != nil || !slices.Equal(p.dropped, tt.lost) {
				t.Errorf("got %s and %s, lost %q; want %s and %q", got, whole, p.dropped, tt.want, tt.lost)
			}
		})
	}
}

func TestNewerModelsGetJSONSchemaWhereOpenAPISaysLess(t *testing.T) {
	t.Parallel()
	maps := `{"type":"object","properties":{"m":{"type":"object","additionalProperties":{"type":"string"}}}}`
	x := prepare(t, &llm.Request{Tools: []llm.Tool{declared("f", maps)}, Output: llm.Output{Kind: llm.OutputSchema, Schema: json.Value(maps)}}, google(pro25))
	if got := lookup(x.Body(), "tools", "0", "functionDeclarations", "0", "parametersJsonSchema"); got != maps {
		t.Errorf("tool: got %s", got)
	}
	if got := lookup(x.Body(), "generationConfig", "responseJsonSchema"); got != maps {
		t.Errorf("output: got %s", got)
	}
	if x.Dropped() != nil {
		t.Errorf("dropped %q", x.Dropped())
	}
}

func TestASchemaThatWouldExplodeIsCutShort(t *testing.T) {
	t.Parallel()
	var defs []string
	for i := range 40 {
		defs = append(defs, fmt.Sprintf(`"d%d":{"type":"object","properties":{"a":{"$ref":"#/$defs/d%d"},"b":{"$ref":"#/$defs/d%d"}}}`, i, i+1, i+1))
	}
	bomb := `{"type":"object","properties":{"p":{"$ref":"#/$defs/d0"}},"$defs":{` + strings.Join(defs, ",") + `}}`
	deep := strings.Repeat(`{"type":"object","properties":{"p":`, 500) + `{}` + strings.Repeat(`}}`, 500)
	for _, in := range []string{bomb, deep} {
		p := newPreparation(&llm.Request{}, google(pro15))
		got, _ := p.schema("", json.Value(in), true)
		if !got.IsValid() || len(got) > 1<<20 || !slices.Contains(p.dropped, "(too large)") {
			t.Errorf("got %d bytes, dropped %q", len(got), p.dropped)
		}
	}
}

func TestOpenAPIBecomesJSONSchemaAndBack(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"capitals", `{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}`, `{"type":"object","properties":{"a":{"type":"string"}}}`},
		{"null", `{"type":"string","nullable":true}`, `{"type":["string","null"]}`},
		{"null among words", `{"type":"string","enum":["a"],"nullable":true}`, `{"type":["string","null"],"enum":["a",null]}`},
		{"null among alternatives", `{"anyOf":[{"type":"string"}],"nullable":true}`, `{"anyOf":[{"type":"string"},{"type":"null"}]}`},
		{"null alone", `{"nullable":true}`, `{"nullable":true}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, mark := toJSONSchema(json.Value(tt.in))
			if string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if back := toOpenAPI(got, mark); string(back) != tt.in {
				t.Errorf("came back as %s, not as %s", back, tt.in)
			}
		})
	}
}

func FuzzSchema(f *testing.F) {
	for _, s := range []string{
		`{"type":"object","properties":{"p":{"$ref":"#/$defs/A"}},"$defs":{"A":{"allOf":[{"$ref":"#/$defs/A"},{"$ref":"#"}],"anyOf":[{"$ref":"#/$defs/A"}]}}}`,
		`{"type":["object","null"],"properties":{"a":{"const":null,"enum":[1,"a",null]},"b":{"exclusiveMaximum":1e999,"type":"integer","maximum":9007199254740993}}}`,
		`{"anyOf":[{"oneOf":[{"properties":{"a":true}},false]},{"type":[]}],"required":[1,{}],"items":[]}`,
		`{"$ref":"#/$ref","properties":[],"enum":{}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		v := json.Value(in)
		if !v.IsValid() {
			return
		}
		for _, root := range []bool{true, false} {
			p := newPreparation(&llm.Request{}, google(pro15))
			out, whole := p.schema("", v, root)
			if whole != nil || out != nil && !out.IsValid() {
				t.Fatalf("%s became %s and %s", in, out, whole)
			}
			again, _ := newPreparation(&llm.Request{}, google(pro15)).schema("", v, root)
			if string(out) != string(again) {
				t.Fatalf("%s became %s, then %s", in, out, again)
			}
			if root && out != nil && (json.Unquote(json.Lookup(out, "type")) != "object" && json.Lookup(out, "properties") == nil) {
				t.Fatalf("%s became %s, which is not an object's", in, out)
			}
		}
		read, mark := toJSONSchema(v)
		if !read.IsValid() || !toOpenAPI(read, mark).IsValid() {
			t.Fatalf("%s became %s", in, read)
		}
	})
}
