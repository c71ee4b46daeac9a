package partner

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

func TestPiecesTogetherAreTheText(t *testing.T) {
	t.Parallel()
	alphabet := []rune("ab1 \n.。我😀é-")
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		limit, text := 4+random.IntN(30), make([]rune, random.IntN(120))
		for i := range text {
			text[i] = alphabet[random.IntN(len(alphabet))]
		}
		got := pieces(string(text), limit)
		if strings.Join(got, "") != string(text) {
			t.Fatalf("%q at %d: pieces %q", string(text), limit, got)
		}
		for _, p := range got {
			if n := len(utf16.Encode([]rune(p))); n > limit || n == 0 && len(text) > 0 {
				t.Fatalf("%q at %d: a piece of %d", string(text), limit, n)
			}
		}
	}
}

func TestPiecesEndWhereItHurtsLeast(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"aaaaaaaaaaaa a.a b\nc ddddd":    "aaaaaaaaaaaa a.a b\n",
		"aaaaaaaaaaaaaa Yes. No way now": "aaaaaaaaaaaaaa Yes.",
		"aaaaaaaaaaaaaaaa 555-0100 x":    "aaaaaaaaaaaaaaaa ",
		"我我我我我我我我我我我我我我我我5550100":        "我我我我我我我我我我我我我我我我",
		"我我我我我我我我我我我我我我我我。我我我我我":         "我我我我我我我我我我我我我我我我。",
		"aaaaaaaaaaaaaaaaaaaaaaaa":       "aaaaaaaaaaaaaaaaaaaa",
		"a b":                            "a b",
	} {
		if got := pieces(text, 20)[0]; got != want {
			t.Errorf("%q: first piece %q, want %q", text, got, want)
		}
	}
}

func TestPiecesOfALongTextAreFast(t *testing.T) {
	t.Parallel()
	long, began := strings.Repeat("长文 ", 200_000), time.Now() // 1.4 MB
	if n := len(pieces(long, 5_120)); n < 117 || n > 160 || time.Since(began) > time.Second {
		t.Errorf("%d pieces after %s", n, time.Since(began))
	}
}

func TestSpansAreTakenOut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text  string
		spans []span
		want  string // empty: nothing
	}{
		{"me@a.org on a.org", []span{{"a.org", "[HOST]"}, {"me@a.org", "[MAIL]"}}, "[MAIL] on [HOST]"},
		{"John Smith 555", []span{{"John S", "[NAME]"}, {"Smith 555", "[ID]"}}, "[NAME][ID]"},
		{"小明，小明", []span{{"小明", "{NAME}"}}, "{NAME}，{NAME}"},
		{"a NAME b", []span{{"NAME", "{x}"}, {"b", "{NAME}"}}, "a {x} {NAME}"},
		{"a", []span{{"b", "{x}"}}, ""},
		{"a", []span{{"a", "{x}"}, {"", "{x}"}}, ""},
		{"a", nil, ""},
	} {
		got := without(tt.text, tt.spans)
		if (got == nil) != (tt.want == "") || got != nil && *got != tt.want {
			t.Errorf("%q: got %v, want %q", tt.text, got, tt.want)
		}
	}
}
