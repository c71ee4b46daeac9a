package route

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/llm"
)

func TestFaultsNameThePath(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, config, want string }{
		{"mode", `{"strategy":{"mode":"random"},"targets":[{"provider":"openai"}]}`,
			"path: strategy,mode, message: Invalid 'mode' value. Must be one of: single, loadbalance, fallback, conditional"},
		{"provider of a target", `{"strategy":{"mode":"single"},"targets":[{"provider":"opneai"}]}`, "path: targets,0,provider, message: Invalid 'provider' value."},
		{"attempts", `{"provider":"openai","retry":{"attempts":"two"}}`, "path: retry,attempts, message: Expected number, received string"},
		{"attempts missing", `{"provider":"openai","retry":{"on_status_codes":[500]}}`, "path: retry,attempts, message: Required"},
		{"camel case is checked too", `{"provider":"openai","requestTimeout":"1"}`, "path: requestTimeout, message: Expected number, received string"},
		{"cache mode", `{"provider":"openai","cache":{"mode":"x"}}`, "path: cache,mode, message: Invalid 'cache.mode' value."},
		{"empty targets", `{"strategy":{"mode":"fallback"},"targets":[]}`, "path: targets, message: a strategy needs at least one target"},
		{"targets without a strategy", `{"targets":[{"provider":"openai"}]}`, "path: strategy, message: targets need a strategy"},
		{"a target that names nobody", `{"strategy":{"mode":"single"},"targets":[{"weight":1}]}`, "path: targets,0, message: Invalid configuration."},
		{"overrides", `{"provider":"openai","override_params":[1]}`, "path: override_params, message: Expected object, received array"},
		{"nobody can be drawn", `{"strategy":{"mode":"loadbalance"},"targets":[{"provider":"openai","weight":0}]}`, "path: targets, message: a weight above 0 is needed"},
		{"a weight below 0", `{"strategy":{"mode":"loadbalance"},"targets":[{"provider":"openai","weight":-1}]}`, "path: targets,0,weight, message: Number must be between"},
		{"guardrails are not passed over", `{"provider":"openai","inputGuardrails":{"default.contains":{}}}`, "path: inputGuardrails, message: Expected array, received object"},
		{"forwarding itself", `{"provider":"openai","forward_headers":["X-Portkey-Forward-Headers"]}`, "must not contain"},
		{"negative timeout", `{"provider":"openai","request_timeout":-1}`, "path: request_timeout, message: Number must be between"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.config))
			bad, ok := errors.AsType[*InvalidError](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(strings.Join(bad.Faults, "\n"), tt.want) {
				t.Errorf("got %q, want %q", bad.Faults, tt.want)
			}
		})
	}
}

