package guard

import (
	"context"
	"errors"
	"io"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// Limits of regular expressions: characters, and instructions, which what
// repeats has many of.
const (
	maxPattern = 1000
	maxProgram = 10_000
)

// A pattern is a regular expression as JavaScript has them, run by RE2: its
// time grows with the text only, whatever the expression.
type pattern struct {
	re *regexp.Regexp
	// length is the number of characters that no match is longer than, if
	// bounded. It is not bounded either if a match depends on what stands
	// around it, as with ^ and \b.
	length  int
	bounded bool
	// size is the number of instructions: at most so many are done for each
	// character of a text.
	size int
}

// readPattern compiles a parameter. An empty one has been complained about.
func readPattern(p *Params, name, source, flags string) *pattern {
	if source == "" {
		return nil
	}
	compiled, err := compilePattern(source, flags)
	if err != nil {
		p.Fail(name, "Invalid regular expression: %s", err)
	}
	return compiled
}

// compilePattern reads an expression. Of the flags of JavaScript it knows i, m
// and s; the others do not say what matches.
func compilePattern(source, flags string) (*pattern, error) {
	if utf8.RuneCountInString(source) > maxPattern {
		return nil, errors.New("it is longer than 1000 characters")
	}
	translated, err := translatePattern(source, strings.Contains(flags, "s"))
	if err != nil {
		return nil, err
	}
	for _, f := range "im" {
		if strings.ContainsRune(flags, f) {
			translated = "(?" + string(f) + ")" + translated
		}
	}
	return compileRE2(translated)
}

// compileRE2 measures an expression of Go before it is made ready to run.
func compileRE2(expression string) (*pattern, error) {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, badPattern(err)
	}
	p := &pattern{}
	p.length, p.bounded = matchLength(parsed)
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, badPattern(err)
	}
	if p.size = len(prog.Inst); p.size > maxProgram {
		return nil, errors.New("it repeats too much")
	}
	if p.re, err = regexp.Compile(expression); err != nil {
		return nil, badPattern(err)
	}
	return p, nil
}

func badPattern(err error) error {
	if e, ok := errors.AsType[*syntax.Error](err); ok && e.Code == syntax.ErrInvalidRepeatSize {
		return errors.New("what repeats can do so 1000 times at most")
	}
	return errors.New(strings.TrimPrefix(err.Error(), "error parsing regexp: "))
}

// matchLength is the longest match in characters, if there is one and if
// nothing beyond its ends matters.
func matchLength(re *syntax.Regexp) (length int, bounded bool) {
	switch re.Op {
	case syntax.OpNoMatch, syntax.OpEmptyMatch:
		return 0, true
	case syntax.OpLiteral:
		return len(re.Rune), true
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1, true
	case syntax.OpCapture, syntax.OpQuest:
		return matchLength(re.Sub[0])
	case syntax.OpRepeat:
		n, ok := matchLength(re.Sub[0])
		return n * re.Max, ok && re.Max >= 0
	case syntax.OpConcat, syntax.OpAlternate:
		for _, sub := range re.Sub {
			n, ok := matchLength(sub)
			if !ok {
				return 0, false
			}
			if re.Op == syntax.OpConcat {
				length += n
			} else {
				length = max(length, n)
			}
		}
		return length, true
	}
	return 0, false // repeats for ever, or asserts something
}

// Limits of work, in instructions times bytes. One takes about 13 ns at worst
// and far less as a rule.
const (
	quickWork = 1 << 26 // is done without looking at the clock
	maxWork   = 1 << 28 // that cannot be interrupted
)

// find returns the first match as [regexp.Regexp.FindStringSubmatchIndex]
// does. If it may take long it ends with the context.
func (p *pattern) find(ctx context.Context, text string) ([]int, error) {
	if p.size*len(text) <= quickWork {
		return p.re.FindStringSubmatchIndex(text), nil
	}
	at := p.re.FindReaderSubmatchIndex(&interruptible{Reader: strings.NewReader(text), ctx: ctx})
	return at, ctx.Err()
}

// interruptible is a text that ends when the context does.
type interruptible struct {
	*strings.Reader
	ctx  context.Context
	read int
}

func (r *interruptible) ReadRune() (rune, int, error) {
	if r.read++; r.read%1024 == 0 && r.ctx.Err() != nil {
		return 0, 0, io.EOF
	}
	return r.Reader.ReadRune()
}

// MatchString is how JSON Schema runs the expressions in it. A text that is
// too long for its expression does not match.
func (p *pattern) MatchString(s string) bool {
	return p.size*len(s) <= maxWork && p.re.MatchString(s)
}

func (p *pattern) String() string { return p.re.String() }
