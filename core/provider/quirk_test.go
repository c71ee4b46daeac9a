package provider

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestQuirksTouchNothingElse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		spec    Spec
		in      string
		want    string
		dropped string
	}{
		{"drop", Spec{Quirks: []Quirk{{Drop: "user"}}}, `{ "a":1.50, "user" : "u", "z" : "<&>" }`, `{ "a":1.50, "z" : "<&>" }`, "user"},
		{"drop a null", Spec{Quirks: []Quirk{{Drop: "user"}}}, `{"a":1,"user":null}`, `{"a":1}`, ""},
		{"drop what is absent", Spec{Quirks: []Quirk{{Drop: "user"}}}, `{"messages":[{"role":"user"}]}`, `{"messages":[{"role":"user"}]}`, ""},
		{"drop inside", Spec{Quirks: []Quirk{{Drop: "messages.*.name"}}},
			`{"messages":[{"name":"a", "role":"user"} , {"role":"tool","name":"b"}],"name":"kept"}`,
			`{"messages":[{ "role":"user"} , {"role":"tool"}],"name":"kept"}`, "messages.*.name"},
		{"rename", Spec{Quirks: []Quirk{{Rename: "seed", To: "random_seed"}}}, `{"seed": 7,"a":1}`, `{"a":1,"random_seed":7}`, ""},
		{"rename keeps the literal", Spec{Quirks: []Quirk{{Rename: "seed", To: "random_seed"}}}, `{"seed":12345678901234567890123}`, `{"random_seed":12345678901234567890123}`, ""},
		{"rename gives way", Spec{Quirks: maxTokens}, `{"max_tokens":1,"max_completion_tokens":2}`, `{"max_tokens":1}`, "max_completion_tokens"},
		{"rename does not give way to null", Spec{Quirks: maxTokens}, `{"max_tokens":null,"max_completion_tokens":2}`, `{"max_tokens":2}`, ""},
		{"default", Spec{Quirks: []Quirk{{Default: "n", Value: `{"a":1}`}}}, `{"m":"x"}`, `{"m":"x","n":{"a":1}}`, ""},
		{"default gives way", Spec{Quirks: []Quirk{{Default: "n", Value: "1"}}}, `{"n":null}`, `{"n":null}`, ""},
		{"clamp down", Spec{Quirks: within}, `{"temperature":3,"top_p":1.5}`, `{"temperature":2,"top_p":1}`, "temperature (clamped to 2) top_p (clamped to 1)"},
		{"clamp up", Spec{Quirks: within}, `{"frequency_penalty":-9}`, `{"frequency_penalty":-2}`, "frequency_penalty (clamped to -2)"},
		{"clamp to a fraction", Spec{Quirks: []Quirk{{Clamp: "t", Max: 1.5}}}, `{"t":1e9}`, `{"t":1.5}`, "t (clamped to 1.5)"},
		{"clamp beyond all numbers", Spec{Quirks: within}, `{"temperature":1e999,"top_p":-1e999}`, `{"temperature":2,"top_p":0}`, "temperature (clamped to 2) top_p (clamped to 0)"},
		{"within", Spec{Quirks: within}, `{"temperature":2.0,"top_p":0.30}`, `{"temperature":2.0,"top_p":0.30}`, ""},
		{"clamp what is no number", Spec{Quirks: within}, `{"temperature":"hot","top_p":null}`, `{"temperature":"hot","top_p":null}`, ""},
		{"rename, then clamp", Spec{Quirks: []Quirk{{Rename: "a", To: "b"}, {Clamp: "b", Max: 1}}}, `{"a":5}`, `{"b":1}`, "b (clamped to 1)"},
		{"developer", Spec{}, "{\n \"messages\" : [ {\"role\":\"developer\",\"content\":\"developer\"},\n {\"role\" : \"user\"} ]\n}",
			"{\n \"messages\" : [ {\"role\":\"system\",\"content\":\"developer\"},\n {\"role\" : \"user\"} ]\n}", ""},
		{"developer in escapes", Spec{}, `{"mess\u0061ges":[{"r\u006fle":"devel\u006fper"}]}`, `{"mess\u0061ges":[{"r\u006fle":"system"}]}`, ""},
		{"developer is kept", Spec{KeepDeveloper: true}, `{"messages":[{"role":"developer"}]}`, `{"messages":[{"role":"developer"}]}`, ""},
		{"odd shapes stay", Spec{Quirks: groq}, `{"messages":{"name":"developer"},"logprobs":null,"x":"\u00e9"}`, `{"messages":{"name":"developer"},"x":"\u00e9"}`, ""},
		{"developer and name at once", Spec{Quirks: groq}, `{"messages":[{"role":"developer","name":"n"}]}`, `{"messages":[{"role":"system"}]}`, "messages.*.name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := []byte(tt.in)
			got, dropped, err := tt.spec.Apply(llm.OpenAIChat, in)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want || strings.Join(dropped, " ") != tt.dropped {
				t.Errorf("got  %s, dropped %q\nwant %s, dropped %q", got, dropped, tt.want, tt.dropped)
			}
			if string(in) != tt.in {
				t.Errorf("the body that was given has become %s", in)
			}
			if tt.in == tt.want && &got[0] != &in[0] {
				t.Error("nothing was to be done, but the body was copied")
			}
		})
	}
}

