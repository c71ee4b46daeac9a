package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const templateFile = "../../template.yaml"

// object is a part of a template, with short forms such as !Ref written out.
type object = map[string]any

// template reads the template of the stack.
func template(t *testing.T) object {
	t.Helper()
	b, err := os.ReadFile(templateFile)
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	return plain(t, doc.Content[0]).(object)
}

// plain turns a node into what encoding/json would give, and !Sub x into
// {"Fn::Sub": x}.
func plain(t *testing.T, n *yaml.Node) any {
	t.Helper()
	short := strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!")
	if short {
		bare := *n
		bare.Tag, bare.Style = "", n.Style&^yaml.TaggedStyle
		name := strings.TrimPrefix(n.Tag, "!")
		if name != "Ref" && name != "Condition" {
			name = "Fn::" + name
		}
		return object{name: plain(t, &bare)}
	}
	switch n.Kind {
	case yaml.MappingNode:
		m := make(object)
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(t, n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			list = append(list, plain(t, c))
		}
		return list
	}
	var v any
	if err := n.Decode(&v); err != nil {
		t.Fatalf("line %d: %v", n.Line, err)
	}
	return v
}

// at follows names into a template; nil if there is nothing.
func at(v any, path ...string) any {
	for _, name := range path {
		m, _ := v.(object)
		v = m[name]
	}
	return v
}

// same compares parts of a template by what they would be as JSON.
func same(got, want any) bool { return text(got) == text(want) }

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// expect compares the parts at dotted paths below v.
func expect(t *testing.T, v any, want map[string]any) {
	t.Helper()
	for path, w := range want {
		if got := at(v, strings.Split(path, ".")...); !same(got, w) {
			t.Errorf("%s: got %s, want %s", path, text(got), text(w))
		}
	}
}

func ref(name string) object { return object{"Ref": name} }

func ofType(tpl object, typ string) []string {
	var names []string
	for name, r := range tpl["Resources"].(object) {
		if at(r, "Type") == typ {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	if v == nil {
		return nil
	}
	return []any{v}
}
