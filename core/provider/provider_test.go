package provider

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/secret"
)

// addressless are the providers whose address only their customers know,
// beside those that run without a key.
var addressless = []string{"azure-ai", "databricks", "modal", "milvus", "qdrant"}

func each(t *testing.T, f func(t *testing.T, s *Spec)) {
	t.Helper()
	for _, id := range IDs() {
		t.Run(id, func(t *testing.T) {
			s, _ := Find(id)
			f(t, s)
		})
	}
}

func TestEverySpecIsWellFormed(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	each(t, func(t *testing.T, s *Spec) {
		if !id.MatchString(s.ID) {
			t.Errorf("id %q has characters that an id has not", s.ID)
		}
		if !Known(s.ID) {
			t.Error("the id is not known: a config that has it would be refused")
		}
		if s.Name == "" || s.Docs == "" || s.Local == nil && !strings.HasPrefix(s.Docs, "https://") {
			t.Errorf("name %q, docs %q", s.Name, s.Docs)
		}
		if s.BaseURL == "" {
			if !s.Keyless && !slices.Contains(addressless, s.ID) {
				t.Error("no base URL")
			}
			return
		}
		u, err := url.Parse(regexp.MustCompile(`\{[a-z_]+\}`).ReplaceAllString(s.BaseURL, "x"))
		if err != nil || u.Scheme != "https" || u.Host == "" || strings.HasSuffix(u.Path, "/") || u.RawQuery != "" {
			t.Errorf("base URL %q: %v", s.BaseURL, err)
		}
	})
}

func TestEveryPlaceholderIsAnOption(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`\{([^}]*)\}`)
	each(t, func(t *testing.T, s *Spec) {
		texts := []string{s.BaseURL}
		for _, e := range s.Available(Settings{}) {
			texts = append(texts, e.Path, e.StreamPath)
		}
		for _, text := range texts {
			for _, m := range name.FindAllStringSubmatch(text, -1) {
				if m[1] != "model" && !slices.ContainsFunc(s.Options, func(o Option) bool { return o.Key == m[1] }) {
					t.Errorf("%s names %s, which is no option", text, m[1])
				}
			}
			if strings.Count(text, "{") != strings.Count(text, "}") {
				t.Errorf("%s has an open brace", text)
			}
		}
	})
}

func TestEveryEndpointHasCodecAndPath(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *Spec) {
		if relayOnly := s.Endpoints != nil && len(s.Endpoints) == 0; !relayOnly && len(s.Available(Settings{})) == 0 {
			t.Fatal("no endpoints")
		}
		for _, e := range s.Available(Settings{}) {
			conversation := e.Operation == llm.Generate || e.Operation == llm.CountTokens
			if conversation && e.Codec == nil || e.Codec != nil && e.Task != nil || e.Operation == "" || !strings.HasPrefix(e.Path, "/") || e.StreamPath != "" && e.StreamPath[0] != '/' {
				t.Errorf("%+v", e)
			}
		}
	})
}

func TestEveryOptionIsReadOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *Spec) {
		var keys, headers []string
		for _, o := range s.Options {
			keys = append(keys, o.Key)
			for _, h := range o.Headers {
				headers = append(headers, HeaderPrefix+h)
			}
			for _, h := range o.Plain {
				headers = append(headers, strings.ToLower(h))
				if h != http.CanonicalHeaderKey(h) {
					t.Errorf("header %s is not canonical, and would not be found", h)
				}
			}
			if o.Key != strings.ToLower(o.Key) || strings.Contains(o.Key, "-") {
				t.Errorf("key %s is not in snake case", o.Key)
			}
		}
		for _, names := range [][]string{keys, headers} {
			slices.Sort(names)
			if n := len(names); len(slices.Compact(names)) != n {
				t.Errorf("one is there twice: %q", names)
			}
		}
	})
}

func TestEveryQuirkIsOneThing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *Spec) {
		for _, q := range s.Quirks {
			set := 0
			for _, name := range []string{q.Drop, q.Rename, q.Default, q.Clamp} {
				if name != "" {
					set++
				}
			}
			if set != 1 || (q.Rename == "") != (q.To == "") || (q.Default == "") != (q.Value == "") || (q.Clamp == "") != (q.Min == q.Max) {
				t.Errorf("%+v", q)
			}
			if q.Value != "" && !json.Valid([]byte(q.Value)) {
				t.Errorf("%q is not JSON", q.Value)
			}
		}
	})
}

// A provider that gets a key sends it somewhere; one that gets none makes no
// request that looks as if it had one.
func TestEveryProviderNeedsItsKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *Spec) {
		r := newRequest(t)
		err := s.Authorize(t.Context(), r, Settings{})
		switch e, ok := errors.AsType[*llm.Error](err); {
		case s.Keyless || s.Transport != "" || s.Signed != "":
			if err != nil {
				t.Errorf("got %v, want no error", err)
			}
		case !ok || e.Kind != llm.Credential || e.HTTPStatus() != http.StatusUnauthorized:
			t.Errorf("got %v, want a missing credential", err)
		case !strings.Contains(e.Message, s.ID) || !strings.Contains(e.Message, "Authorization"):
			t.Errorf("message %q names neither provider nor header", e.Message)
		}
		if len(r.Header["Authorization"]) > 0 {
			t.Errorf("sent %q without a key", r.Header["Authorization"])
		}
		if err := s.Authorize(t.Context(), r, Settings{APIKey: secret.New("sk-1")}); err != nil {
			t.Fatal(err)
		}
		sent := false
		for _, values := range r.Header {
			sent = sent || strings.HasSuffix(values[0], "sk-1")
		}
		if sent == (s.Transport != "" || s.Signed != "") {
			t.Errorf("key sent: %v; headers %v", sent, r.Header)
		}
	})
}

