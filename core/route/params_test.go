package route

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/llm"
)

// faultsOf are those of a config when it is parsed, else when it is compiled.
func faultsOf(t *testing.T, config string) string {
	t.Helper()
	c, err := Parse([]byte(config))
	if err == nil {
		_, err = Compile(c, "", Env{CheckHost: func(string) error { return nil }})
	}
	bad, ok := errors.AsType[*InvalidError](err)
	if err != nil && !ok {
		t.Fatal(err)
	}
	if !ok {
		return ""
	}
	return strings.Join(bad.Faults, "\n")
}

func TestParametersFlowDown(t *testing.T) {
	t.Parallel()
	got := leaves(t, `{"strategy":{"mode":"fallback"},
		"default_params":{"temperature":1,"metadata":{"some_key":1}},"dropParams":["logprobs"],"model_aliases":{"a*":"b"},
		"targets":[
			{"provider":"openai"},
			{"provider":"openai","defaultParams":{"temperature":2,"top_p":0.50},"drop_params":[],"modelAliases":{}}]}`)
	inherits, own := got[0].settings, got[1].settings
	if string(inherits.defaults) != `{"temperature":1,"metadata":{"some_key":1}}` || len(inherits.drops) != 1 || len(inherits.aliases) != 1 {
		t.Errorf("first target: %+v", inherits)
	}
	if string(own.defaults) != `{"temperature":2,"metadata":{"some_key":1},"top_p":0.50}` || len(own.drops) != 0 || len(own.aliases) != 0 {
		t.Errorf("second target: %+v", own)
	}
	if t0 := got[0].target(callFor("m", nil)); len(t0.Drops) != 1 || len(t0.Defaults) == 0 {
		t.Errorf("they do not reach the upstream: %+v", t0)
	}
}

func callFor(model string, h http.Header) *core.Call {
	if h == nil {
		h = http.Header{}
	}
	in := core.Incoming{Header: h, Model: model, Body: []byte(`{"model":"` + model + `"}`)}
	return (&core.Call{Incoming: in, Operation: llm.Generate, Dialect: llm.OpenAIChat}).Prepare()
}

func TestModelOfATarget(t *testing.T) {
	t.Parallel()
	const aliases = `"model_aliases":{"claude-haiku-*":"gpt-4o-mini","claude-*-latest":"gpt-4.1","exact":"e","*":"gpt-4o"}`
	tests := []struct{ name, config, asked, want string }{
		{"the client's", `{"provider":"openai"}`, "m", "m"},
		{"overridden", `{"provider":"openai","override_params":{"model":"o"},"default_params":{"model":"d"}}`, "m", "o"},
		{"a default for none", `{"provider":"openai","default_params":{"model":"d"}}`, "", "d"},
		{"no default for one", `{"provider":"openai","default_params":{"model":"d"}}`, "m", "m"},
		{"an alias by its beginning", `{"provider":"openai",` + aliases + `}`, "claude-haiku-4-5-20251001", "gpt-4o-mini"},
		{"by both ends", `{"provider":"openai",` + aliases + `}`, "claude-opus-latest", "gpt-4.1"},
		{"the first in order", `{"provider":"openai",` + aliases + `}`, "claude-haiku-latest", "gpt-4o-mini"},
		{"exactly", `{"provider":"openai",` + aliases + `}`, "exact", "e"},
		{"any", `{"provider":"openai",` + aliases + `}`, "exactly", "gpt-4o"},
		{"none that matches", `{"provider":"openai","model_aliases":{"a*b*c":"x"}}`, "acb", "acb"},
		{"stars in the middle", `{"provider":"openai","model_aliases":{"a*b*c":"x"}}`, "a/b/c", "x"},
		{"an override goes before an alias", `{"provider":"openai","override_params":{"model":"o"},` + aliases + `}`, "exact", "o"},
		{"a default has an alias", `{"provider":"openai","default_params":{"model":"exact"},` + aliases + `}`, "", "e"},
		{"of a provider's slug", `{"override_params":{"model":"@openai/gpt-4o"}}`, "m", "gpt-4o"},
		{"that begins with an at sign", `{"provider":"workers-ai","override_params":{"model":"@cf/meta/llama"}}`, "m", "@cf/meta/llama"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := leaves(t, tt.config)[0].model(callFor(tt.asked, nil)); got != tt.want {
				t.Errorf("asked for %q, want %q", got, tt.want)
			}
		})
	}
}

