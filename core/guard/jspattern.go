package guard

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// What \s and \S are in JavaScript, as inside a class: RE2 knows those of
// ASCII only, and a Japanese text has others.
const (
	jsSpaces    = `\t\n\v\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`
	jsNonSpaces = `\x{0}-\x{8}\x{e}-\x{1f}!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}` +
		`\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`
)

// What a dot is without the flag s, and with it.
const (
	jsDot    = `[^\n\r\x{2028}\x{2029}]`
	jsDotAll = `[\x{0}-\x{10ffff}]`
)

// translatePattern writes an expression of JavaScript in the syntax of Go. It
// leaves finding what is wrong to the compiler, except what RE2 lacks: there
// the author needs to know that it is not a slip.
func translatePattern(source string, dotAll bool) (string, error) {
	t := jsPattern{rest: source, dot: choose(dotAll, jsDotAll, jsDot)}
	for t.rest != "" {
		if err := t.next(); err != nil {
			return "", err
		}
	}
	return t.out.String(), nil
}

// jsPattern is an expression that has been translated up to rest.
type jsPattern struct {
	rest    string
	dot     string
	out     strings.Builder
	inClass bool
}

// write says what stands for the next n bytes.
func (t *jsPattern) write(n int, translation string) error {
	t.rest = t.rest[n:]
	t.out.WriteString(translation)
	return nil
}

func (t *jsPattern) copy(n int) error { return t.write(n, t.rest[:n]) }

func (t *jsPattern) next() error {
	switch c := t.rest[0]; {
	case c == '\\':
		return t.escape()
	case t.inClass:
		return t.inside(c)
	case c == '[':
		return t.class()
	case c == '.':
		return t.write(1, t.dot)
	case strings.HasPrefix(t.rest, "(?"):
		return t.group()
	}
	return t.copy(1)
}

// group looks for groups that RE2 does not have.
func (t *jsPattern) group() error {
	for _, prefix := range []string{"(?=", "(?!", "(?<=", "(?<!"} {
		if strings.HasPrefix(t.rest, prefix) {
			return errors.New("lookaround (" + prefix + ") is not supported: expressions are RE2, which takes linear time")
		}
	}
	flags, _, _ := strings.Cut(t.rest[2:], ":")
	flags, _, _ = strings.Cut(flags, ")")
	if flags != "" && flags[0] != '<' && strings.Trim(flags, "im-") != "" {
		return fmt.Errorf("a group that begins with %q is not supported", "(?"+t.rest[2:3])
	}
	return t.copy(2)
}

// class begins a class. An empty one matches nothing, its opposite anything.
func (t *jsPattern) class() error {
	switch {
	case strings.HasPrefix(t.rest, "[^]"):
		return t.write(3, jsDotAll)
	case strings.HasPrefix(t.rest, "[]"):
		return t.write(2, `[^\x{0}-\x{10ffff}]`)
	}
	t.inClass = true
	return t.copy(choose(strings.HasPrefix(t.rest, "[^"), 2, 1))
}

// inside copies a character of a class.
func (t *jsPattern) inside(c byte) error {
	if c == '[' { // not the beginning of [:alpha:]
		return t.write(1, `\[`)
	}
	t.inClass = c != ']'
	return t.copy(1)
}

func (t *jsPattern) escape() error {
	if len(t.rest) == 1 {
		return errors.New("a backslash at its end")
	}
	c, size := utf8.DecodeRuneInString(t.rest[1:])
	switch {
	case c == 's':
		return t.write(2, choose(t.inClass, jsSpaces, "["+jsSpaces+"]"))
	case c == 'S':
		return t.write(2, choose(t.inClass, jsNonSpaces, "["+jsNonSpaces+"]"))
	case c == 'b' && t.inClass:
		return t.write(2, `\x08`)
	case strings.ContainsRune("dDwWnrtfv", c), strings.ContainsRune("bB", c) && !t.inClass:
		return t.copy(2)
	case c >= '1' && c <= '9', strings.HasPrefix(t.rest, `\k<`):
		return errors.New("backreferences are not supported: expressions are RE2, which takes linear time")
	case c == '0':
		return t.write(2, `\x00`)
	case c == 'x' && isHex(t.rest[2:], 2):
		return t.copy(4)
	case c == 'u':
		return t.unicode()
	case c == 'p' || c == 'P':
		return t.property()
	case c == 'c' && len(t.rest) > 2 && (t.rest[2]|0x20)-'a' < 26:
		return t.write(3, fmt.Sprintf(`\x{%x}`, t.rest[2]%32))
	}
	return t.write(1+size, quoteRune(c)) // it stands for itself
}

// quoteRune writes a character that is to have no other meaning.
func quoteRune(c rune) string {
	if c < utf8.RuneSelf && (c < '0' || c > '9' && c < 'A' || c > 'Z' && c < 'a' || c > 'z') {
		return `\` + string(c)
	}
	return string(c)
}

func isHex(s string, n int) bool {
	if len(s) < n {
		return false
	}
	_, err := strconv.ParseUint(s[:n], 16, 32)
	return err == nil
}

// unicode reads \uXXXX, two of which may be one character, and \u{X…}.
func (t *jsPattern) unicode() error {
	digits := t.rest[2:]
	if code, _, ok := strings.Cut(strings.TrimPrefix(digits, "{"), "}"); ok && strings.HasPrefix(digits, "{") && isHex(code, len(code)) {
		return t.write(len(code)+4, `\x{`+code+`}`)
	}
	if !isHex(digits, 4) {
		return t.write(2, "u")
	}
	code, _ := strconv.ParseUint(digits[:4], 16, 32)
	if !utf16.IsSurrogate(rune(code)) {
		return t.write(6, `\x{`+digits[:4]+`}`)
	}
	if low := digits[4:]; strings.HasPrefix(low, `\u`) && isHex(low[2:], 4) {
		second, _ := strconv.ParseUint(low[2:6], 16, 32)
		if r := utf16.DecodeRune(rune(code), rune(second)); r != utf8.RuneError {
			return t.write(12, fmt.Sprintf(`\x{%x}`, r))
		}
	}
	return errors.New("half a character (\\u" + digits[:4] + ") is not supported: write \\u{...}")
}

// property writes \p{Script=Greek} as \p{Greek}.
func (t *jsPattern) property() error {
	name, _, ok := strings.Cut(t.rest, "}")
	if !ok || !strings.HasPrefix(t.rest[2:], "{") {
		return t.write(2, t.rest[1:2])
	}
	value := name[strings.LastIndexAny(name, "{=")+1:]
	return t.write(len(name)+1, t.rest[:2]+"{"+value+"}")
}
