package guard_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/internal/worktest"
)

func TestRegexMatch(t *testing.T) {
	t.Parallel()
	runRows(t, guard.Env{}, []row{
		{name: "pass", id: "default.regexMatch", params: `{"rule":"\\d{3}-\\d{4}"}`, text: "call 555-1234 now", pass: true,
			data: `{"regexPattern":"\\d{3}-\\d{4}","not":false,"verdict":true,"matchDetails":{"matchedText":"555-1234","index":5,"groups":{},"captures":[]},"textExcerpt":"call 555-1234 now"}`},
		{name: "fail", id: "default.regexMatch", params: `{"rule":"x"}`, text: "abc", data: `{"matchDetails":null}`},
		{name: "not", id: "default.regexMatch", params: `{"rule":"x","not":true}`, text: "abc", pass: true},
		{name: "not fails", id: "default.regexMatch", params: `{"rule":"b","not":true}`, text: "abc"},
		{name: "groups", id: "default.regexMatch", params: `{"rule":"(?<year>\\d+)(x)?(z)"}`, text: "😀2026z", pass: true,
			data: `{"matchDetails":{"matchedText":"2026z","index":2,"groups":{"year":"2026"},"captures":["2026",null,"z"]}}`},
		{name: "Chinese", id: "default.regexMatch", params: `{"rule":"密码[:：]\\s*\\S+"}`, text: "我的密码：　secret", pass: true},
		{name: "Japanese", id: "default.regexMatch", params: `{"rule":"[ぁ-ん]{3}"}`, text: "東京ですよね", pass: true},
		{name: "empty", id: "default.regexMatch", params: `{"rule":"x"}`, err: "empty"},
		{name: "long", id: "default.regexMatch", params: `{"rule":"(x+x+)+y"}`, text: long("x")},
	})
}

// What JavaScript takes an expression for.
func TestPatternsAreThoseOfJavaScript(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rule, text string
		match      bool
	}{
		{`a.b`, "a\rb", false}, {`a.b`, "a\u2028b", false}, {`a.b`, "a字b", true}, {`a[^]b`, "a\nb", true}, {`[]`, "a", false},
		{`^\s$`, "\u3000", true}, {`^[\s]$`, "\u00a0", true}, {`^\S$`, "\u3000", false}, {`^[\S]$`, "字", true}, {`^[^\s]$`, "\u3000", false},
		{`\u4f60`, "你", true}, {`\u{4f60}`, "你", true}, {`\uD83D\uDE00`, "😀", true}, {`[\uD83D\uDE00-\uD83D\uDE02]`, "😁", true},
		{`\x41`, "A", true}, {`\cJ`, "\n", true}, {`^[\c]$`, "c", true}, {`^[\c1]$`, "\x11", false}, {`\0`, "\x00", true}, {`[\b]`, "\b", true}, {`\bcat\b`, "a cat", true},
		{`^\/\-\_\A\z$`, "/-_Az", true}, {`[[a]`, "[", true}, {`[a-z&&[aeiou]]`, "&]", true}, {`\p{Script=Greek}+`, "α", true}, {`\p{Lu}`, "a", false},
		{`(?:a|b){2}`, "ab", true}, {`(?<n>a)`, "a", true}, {`(?i)ABC`, "abc", true}, {`a$`, "a\n", false}, {`^b`, "a\nb", false}, {`\$`, "$", true},
	} {
		v, err := makeCheck(t, guard.Env{}, "default.regexMatch", `{"rule":`+string(json.Quote(tt.rule))+`}`).Check(t.Context(), said(tt.text))
		if err != nil || v.Pass != tt.match {
			t.Errorf("%s on %q: %v, %v", tt.rule, tt.text, v.Pass, err)
		}
	}
}

