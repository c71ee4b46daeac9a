package metrics

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"sluice/core/usage"
)

// BenchmarkSinks is what metrics cost a request, behind its answer.
func BenchmarkSinks(b *testing.B) {
	e, err := NewEMF("stack", usage.NewLines(io.Discard))
	if err != nil {
		b.Fatal(err)
	}
	o, err := NewOTLP(Collector{URL: "https://c.example/v1/traces", Timeout: defaultTimeout}, "v", nil)
	if err != nil {
		b.Fatal(err)
	}
	o.http = doing(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})
	one := streamed() // that met no fault
	one.Attempts = one.Attempts[2:3]
	for name, s := range map[string]usage.Sink{"Prometheus": NewPrometheus("v"), "EMF": e, "OTLP": o} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			r := one
			for b.Loop() {
				if err := s.Write(b.Context(), r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkScrape writes metrics of 40 models.
func BenchmarkScrape(b *testing.B) {
	p := NewPrometheus("v")
	for i := range 40 {
		r := streamed()
		r.Model += string(rune('a' + i))
		_ = p.Write(b.Context(), r)
	}
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		b.SetBytes(int64(w.Body.Len()))
	}
}