func TestDeepAndWideConfigsAreRefused(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"strategy":{"mode":"single"},"targets":[`, 10) + `{"provider":"openai"}` + strings.Repeat(`]}`, 10)
	wide := `{"strategy":{"mode":"fallback"},"targets":[` + strings.Repeat(`{"provider":"openai"},`, 300) + `{"provider":"openai"}]}`
	for _, config := range []string{deep, wide} {
		if _, err := Parse([]byte(config)); err == nil {
			t.Error("accepted")
		}
	}
}

func TestBothSpellingsAreOne(t *testing.T) {
	t.Parallel()
	c, err := Parse([]byte(`{"apiKey":"k","provider":"azure-openai","resourceName":"r","overrideParams":{"max_tokens":1},
		"strictOpenAiCompliance":false,"customHost":"https://x.example","retry":{"attempts":1,"useRetryAfterHeader":true}}`))
	if err != nil {
		t.Fatal(err)
	}
	if c.APIKey.Reveal() != "k" || string(c.Options["resource_name"]) != `"r"` || string(c.OverrideParams) != `{"max_tokens":1}` ||
		c.Strict == nil || *c.Strict || c.CustomHost != "https://x.example" || !c.Retry.UseRetryAfter {
		t.Errorf("got %+v", c)
	}
}

func leaves(t *testing.T, config string) []*leaf {
	t.Helper()
	c, err := Parse([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	h, err := Compile(c, "", Env{CheckHost: func(string) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	var out []*leaf
	var walk func(core.Handler)
	walk = func(h core.Handler) {
		switch h := h.(type) {
		case *strategy:
			for _, t := range h.children {
				walk(t)
			}
		case *leaf:
			out = append(out, h)
		}
	}
	walk(h)
	return out
}

func TestSettingsFlowDown(t *testing.T) {
	t.Parallel()
	got := leaves(t, `{"strategy":{"mode":"fallback"},"request_timeout":1000,"retry":{"attempts":2},"strict_open_ai_compliance":false,
		"override_params":{"a":1,"b":2},"custom_host":"https://root.example","forward_headers":["x-a"],
		"targets":[
			{"provider":"openai"},
			{"provider":"openai","request_timeout":5,"retry":{},"override_params":{"b":3},"custom_host":"https://own.example","forward_headers":[],"strict_open_ai_compliance":true}]}`)
	inherits, own := got[0].settings, got[1].settings
	if string(inherits.overrides) != `{"a":1,"b":2}` || inherits.retry.Attempts != 2 || inherits.timeout.Milliseconds() != 1000 ||
		inherits.customHost != "https://root.example" || !slices.Equal(inherits.forwardHeaders, []string{"x-a"}) || *inherits.strict {
		t.Errorf("first target: %+v", inherits)
	}
	if string(own.overrides) != `{"a":1,"b":3}` || own.retry.Attempts != 0 || own.timeout.Milliseconds() != 5 ||
		own.customHost != "https://own.example" || len(own.forwardHeaders) != 0 || !*own.strict {
		t.Errorf("second target: %+v", own)
	}
}

func TestAForbiddenHostAnywhereIsAFault(t *testing.T) {
	t.Parallel()
	for _, config := range []string{
		`{"provider":"openai","custom_host":"http://169.254.169.254"}`,
		`{"provider":"openai","customHost":"http://169.254.169.254"}`,
		`{"strategy":{"mode":"single"},"targets":[{"provider":"openai","custom_host":"http://169.254.169.254"}]}`,
	} {
		c, err := Parse([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Compile(c, "", Env{CheckHost: func(string) error { return errors.New("no") }})
		if bad, ok := errors.AsType[*InvalidError](err); !ok || !strings.Contains(bad.Faults[0], "custom_host, message: Invalid custom host") {
			t.Errorf("%s: %v", config, err)
		}
	}
}

func answers(status int) core.Handler {
	return core.HandlerFunc(func(context.Context, *core.Call) (*core.Reply, error) { return &core.Reply{Status: status}, nil })
}

func fails(e *llm.Error) core.Handler {
	return core.HandlerFunc(func(context.Context, *core.Call) (*core.Reply, error) { return nil, e })
}

// scripted is a child that answers as a handler says.
type scripted struct {
	group
	core.Handler
}

// unable says nothing: the leaf in it has no provider.
func (s *scripted) unable(*core.Call) string { return "" }

func scriptedChildren(handlers ...core.Handler) []child {
	var out []child
	for i, h := range handlers {
		out = append(out, &scripted{group{fmt.Sprintf("config.targets[%d]", i), []child{&leaf{}}}, h})
	}
	return out
}

// falling is a fallback.
func falling(codes []int, handlers ...core.Handler) *strategy {
	return &strategy{group: group{"config", scriptedChildren(handlers...)}, choose: inOrder(len(handlers)), moves: rule{true, codes}}
}

func TestFallbackMovesOnWhenItShould(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		first core.Handler
		codes []int
		want  int // status of the final answer
	}{
		{"a good answer ends it", answers(200), nil, 200},
		{"a server's fault", fails(&llm.Error{Kind: llm.Upstream, Status: 500}), nil, 299},
		{"a client's fault too", fails(&llm.Error{Kind: llm.BadRequest, Status: 400}), nil, 299},
		{"no connection", fails(&llm.Error{Kind: llm.Unreachable}), nil, 299},
		{"a target that cannot", fails(&llm.Error{Kind: llm.Unsupported}), nil, 299},
		{"a status in the list", fails(&llm.Error{Kind: llm.RateLimited, Status: 429}), []int{429}, 299},
		{"a status not in the list", fails(&llm.Error{Kind: llm.Upstream, Status: 500}), []int{429}, 500},
		{"a good status in the list", answers(200), []int{200}, 299},
		{"the client has gone", fails(&llm.Error{Kind: llm.Canceled}), nil, 499},
		{"what the validator refuses", fails(&llm.Error{Kind: llm.Invalid}), nil, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reply, err := falling(tt.codes, tt.first, answers(299)).Handle(t.Context(), (&core.Call{}).Prepare())
			got := 0
			if e, ok := errors.AsType[*llm.Error](err); ok {
				got = e.HTTPStatus()
			} else {
				got = reply.Status
			}
			if got != tt.want {
				t.Errorf("ended with %d, want %d", got, tt.want)
			}
		})
	}
}

func TestTheLastFailureIsTold(t *testing.T) {
	t.Parallel()
	_, err := falling(nil, fails(&llm.Error{Status: 500}), fails(&llm.Error{Status: 503})).Handle(t.Context(), (&core.Call{}).Prepare())
	if e, _ := errors.AsType[*llm.Error](err); e == nil || e.Status != 503 {
		t.Errorf("got %v", err)
	}
}

func TestCredentialsCannotBeForwarded(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	for _, n := range []string{"Authorization", "Cookie", "X-Api-Key", "X-Portkey-Config", "X-Forwarded-For", "Host", "X-Amz-Date", "X-Mine"} {
		h.Set(n, "v")
	}
	got := forwarded(h, []string{"authorization", " cookie", "X-API-KEY", "x-portkey-config", "x-forwarded-for", "host", "x-amz-date", " x-mine ", "absent"})
	if len(got) != 1 || got.Get("X-Mine") != "v" {
		t.Errorf("got %v", got)
	}
}

func TestCredentialIsFoundWhereSDKsPutIt(t *testing.T) {
	t.Parallel()
	tests := []struct{ header, value, want string }{
		{"Authorization", "Bearer sk-1", "sk-1"},
		{"Authorization", "bearer sk-1", "sk-1"},
		{"Authorization", "sk-1", "sk-1"},
		{"X-Api-Key", "sk-2", "sk-2"},
		{"X-Goog-Api-Key", "g", "g"},
		{"X-Other", "no", ""},
	}
	for _, tt := range tests {
		if got := Credential(http.Header{tt.header: {tt.value}}).Reveal(); got != tt.want {
			t.Errorf("%s: %s gives %q, want %q", tt.header, tt.value, got, tt.want)
		}
	}
}

func TestAConfigIsCompiledOnce(t *testing.T) {
	t.Parallel()
	r := NewRouter(Env{CheckHost: func(string) error { return nil }})
	first, err := r.Handler(`{"provider":"openai"}`, "")
	if err != nil {
		t.Fatal(err)
	}
	again, _ := r.Handler(`{"provider":"openai"}`, "")
	other, _ := r.Handler(`{"provider":"openai","retry":{"attempts":1}}`, "")
	if first != again || first == other {
		t.Error("equal configs share a handler, others do not")
	}
	if _, err := r.Handler("", "portkey"); err == nil {
		t.Error("a provider that nobody implements was found")
	}
}

func TestMembersThatNobodyReadsAreNamed(t *testing.T) {
	t.Parallel()
	c, err := Parse([]byte(`{"strategy":{"mode":"single"},"custom_hsot":"https://a.example","id":"1","targets":[{"provider":"openai","api_key":"k","strictOpenAiComplience":true,"openai_project":"p","aws_region":"r"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	target := c.Targets[0]
	if !slices.Equal(c.Unknown, []string{"config.custom_hsot"}) || !slices.Equal(target.Unknown, []string{"config.targets[0].strictOpenAiComplience"}) {
		t.Errorf("unknown: %q and %q", c.Unknown, target.Unknown)
	}
	if len(target.Options) != 2 || target.Options["openai_project"] == nil {
		t.Errorf("options: %v", target.Options)
	}
}