func TestQuirksAreAboutChat(t *testing.T) {
	t.Parallel()
	in := []byte(`{"temperature":3,"messages":[{"role":"developer"}]}`)
	s := Spec{Quirks: within}
	if got, dropped, err := s.Apply(llm.Anthropic, in); err != nil || dropped != nil || !bytes.Equal(got, in) {
		t.Errorf("got %s, %q, %v", got, dropped, err)
	}
}

func TestApplyCostsNothingWhenThereIsNothingToDo(t *testing.T) {
	body := []byte(`{"model":"m","messages":[{"role":"user","content":"who is a developer? my name is nobody"}],"stream":true}`)
	for _, id := range []string{"groq", "mistral-ai", "openai", "deepseek"} {
		s, _ := Find(id)
		if id == "mistral-ai" {
			s = &Spec{Quirks: slicesWithout(s.Quirks, "user")} // the role is spelled like it
		}
		if n := testing.AllocsPerRun(100, func() {
			if got, _, err := s.Apply(llm.OpenAIChat, body); err != nil || &got[0] != &body[0] {
				t.Errorf("%s: got %s, %v", id, got, err)
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations", id, n)
		}
	}
}

func slicesWithout(qs []Quirk, drop string) []Quirk {
	var out []Quirk
	for _, q := range qs {
		if q.Drop != drop {
			out = append(out, q)
		}
	}
	return out
}

func TestApplyRefusesBrokenBodies(t *testing.T) {
	t.Parallel()
	s, _ := Find("groq")
	for _, in := range []string{`{"logprobs":`, `["logprobs"]`, `{"logprobs":1,"logprobs":2}`, `"logprobs"`} {
		_, _, err := s.Apply(llm.OpenAIChat, []byte(in))
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.BadRequest {
			t.Errorf("%s: got %v, want a bad request", in, err)
		}
	}
}

func FuzzApply(f *testing.F) {
	for _, seed := range []string{
		`{"messages":[{"role":"developer","name":"n"}],"seed":1,"temperature":9,"max_completion_tokens":5}`,
		`{"messages":"developer","logprobs":{"a":[]},"max_tokens":null}`,
		`{"mess\u0061ges":[[{"role":"developer"}]],"top_p":-1e400}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, id := range []string{"groq", "mistral-ai", "openai", "monsterapi"} {
			s, _ := Find(id)
			before := bytes.Clone(in)
			out, _, err := s.Apply(llm.OpenAIChat, in)
			if !bytes.Equal(before, in) {
				t.Fatalf("the body was changed to %s", in)
			}
			if err != nil || !json.Valid(in) {
				continue
			}
			if !json.Valid(out) {
				t.Fatalf("%s became %s", in, out)
			}
			again, _, err := s.Apply(llm.OpenAIChat, out)
			if err != nil || !bytes.Equal(again, out) {
				t.Fatalf("%s became %s, and then %s, %v", in, out, again, err)
			}
		}
	})
}
