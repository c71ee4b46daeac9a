package redact

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"sluice/core/internal/json"
)

// plainly is what Named says, in the simplest words.
func plainly(name string) bool {
	name = strings.TrimPrefix(strings.ToLower(name), "x-portkey-")
	name = strings.NewReplacer("-", "", "_", "").Replace(name)
	parts := []string{"key", "token", "secret", "password", "passphrase", "authorization", "credential", "cookie", "serviceaccount"}
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(name, part) })
}

func FuzzNamed(f *testing.F) {
	for _, s := range []string{
		"", "k", "X-Api-Key", "x-portkey-", "X-Portkey-Config", "x_portkey_config", "X-Portkey-X-Portkey-A", "pass-_word", "Ser-Vice-acc-ount", "Coo\u212aie", "x-port\u212aey-a", "\xffkey", "TO\u0130KEN", "keke",
		strings.Repeat("a-", 60) + "token",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if got, want := Named(name), plainly(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	})
}

// rewritten is what JSON returns but for white space, if every body with an
// escape is looked into.
func rewritten(s Secrets, body []byte) []byte {
	if bytes.IndexByte(body, '\\') >= 0 {
		if plain := json.Unescape(body); s.in(plain) {
			body = plain
		}
	}
	for _, form := range s.all() {
		body = bytes.ReplaceAll(body, []byte(form), []byte(Mask))
	}
	return body
}

// FuzzJSON has a secret in a body, in which some characters are escaped.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{"CANARY-0123", secret, "base64/+==", `c:\new\bin`, "1234,5678", "clé-secrète", "a\tb\x01cdefgh", `{"a":"b\/c"}`} {
		for _, how := range []string{"", "\x01", "\x02", "\x03", "\x00\x01", "\x00\x00\x02\x03"} {
			f.Add(s, `{"m": "`, `\n", "n": [1234, 5678.0]}`, []byte(how))
			f.Add(s, `["\u00e9\ud83d\ude00 \\u0041`, `\"" , 1]`, []byte(how))
		}
	}
	f.Add("\\ufffd56", `["\ud800`, `"]`, []byte{})
	f.Fuzz(func(t *testing.T, secret, before, after string, how []byte) {
		s := New(secret)
		body := append(append([]byte(before), spelled(secret, how)...), after...)
		if got, want := s.JSON(bytes.Clone(body)), rewritten(s, body); !bytes.Equal(json.Unescape(got), json.Unescape(want)) {
			t.Errorf("%q in %q: got %q, want %q", secret, body, got, want)
		}
	})
}

// spelled is a text in JSON, in which how says for each character how it is
// written: as it is, as is usual, as \u, or with a backslash.
func spelled(text string, how []byte) []byte {
	var out []byte
	for i, c := range []byte(text) {
		way := byte(0)
		if len(how) > 0 {
			way = how[i%len(how)] % 4
		}
		switch {
		case way == 1:
			q := json.Quote(string(rune(c)))
			out = append(out, q[1:len(q)-1]...)
		case way == 2:
			out = append(out, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789ABCDEF"[c&15])
		case way == 3:
			out = append(out, '\\', c)
		default:
			out = append(out, c)
		}
	}
	return out
}