func TestProvidersAreFoundBySlug(t *testing.T) {
	t.Parallel()
	const two = `{"strategy":{"mode":"fallback"},"targets":[{"provider":"anthropic"},%s]}`
	for target, want := range map[string]string{
		`{"provider":"@openai"}`:                                                 "openai",
		`{"virtual_key":"openai"}`:                                               "openai",
		`{"virtualKey":"@groq","provider":"groq"}`:                               "groq",
		`{"override_params":{"model":"@openai/gpt-4o"}}`:                         "openai",
		`{"provider":"@openai","override_params":{"model":"@openai/ft:a/b"}}`:    "openai",
		`{"provider":"workers-ai","override_params":{"model":"@cf/meta/llama"}}`: "workers-ai",
	} {
		if l := leaves(t, strings.Replace(two, "%s", target, 1))[1]; l.spec.ID != want || l.byHeader {
			t.Errorf("%s: %s, by header %v", target, l.spec.ID, l.byHeader)
		}
	}
	for target, want := range map[string]string{
		`{"virtual_key":"prod"}`:                                          "path: targets,1,virtual_key, message: No provider is known by the name of 'prod'",
		`{"provider":"@prod"}`:                                            "path: targets,1,provider, message: No provider is known by the name of 'prod'",
		`{"override_params":{"model":"@prod/m"}}`:                         "path: targets,1,override_params,model, message: No provider is known by the name of 'prod'",
		`{"provider":"openai","virtual_key":"groq"}`:                      "path: targets,1,virtual_key, message: 'provider' and 'virtual_key' name different providers",
		`{"provider":"openai","override_params":{"model":"@groq/llama"}}`: "path: targets,1,override_params,model, message: names another provider than the target does",
		`{"provider":"openai","prompt_id":"pp-1"}`:                        "path: targets,1,prompt_id, message: This version of the gateway has no prompts",
		`"pc-fast-12"`: "path: targets,1, message: This version of the gateway has no saved configs",
		`{"provider":"openai","drop_params":["a..b"]}`:   "path: targets,1,drop_params,0, message: not a path of a parameter",
		`{"provider":"openai","drop_params":[1]}`:        "path: targets,1,drop_params,0, message: Expected string, received number",
		`{"provider":"openai","drop_params":"a"}`:        "path: targets,1,drop_params, message: Expected array, received string",
		`{"provider":"openai","defaultParams":[]}`:       "path: targets,1,defaultParams, message: Expected object, received array",
		`{"provider":"openai","model_aliases":{"a":1}}`:  "path: targets,1,model_aliases,a, message: Expected string, received number",
		`{"provider":"openai","model_aliases":{"a":""}}`: "path: targets,1,model_aliases,a, message: a model is missing",
		`{"passthrough":"yes"}`:                          "path: targets,1,passthrough, message: Expected boolean, received string",
		`{"provider":"openai","is_open":1}`:              "path: targets,1,is_open, message: Expected boolean, received number",
	} {
		if got := faultsOf(t, strings.Replace(two, "%s", target, 1)); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", target, got, want)
		}
	}
}

func TestOpenTargetsAreLeftOutUnlessAllAre(t *testing.T) {
	t.Parallel()
	const config = `{"id":"c","strategy":{"mode":"fallback"},"targets":[{"provider":"openai","is_open":A},{"provider":"groq","isOpen":B},{"provider":"anthropic","is_open":C}]}`
	for open, want := range map[string]string{"fff": "012", "tff": "12", "ftf": "02", "fft": "01", "ttf": "2", "ttt": "012"} {
		spell := map[byte]string{'t': "true", 'f': "false"}
		got := ""
		for _, l := range leaves(t, strings.NewReplacer("A", spell[open[0]], "B", spell[open[1]], "C", spell[open[2]]).Replace(config)) {
			got += strings.TrimSuffix(strings.TrimPrefix(l.at, "config.targets["), "]")
		}
		if got != want {
			t.Errorf("%s: targets %s, want %s", open, got, want)
		}
	}
}

