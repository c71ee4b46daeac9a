package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"sluice/core/gateway"
	"sluice/core/provider"
	"sluice/core/secret"
)

type listedModel struct {
	ID, Object, Provider, Slug, Kind string
	OwnedBy                          string `json:"owned_by"`
	Modalities                       []string
	Pricing                          *struct{ Currency, Input, Output string }
}

type listed struct {
	Object string
	Total  int
	Data   []listedModel
}

func list(t *testing.T, c gateway.Config, query string) (int, listed) {
	t.Helper()
	h, err := gateway.New(c)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/models"+query, nil))
	var l listed
	if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	return w.Code, l
}

func TestModelsAreThoseThatTheCallerCanUse(t *testing.T) {
	t.Parallel()
	if _, l := list(t, gateway.Config{}, ""); len(l.Data) != 1 || l.Data[0].ID != "@echo/echo" || l.Object != "list" {
		t.Errorf("without a credential: %+v", l)
	}
	env := map[string]string{"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}
	c := gateway.Config{Keyring: &provider.Keyring{Env: func(n string) string { return env[n] }}}
	_, all := list(t, c, "")
	providers := map[string]int{}
	for _, m := range all.Data {
		providers[m.Provider]++
		if m.Object != "model" || m.OwnedBy != m.Provider || m.ID != "@"+m.Provider+"/"+m.Slug {
			t.Errorf("entry %+v", m)
		}
	}
	if len(providers) != 3 || providers["openai"] < 20 || providers["anthropic"] < 5 || all.Total != len(all.Data) {
		t.Errorf("providers %v, total %d of %d", providers, all.Total, len(all.Data))
	}
	i := slices.IndexFunc(all.Data, func(m listedModel) bool {
		return m.ID == "@openai/gpt-4o"
	})
	if i < 0 || all.Data[i].Pricing == nil || all.Data[i].Pricing.Input != "2.5" || all.Data[i].Pricing.Output != "10" || all.Data[i].Kind != "chat" {
		t.Errorf("gpt-4o: %+v", all.Data[max(i, 0)])
	}

	tests := []struct {
		query string
		check func(l listed) bool
	}{
		{"?provider=anthropic", func(l listed) bool { return l.Total == providers["anthropic"] && l.Data[0].Provider == "anthropic" }},
		{"?ai_service=openai&limit=3", func(l listed) bool { return len(l.Data) == 3 && l.Total == providers["openai"] }},
		{"?limit=0", func(l listed) bool { return len(l.Data) == 0 && l.Total == all.Total }},
		{"?offset=99999", func(l listed) bool { return len(l.Data) == 0 }},
		{"?offset=1&limit=1", func(l listed) bool { return l.Data[0].ID == all.Data[1].ID }},
		{"?sort=provider&order=desc", func(l listed) bool { return l.Data[0].Provider == "openai" }},
		{"?kind=embedding", func(l listed) bool { return l.Total > 0 && l.Data[0].Kind == "embedding" }},
		{"?modality=image", func(l listed) bool { return l.Total > 0 && slices.Contains(l.Data[0].Modalities, "image") }},
		{"?provider=nobody", func(l listed) bool { return l.Total == 0 && l.Data != nil }},
	}
	for _, tt := range tests {
		if status, l := list(t, c, tt.query); status != http.StatusOK || !tt.check(l) {
			t.Errorf("%s: %d, %d entries of %d", tt.query, status, len(l.Data), l.Total)
		}
	}
	for _, bad := range []string{"?limit=x", "?limit=-1", "?offset=-1", "?sort=price", "?order=up", "?%zz"} {
		if status, _ := list(t, c, bad); status != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, status)
		}
	}
}

func TestModelsOfANamedProviderAreItsOwnList(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/models" || r.Header.Get("Authorization") != "Bearer k" {
			w.WriteHeader(http.StatusTeapot)
		}
		w.Header().Set("Content-Type", "application/json")
		write(w, `{"object":"list","data":[{"id":"theirs","x":1}]}`)
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, front.URL+"/v1/models", nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{"X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"} {
		req.Header.Set(k, v)
	}
	resp, err := front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK || string(body) != `{"object":"list","data":[{"id":"theirs","x":1}]}` {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestAListThatCannotBeMadeSaysSo(t *testing.T) {
	t.Parallel()
	away := secret.SourceFunc(func(context.Context, secret.Ref) (secret.Value, error) { return secret.Value{}, errors.New("away") })
	k := &provider.Keyring{Cache: secret.NewCached(away, nil), Ref: secret.Ref{Scheme: "aws", Name: "x"}}
	if status, _ := list(t, gateway.Config{Keyring: k}, ""); status != http.StatusServiceUnavailable {
		t.Errorf("%d", status)
	}
}
