package httpx

import "testing"

func TestOnlyTheListVouches(t *testing.T) {
	t.Parallel()
	g, err := NewGuard(Policy{Trusted: []string{"ours.example", "10.1.0.0/16", "port.example:8443"}, AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{
		"https://ours.example": true, "https://OURS.example/v1": true, "http://10.1.2.3": true, "https://port.example:8443": true,
		"https://port.example": false, "https://ours.example.evil": false, "http://10.2.0.1": false,
		"http://127.0.0.1": false, "http://localhost": false, "": false, "::": false,
	}
	for url, want := range tests {
		if got := g.Names(url); got != want {
			t.Errorf("%q: %t, want %t", url, got, want)
		}
	}
}