// reference are the ids of the reference's list of providers.
const reference = `302ai ai21 aibadgr anthropic anyscale azure-ai azure-openai bedrock bytez cerebras cohere cometapi cortex
	dashscope deepbricks deepinfra deepseek featherless-ai fireworks-ai github google groq huggingface hyperbolic
	inference-net iointelligence jina kluster-ai krutrim lambda lemonfox-ai lepton lingyi matterai meshy milvus
	mistral-ai modal monsterapi moonshot ncompass nebius nextbit nomic novita-ai nscale ollama openai openrouter oracle
	ovhcloud palm perplexity-ai predibase qdrant recraft-ai reka-ai replicate sagemaker sambanova segmind siliconflow
	stability-ai together-ai triton tripo3d upstage vertex-ai voyage workers-ai x-ai z-ai zhipu`

func TestEveryProviderOfTheReferenceIsServed(t *testing.T) {
	t.Parallel()
	ids := strings.Fields(reference)
	if len(ids) != 73 {
		t.Fatalf("the list has %d ids, want 73", len(ids))
	}
	for _, id := range ids {
		if _, ok := Find(id); ok == slices.Contains(unserved, id) {
			t.Errorf("%s: found %v, said to be unserved %v", id, ok, !ok)
		}
	}
}

func TestKnownIDs(t *testing.T) {
	t.Parallel()
	for _, id := range append(strings.Fields(reference), "echo", "portkey", "vllm") {
		if !Known(id) {
			t.Errorf("%q is unknown", id)
		}
	}
	for _, id := range []string{"", "OpenAI", "open-ai", "openai "} {
		if Known(id) {
			t.Errorf("%q is known", id)
		}
	}
}

func TestTablesAreInOrder(t *testing.T) {
	t.Parallel()
	for name, table := range map[string][]Spec{"compat.go": compatible, "hosted.go": hosted, "selfhosted.go": selfHosted} {
		if !slices.IsSortedFunc(table, func(a, b Spec) int { return strings.Compare(a.ID, b.ID) }) {
			t.Errorf("the lines of %s are not in the order of their ids", name)
		}
	}
}

func TestEndpointPrefersTheClientsDialect(t *testing.T) {
	t.Parallel()
	azure, _ := Find("azure-ai")
	claude := Settings{Options: options("azure_foundry_url", "https://r.services.ai.azure.com/anthropic")}
	openai := Settings{Options: options("azure_foundry_url", "https://r.services.ai.azure.com/models")}
	tests := []struct {
		name   string
		op     llm.Operation
		client llm.Dialect
		set    Settings
		want   string // path, or empty for none
	}{
		{"claude for a chat client", llm.Generate, llm.OpenAIChat, claude, "/v1/messages"},
		{"claude for a messages client", llm.Generate, llm.Anthropic, claude, "/v1/messages"},
		{"chat for a messages client", llm.Generate, llm.Anthropic, openai, "/chat/completions"},
		{"counting", llm.CountTokens, llm.Anthropic, claude, "/v1/messages/count_tokens"},
		{"nothing counts there", llm.CountTokens, llm.Anthropic, openai, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, ok := azure.Endpoint(tt.op, tt.client, tt.set, "")
			if e.Path != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q, %v, want %q", e.Path, ok, tt.want)
			}
		})
	}
	both := Spec{Endpoints: azure.Endpoints}
	if e, _ := both.Endpoint(llm.Generate, llm.Anthropic, Settings{}, ""); e.Codec.Dialect() != llm.Anthropic {
		t.Errorf("got %s, want the client's dialect", e.Codec.Dialect())
	}
	if e, _ := both.Endpoint(llm.Generate, llm.Converse, Settings{}, ""); e.Codec.Dialect() != llm.OpenAIChat {
		t.Errorf("got %s, want the first", e.Codec.Dialect())
	}
}

func TestStreamUsageIsNotAskedForWhereItIsRefused(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"": false, "v1": false, "preview": false, "2023-05-15": true, "2024-06-01": true, "2024-08-01-preview": true,
		"2024-09-01-preview": false, "2024-10-21": false, "2025-04-01-preview": false,
	} {
		azure, _ := Find("azure-openai")
		e, _ := azure.Endpoint(llm.Generate, llm.OpenAIChat, Settings{Options: options("api_version", version)}, "")
		if e.NoStreamUsage != want {
			t.Errorf("api_version %q: got %v, want %v", version, e.NoStreamUsage, want)
		}
	}
	mistral, _ := Find("mistral-ai")
	if e, _ := mistral.Endpoint(llm.Generate, llm.OpenAIChat, Settings{}, ""); !e.NoStreamUsage {
		t.Error("mistral-ai answers 422 to stream_options")
	}
}

// options makes settings from pairs of key and value.
func options(pairs ...string) map[string]secret.Value {
	out := map[string]secret.Value{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = secret.New(pairs[i+1])
	}
	return out
}

func newRequest(t *testing.T) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://r.openai.azure.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
