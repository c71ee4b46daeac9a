package api

import "testing"

func TestSpellingsOfAPath(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"/v1/chat/completions":      "/v1/chat/completions",
		"/v1/chat/completions/":     "/v1/chat/completions",
		"//v1//chat/completions":    "/v1/chat/completions",
		"/v1/v1/chat/completions":   "/v1/chat/completions",
		"/chat/completions":         "/v1/chat/completions",
		"/messages":                 "/v1/messages",
		"/v1/messages/count_tokens": "/v1/messages/count_tokens",
		"/":                         "/",
		"":                          "/",
		"/v1":                       "/v1",
		"/v1/v1":                    "/v1/v1",
		"/v1/../admin":              "/v1/../admin",
		"/v1%2fmessages":            "/v1%2fmessages",
	}
	for in, want := range tests {
		if got := normalize(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestHeaderListsStayShort(t *testing.T) {
	t.Parallel()
	var names []string
	for range 500 {
		names = append(names, "messages[1].content[2]")
	}
	if got := headerList(names); len(got) > 1100 {
		t.Errorf("%d bytes", len(got))
	}
	if got := headerList([]string{"a,b", "c\r\nd", "é"}); got != "a?b, c??d, ?" {
		t.Errorf("got %q", got)
	}
}