func TestPassthroughTargetsAskWhomTheRequestNames(t *testing.T) {
	t.Parallel()
	c, err := Parse([]byte(`{"strategy":{"mode":"single"},"targets":[{"passthrough":true,"default_params":{"n":1}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	h, err := Compile(c, "", Env{CheckHost: func(string) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	target := h.(*strategy).children[0].(*passthrough)
	tests := []struct{ header, model, provider, want string }{
		{"openai", "m", "openai", "m"},
		{"@groq", "m", "groq", "m"},
		{"", "@anthropic/claude/x", "anthropic", "claude/x"},
		{"openai", "@openai/m", "openai", "m"},
		{"workers-ai", "@cf/meta/m", "workers-ai", "@cf/meta/m"},
		{"", "m", "", ""},
		{"", "@prod/m", "", ""},
	}
	for _, tt := range tests {
		call := callFor(tt.model, http.Header{"X-Portkey-Provider": {tt.header}})
		l, named := target.asked(call)
		switch {
		case tt.provider == "":
			_, err := target.Handle(t.Context(), call)
			if e, _ := errors.AsType[*llm.Error](err); l != nil || e == nil || e.Kind != llm.BadRequest || target.unable(call) == "" {
				t.Errorf("%+v: %v, %v", tt, l, err)
			}
		case l.spec.ID != tt.provider || named.Model != tt.want || !l.byHeader || l.at != "config.targets[0]" || string(l.settings.defaults) != `{"n":1}`:
			t.Errorf("%+v: %s, %s", tt, l.spec.ID, named.Model)
		default:
			if again, _ := target.asked(call); again != l {
				t.Errorf("%+v: built twice", tt)
			}
		}
	}
}

func tries(outcomes ...core.Handler) (*strategy, *int) {
	n := new(int)
	counting := make([]core.Handler, len(outcomes))
	for i, h := range outcomes {
		counting[i] = core.HandlerFunc(func(ctx context.Context, c *core.Call) (*core.Reply, error) {
			*n++
			return h.Handle(ctx, c)
		})
	}
	return &strategy{group: group{"config", scriptedChildren(counting...)}, choose: inOrder(len(outcomes)), moves: rule{moves: true}}, n
}

func TestTheFailureThatIsToldIsTheOneThatMatters(t *testing.T) {
	t.Parallel()
	kind := func(k llm.ErrorKind) core.Handler { return fails(&llm.Error{Kind: k}) }
	tests := []struct {
		name  string
		tried []core.Handler
		want  llm.ErrorKind
	}{
		{"the last of several troubles", []core.Handler{kind(llm.RateLimited), kind(llm.Overloaded)}, llm.Overloaded},
		{"a trouble before an incapacity", []core.Handler{kind(llm.Overloaded), kind(llm.ContextLength)}, llm.Overloaded},
		{"the first of them", []core.Handler{kind(llm.Timeout), kind(llm.Upstream), kind(llm.NotFound)}, llm.Timeout},
		{"a trouble after an incapacity", []core.Handler{kind(llm.Unsupported), kind(llm.Unreachable)}, llm.Unreachable},
		{"incapacities only", []core.Handler{kind(llm.Unsupported), kind(llm.BadRequest)}, llm.BadRequest},
		{"a credential is not the provider's trouble", []core.Handler{kind(llm.Credential), kind(llm.BadRequest)}, llm.BadRequest},
		{"what a policy refuses is an answer", []core.Handler{kind(llm.Overloaded), kind(llm.ContentFilter)}, llm.ContentFilter},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, n := tries(tt.tried...)
			_, err := s.Handle(t.Context(), callFor("m", nil))
			if e, _ := errors.AsType[*llm.Error](err); e == nil || e.Kind != tt.want || *n != len(tt.tried) {
				t.Errorf("told %v after %d tries, want %v", err, *n, tt.want)
			}
		})
	}
}

func TestNobodyElseIsAskedWhenTheCallerForbidsIt(t *testing.T) {
	t.Parallel()
	s, n := tries(fails(&llm.Error{Kind: llm.Overloaded}), answers(200))
	c := callFor("m", nil)
	c.Only = true
	if _, err := s.Handle(t.Context(), c); err == nil || *n != 1 {
		t.Errorf("%d targets were tried, %v", *n, err)
	}
	outer := &strategy{choose: inOrder(2), moves: rule{moves: true}, group: group{children: []child{s, s}}}
	*n = 0
	if _, err := outer.Handle(t.Context(), c.WithBody([]byte(`{}`)).After(1)); err == nil || *n != 1 {
		t.Errorf("nested: %d targets were tried, %v", *n, err)
	}
}
