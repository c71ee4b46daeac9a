package json

import "testing"

// BenchmarkPick is what every request is asked first.
func BenchmarkPick(b *testing.B) {
	body := []byte(`{"model":"m","max_tokens":100,"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"What is the capital of France?"}]}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Pick(body, "model", "stream", "messages", "input", "service_tier", "user"); err != nil {
			b.Fatal(err)
		}
	}
}
