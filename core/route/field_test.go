package route

import (
	"net/http"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/internal/query"
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
		want  query.Scalar
	}{
		{"metadata.plan", query.Text("paid")},
		{"metadata.seats", query.Scalar{Kind: '0', Text: "5"}},
		{"metadata.team", query.Scalar{Kind: '{'}},
		{"metadata.team.name", query.Text("red")},
		{"metadata.made", query.Text("later")},
		{"metadata.made.up", query.Scalar{}},
		{"metadata.absent", query.Scalar{}},
		{"params.temperature", query.Scalar{Kind: '0', Text: "0.50"}},
		{"params.user", query.Scalar{Kind: 'n', Text: "null"}},
		{"params.tools", query.Scalar{Kind: '['}},
		{"params.tools.0.type", query.Text("function")},
		{"params.tools.1.type", query.Scalar{}},
		{"params.metadata.user", query.Text("u")},
		{"params.metadata.deep.er", query.Scalar{Kind: 't', Text: "true"}},
		{"params.model", query.Text("of-the-path")},
		{"params.stream", query.Scalar{Kind: 't', Text: "true"}},
		{"params.model.name", query.Scalar{}},
		{"url.pathname", query.Text("/v1/chat/completions")},
		{"headers.x-tier", query.Text("a, b")},
		{"headers.X-TIER", query.Text("a, b")},
		{"headers.x-absent", query.Scalar{}},
		{"headers.authorization", query.Scalar{}},
		{"headers.x-api-key", query.Scalar{}},
		{"headers.api-key", query.Scalar{}},
		{"headers.x-goog-api-key", query.Scalar{}},
		{"headers.Cookie", query.Scalar{}},
		{"headers.x-portkey-api-key", query.Scalar{}},
		{"headers.x-portkey-config", query.Scalar{}},
		{"headers.x-portkey-aws-secret-access-key", query.Scalar{}},
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
	v := fs.of(c.Prepare())
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
