package json

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Path leads to values inside a JSON value. It has at least one step.
type Path []Step

// A Step is the name of a member, the index of an element, or all elements of
// an array.
type Step struct {
	name  string
	named bool // name counts; an index without a name is for arrays only
	index int  // of an element; -1: none, -2: all
}

const (
	noElement   = -1
	allElements = -2
)

func (s Step) inMember(name string) bool { return s.named && s.name == name }

func (s Step) inElement(i int) bool { return s.index == i || s.index == allElements }

// Member returns the name of the member that the path leads to, if it is one
// of the outermost object.
func (p Path) Member() (string, bool) {
	if len(p) != 1 || !p[0].named {
		return "", false
	}
	return p[0].name, true
}

// ParsePath reads a path such as
//
//	temperature  response_format.json_schema  messages[2]  tools[*].function.strict  ["a.b"].c
//
// A number between dots is the name of a member or the index of an element,
// whichever the value there has; a star between dots is [*].
func ParsePath(text string) (Path, error) {
	if text == "" {
		return nil, errors.New("an empty path")
	}
	var p Path
	for rest := text; rest != ""; {
		s, after, err := parseStep(rest, len(p) > 0)
		if err != nil {
			return nil, fmt.Errorf("%w at %q", err, rest)
		}
		p, rest = append(p, s), after
	}
	return slices.Clip(p), nil
}

func parseStep(text string, later bool) (s Step, rest string, err error) {
	if text[0] == '[' {
		return parseBracket(text[1:])
	}
	if later {
		if text[0] != '.' {
			return s, "", errors.New("a dot or a bracket is missing")
		}
		text = text[1:]
	}
	end := strings.IndexAny(text, ".[")
	if end < 0 {
		end = len(text)
	}
	name := text[:end]
	switch {
	case name == "":
		return s, "", errors.New("a name is missing")
	case strings.Contains(name, "]"):
		return s, "", errors.New("a bracket that was never opened")
	case name == "*":
		return Step{index: allElements}, text[end:], nil
	}
	return Step{name: name, named: true, index: elementIndex(name)}, text[end:], nil
}

// parseBracket reads what stands behind an opening bracket.
func parseBracket(text string) (s Step, rest string, err error) {
	if text != "" && (text[0] == '"' || text[0] == '\'') {
		return parseQuoted(text)
	}
	inner, rest, found := strings.Cut(text, "]")
	s.index = elementIndex(inner)
	if inner == "*" {
		s.index = allElements
	}
	if !found || s.index == noElement {
		return s, "", errors.New("neither an index, a star nor a quoted name in brackets")
	}
	return s, rest, nil
}

func parseQuoted(text string) (s Step, rest string, err error) {
	name, rest, found := strings.Cut(text[1:], text[:1]+"]")
	if !found {
		return s, "", errors.New("a quoted name does not end")
	}
	return Step{name: name, named: true, index: noElement}, rest, nil
}

func elementIndex(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || text != strconv.Itoa(n) {
		return noElement
	}
	return n
}
