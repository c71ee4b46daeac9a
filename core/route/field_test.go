package route

import (
	"net/http"
	"strings"
	"testing"

	"sluice/core"
)

func TestFieldsOfARequest(t *testing.T) {
	t.Parallel()
	c := &core.Call{
		Incoming: core.Incoming{
			Path: "/v1/chat/completions", Model: "of-the-path", Stream: true,
			Header: http.Header{
				"X-Portkey-Metadata": {`{"plan":"paid","seats":5,"team":{"name":"red"}}`}, "X-Tier": {"a", "b"},
				"Authorization": {"Bearer sk"}, "X-Api-Key": {"k"}, "Api-Key": {"k"}, "X-Goog-Api-Key": {"k"}, "Cookie": {"c=1"},
				"X-Portkey-Api-Key": {"k"}, "X-Portkey-Config": {"{}"}, "X-Portkey-Aws-Secret-Access-Key": {"k"},
			},
			Body: []byte(`{"temperature":0.50,"user":null,"tools":[{"type":"function"}],"metadata":{"user":"u","deep":{"er":true}}}`),
		},
		Metadata: map[string]string{"plan": "of the map", "seats": "5", "made": "later"},
	}
	tests := []struct {
		field string
		want  scalar
	}{
		{"metadata.plan", scalar{'"', "paid"}},
		{"metadata.seats", scalar{'0', "5"}},
		{"metadata.team", scalar{kind: '{'}},
		{"metadata.team.name", scalar{'"', "red"}},
		{"metadata.made", scalar{'"', "later"}},
		{"metadata.made.up", scalar{}},
		{"metadata.absent", scalar{}},
		{"params.temperature", scalar{'0', "0.50"}},
		{"params.user", scalar{'n', "null"}},
		{"params.tools", scalar{kind: '['}},
		{"params.tools.0.type", scalar{'"', "function"}},
		{"params.tools.1.type", scalar{}},
		{"params.metadata.user", scalar{'"', "u"}},
		{"params.metadata.deep.er", scalar{'t', "true"}},
		{"params.model", scalar{'"', "of-the-path"}},
		{"params.stream", scalar{'t', "true"}},
		{"params.model.name", scalar{}},
		{"url.pathname", scalar{'"', "/v1/chat/completions"}},
		{"headers.x-tier", scalar{'"', "a, b"}},
		{"headers.X-TIER", scalar{'"', "a, b"}},
		{"headers.x-absent", scalar{}},
		{"headers.authorization", scalar{}},
		{"headers.x-api-key", scalar{}},
		{"headers.api-key", scalar{}},
		{"headers.x-goog-api-key", scalar{}},
		{"headers.Cookie", scalar{}},
		{"headers.x-portkey-api-key", scalar{}},
		{"headers.x-portkey-config", scalar{}},
		{"headers.x-portkey-aws-secret-access-key", scalar{}},
	}
	fs := &fields{}
	asked := make([]field, len(tests))
	for i, tt := range tests {
		f, ok := fieldOf(tt.field)
		if !ok || !fs.add(&f) {
			t.Fatalf("%s is no field", tt.field)
		}
		asked[i] = f
	}
	v := fs.of(c)
	for i, tt := range tests {
		if got := v.value(asked[i]); got != tt.want {
			t.Errorf("%s is %q, want %q", tt.field, got, tt.want)
		}
	}
}

func TestParametersAreThoseOfAJSONBody(t *testing.T) {
	t.Parallel()
	tests := []struct {
		contentType, body string
		want              bool
	}{
		{"", `{"model":"m"}`, true},
		{"application/json; charset=utf-8", `{"model":"m"}`, true},
		{"application/vnd.x+json", `{"model":"m"}`, true},
		{"application/octet-stream", `{"model":"m"}`, false},
		{"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b--", false},
		{"application/json", `["m"]`, false},
		{"application/json", `{"model":"m"`, false},
		{"application/json", ``, false},
	}
	for _, tt := range tests {
		c := &core.Call{Incoming: core.Incoming{Header: http.Header{"Content-Type": {tt.contentType}}, Body: []byte(tt.body)}}
		if got := asked(t, `{"params.model":"m"}`, c); got != tt.want {
			t.Errorf("%s %s: %v", tt.contentType, tt.body, got)
		}
	}
}

// Many conditions about a large body must not read it many times.
func BenchmarkQueryOfALargeBody(b *testing.B) {
	parts := make([]string, 100)
	for i := range parts {
		parts[i] = `{"params.user":{"$eq":"nobody"}},{"params.model":"none"}`
	}
	ask, faults := compileQuery(`{"$or":[` + strings.Join(parts, ",") + `]}`)
	if faults != nil {
		b.Fatal(faults)
	}
	c := &core.Call{Incoming: core.Incoming{Body: []byte(`{"messages":"` + strings.Repeat("x", 1<<20) + `","model":"m","user":"u"}`)}}
	b.ReportAllocs()
	for b.Loop() {
		if ask(c) {
			b.Fatal("holds")
		}
	}
}
