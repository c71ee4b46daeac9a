package cache

import (
	"reflect"
	"testing"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// full is a request in which everything is said.
func full() *llm.Request {
	one, yes := int64(1), true
	native := llm.Native{Dialect: llm.OpenAIChat, Members: json.Value(`{"x": [1]}`)}
	mark := &llm.CacheMark{TTL: "5m", Native: native}
	text := func() llm.Part {
		return &llm.Text{Text: "t", Citations: []llm.Citation{{URL: "u", Title: "t", Quote: "q", Native: native}}, Cache: mark, Native: native}
	}
	return &llm.Request{
		Model: "m", Turns: []llm.Turn{{Role: llm.User, Name: "n", Native: native, Parts: []llm.Part{
			text(),
			&llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "AA==", URL: "u", FileID: "f", Text: "t", Name: "n", Detail: "low", Cache: mark, Native: native},
			&llm.Reasoning{Text: "t", Signature: "s", Redacted: "r", Origin: llm.Anthropic, Native: native},
			&llm.ToolCall{ID: "i", Name: "n", Arguments: "{}", Custom: true, Signature: "s", Cache: mark, Native: native},
			&llm.ToolResult{CallID: "i", Name: "n", Parts: []llm.Part{text()}, IsError: true, Cache: mark, Native: native},
			&llm.Refusal{Text: "t", Native: native},
			&llm.Foreign{Kind: "k", Native: native},
		}}},
		Tools:         []llm.Tool{{Kind: "function", Name: "n", Description: "d", Parameters: json.Value(`{"type":"object"}`), Strict: &yes, Cache: mark, Native: native}},
		ToolChoice:    llm.ToolChoice{Mode: llm.ToolNamed, Name: "n", Allowed: []string{"n"}, Native: native},
		ParallelTools: &yes, MaxTokens: &one, Temperature: "1", TopP: "1", TopK: &one, FrequencyPenalty: "1", PresencePenalty: "1", Seed: &one,
		Stop: []string{"s"}, N: &one, Output: llm.Output{Kind: llm.OutputSchema, Name: "n", Description: "d", Schema: json.Value(`{}`), Strict: &yes, Native: native},
		Reasoning: llm.Thinking{Mode: llm.ThinkingOn, Effort: "low", Budget: &one, Summary: "s", Native: native},
		User:      "u", ServiceTier: "t", Cache: mark, Stream: true, IncludeUsage: &yes, Native: native,
	}
}

func keyOf(r *llm.Request) Key { return NewDigest().Request(r).Key() }

// TestKeysHoldEveryField: RC-02. Whatever is changed in a request, whichever
// fields the canonical types come to have, it has another key.
func TestKeysHoldEveryField(t *testing.T) {
	t.Parallel()
	want, changes := keyOf(full()), 0
	r := full()
	var walk func(path string, v reflect.Value)
	check := func(path string, v reflect.Value, other any) {
		old := reflect.ValueOf(v.Interface())
		v.Set(reflect.ValueOf(other).Convert(v.Type()))
		changes++
		if same := keyOf(r) == want; same != (path == ".Stream" || path == ".IncludeUsage") {
			t.Errorf("%s is changed, and the key is the same: %v", path, same)
		}
		v.Set(old)
	}
	walk = func(path string, v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			old := reflect.ValueOf(v.Interface())
			if path != "" {
				check(path, v, reflect.Zero(v.Type()).Interface())
			}
			if path != ".IncludeUsage" {
				walk(path, old.Elem())
			}
		case reflect.Interface:
			walk(path+"."+v.Elem().Elem().Type().Name(), v.Elem().Elem())
		case reflect.Struct:
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		case reflect.Slice:
			if v.Type() == rawJSON {
				check(path, v, json.Value(`{"other":1}`))
				return
			}
			check(path, v, reflect.Zero(v.Type()).Interface())
			for i := range v.Len() {
				walk(path, v.Index(i))
			}
		case reflect.String:
			check(path, v, v.String()+"x")
		case reflect.Bool:
			check(path, v, !v.Bool())
		case reflect.Int64:
			check(path, v, v.Int()+1)
		default:
			t.Fatalf("%s is a %s, which the test does not know", path, v.Type())
		}
	}
	walk("", reflect.ValueOf(r))
	if changes < 100 || keyOf(r) != want {
		t.Errorf("%d changes, and the request is as before: %v", changes, keyOf(r) == want)
	}
}

func TestPartsOfAKeyDoNotRunIntoEachOther(t *testing.T) {
	t.Parallel()
	keys := map[Key]string{}
	for name, d := range map[string]*Digest{
		"ab, c":    NewDigest().Text("ab", "c"),
		"a, bc":    NewDigest().Text("a", "bc"),
		"abc":      NewDigest().Text("abc"),
		"nothing":  NewDigest(),
		"empty":    NewDigest().Text(""),
		"no names": NewDigest().Texts(nil),
		"a=b":      NewDigest().Texts(map[string]string{"a": "b"}),
		"b=a":      NewDigest().Texts(map[string]string{"b": "a"}),
	} {
		if other, there := keys[d.Key()]; there && !(name == "empty" || name == "no names") {
			t.Errorf("%s and %s have one key", name, other)
		}
		keys[d.Key()] = name
	}
}

func TestWhiteSpaceInJSONIsNoDifference(t *testing.T) {
	t.Parallel()
	r := full()
	r.Tools[0].Parameters = json.Value("{ \"type\" :\n\"object\" }")
	if keyOf(r) != keyOf(full()) {
		t.Error("another key")
	}
}
