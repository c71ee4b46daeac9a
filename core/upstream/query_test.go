package upstream

import "testing"

func TestOwnParametersStayHere(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                                    "",
		"limit=2&after=a%2Fb":                 "limit=2&after=a%2Fb",
		"key=AIza&limit=2":                    "limit=2",
		"limit=2&KEY=AIza":                    "limit=2",
		"%6bey=AIza":                          "",
		"x-portkey-api-key=k&a=1":             "a=1",
		"X-Portkey-Config=%7B%7D&a=1&a=2&b":   "a=1&a=2&b",
		"x-sluice-key=k":                      "",
		"monkey=1&keys=2&a=key":               "monkey=1&keys=2&a=key",
		"odd=%zz&key=k":                       "odd=%zz",
		"api-version=2024-10-21&pretty&key=k": "api-version=2024-10-21&pretty",
	}
	for in, want := range tests {
		if got := forwardQuery(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