func TestBadPatternsAreRefused(t *testing.T) {
	t.Parallel()
	for rule, message := range map[string]string{
		`(`: "missing closing", `[a`: "missing closing", `a**`: "Invalid", `\`: "backslash", `(?=a)`: "lookaround", `(?!a)b`: "lookaround",
		`(?<=a)b`: "lookaround", `(?<!a)b`: "lookaround", `(a)\1`: "backreferences", `(?<n>a)\k<n>`: "backreferences",
		`\uD83D`: "half a character", `(?s:.)`: "not supported", `a{1001}`: "1000 times", strings.Repeat(`.{1000}`, 12): "repeats too much", `(?>a)`: "not supported", ``: "empty",
		strings.Repeat("字", 1001): "1000 characters",
	} {
		for _, id := range []string{"default.regexMatch", "default.regexReplace"} {
			_, faults := tryCheck(t, guard.Env{}, id, `{"rule":`+string(json.Quote(rule))+`}`)
			if len(faults) != 1 || faults[0].Param != "rule" || !strings.Contains(faults[0].Message, message) {
				t.Errorf("%s: faults %v", rule, faults)
			}
		}
	}
	if _, faults := tryCheck(t, guard.Env{}, "default.regexMatch", ""); len(faults) != 1 || faults[0].Message != "Required" {
		t.Errorf("faults %v", faults)
	}
}

func TestWindowsOfPatterns(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]int{
		`abc`: 3, `a|bcd|`: 3, `\d{3}-\d{4}`: 8, `(a?b){2,5}`: 10, `[^a].`: 2, `密码`: 2, `(?i)k`: 1,
		`a+`: 0, `a*`: 0, `a{2,}`: 0, `^abc`: 0, `abc$`: 0, `\babc`: 0, `a\Bb`: 0, `(a|b+)c`: 0,
	} {
		params := `{"not":true,"rule":` + string(json.Quote(rule)) + `}`
		if got := makeCheck(t, guard.Env{}, "default.regexMatch", params).(guard.Windowed).Window(); got != want {
			t.Errorf("%s: window %d, want %d", rule, got, want)
		}
	}
	for params, want := range map[string]int{
		`{"rule":"abc"}`: 0, `{"rule":"/abc/g"}`: 3, `{"rule":"/abc/gy"}`: 0, `{"rule":"/a+/g"}`: 0, `{"rule":"/^a/gm"}`: 0,
	} {
		if got := makeCheck(t, guard.Env{}, "default.regexReplace", params).(guard.Windowed).Window(); got != want {
			t.Errorf("%s: window %d, want %d", params, got, want)
		}
	}
	if got := makeCheck(t, guard.Env{}, "default.regexMatch", `{"rule":"abc"}`).(guard.Windowed).Window(); got != 0 {
		t.Errorf("that a match exists shows at the end only: window %d", got)
	}
}

func TestRegexReplace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		params string
		texts  []string
		want   []string // nil: nothing changes
	}{
		{`{"rule":"\\d+"}`, []string{"1 and 2", "none", "3"}, []string{"[REDACTED] and 2", "none", "[REDACTED]"}},
		{`{"rule":"/\\d+/g","redactText":"#"}`, []string{"call 555 or 777"}, []string{"call # or #"}},
		{`{"rule":"/abc/gi","redactText":""}`, []string{"ABCabcx"}, []string{"x"}},
		{`{"rule":"/^b/gm","redactText":"$&"}`, []string{"a\nb"}, []string{"a\n$&"}},
		{`{"rule":"/a.b/gs"}`, []string{"a\nb"}, []string{"[REDACTED]"}},
		{`{"rule":"/a.b/gud"}`, []string{"a😀b"}, []string{"[REDACTED]"}},
		{`{"rule":"/ab/y"}`, []string{"xab"}, nil},
		{`{"rule":"/ab/gy","redactText":"-"}`, []string{"ababxab"}, []string{"--xab"}},
		{`{"rule":"/zzz"}`, []string{"a/zzz"}, []string{"a[REDACTED]"}},
		{`{"rule":"zzz"}`, []string{"hello"}, nil},
		{`{"rule":"/[\u4e00-\u9fff]{2}/g"}`, []string{"我的密码abc"}, []string{"[REDACTED][REDACTED]abc"}},
		{`{"rule":"/秘密/g","redactText":"＊"}`, []string{"これは秘密です", ""}, []string{"これは＊です", ""}},
	} {
		v, err := makeCheck(t, guard.Env{}, "default.regexReplace", tt.params).Check(t.Context(), said(tt.texts...))
		if err != nil || !v.Pass || fmt.Sprintf("%q", v.Texts) != fmt.Sprintf("%q", tt.want) {
			t.Errorf("%s: %q, %v", tt.params, v.Texts, err)
		}
		membersAre(t, v.Data, "regexPattern verdict explanation")
	}
}

func TestRegexReplaceFailsIfTold(t *testing.T) {
	t.Parallel()
	c := makeCheck(t, guard.Env{}, "default.regexReplace", `{"rule":"\\d+","failOnDetection":true}`)
	if v, err := c.Check(t.Context(), said("call 555")); err != nil || v.Pass || v.Texts[0] != "call [REDACTED]" {
		t.Errorf("%+v, %v", v, err)
	}
	if v, err := c.Check(t.Context(), said("call me")); err != nil || !v.Pass || v.Texts != nil {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := c.Check(t.Context(), said("")); err != guard.ErrNoText {
		t.Errorf("error %v", err)
	}
}

func TestRegexReplaceIsFastOnLongTexts(t *testing.T) {
	t.Parallel()
	rows := []row{
		{name: "too costly", id: "default.regexReplace", params: `{"rule":"/a[^]{990}b/g"}`, text: long("a"), err: "too long"},
		{name: "many matches", id: "default.regexReplace", params: `{"rule":"/[\\w.]+@[\\w.]+/g"}`, text: long("a@b "), pass: true},
	}
	if worktest.Raced {
		rows = rows[1:]
	}
	runRows(t, guard.Env{}, rows)
}

func TestACostlyMatchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx := &endsWhenAsked{Context: t.Context(), left: 3}
	_, err := makeCheck(t, guard.Env{}, "default.regexMatch", `{"rule":"a[^]{990}b"}`).Check(ctx, said(long("a")))
	if e, ok := err.(*guard.Error); !ok || e.Name != "TimeoutError" {
		t.Errorf("error %v", err)
	}
	if ctx.left < -2 { // of a thousand times that it would ask until the end of the text
		t.Errorf("it went on: asked %d times after the end", -ctx.left)
	}
}

// endsWhenAsked is a context that ends as soon as it has been asked so often.
type endsWhenAsked struct {
	context.Context
	left int
}

func (c *endsWhenAsked) Err() error {
	if c.left--; c.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

func BenchmarkContainsAndRegexMatchOn32kB(b *testing.B) {
	checks := []guard.Check{
		makeCheck(b, guard.Env{}, "default.contains", `{"words":["Apple","password","forbidden"],"operator":"none"}`),
		makeCheck(b, guard.Env{}, "default.regexMatch", `{"rule":"\\d{3}-\\d{4}-\\d{4}","not":true}`),
	}
	in := said(strings.Repeat("The quick brown fox jumps over 12 lazy dogs. ", 32*1024/45))
	b.SetBytes(32 * 1024)
	for b.Loop() {
		for _, c := range checks {
			if v, err := c.Check(b.Context(), in); err != nil || !v.Pass {
				b.Fatal(v, err)
			}
		}
	}
}
