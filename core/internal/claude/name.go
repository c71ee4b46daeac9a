package claude

import (
	"slices"
	"strconv"
	"strings"
)

// families are the words that name a line of models. Those from before, as
// in claude-2.1, are unnamed.
var families = of("opus", "sonnet", "haiku", "fable", "mythos", instant)

const (
	instant = "instant"
	unnamed = "claude"
)

// parse finds family and version (major*100+minor) in an id. The family is
// empty if the id names no Claude, or a Claude of no version.
func parse(id string) (family string, version int) {
	_, rest, ok := strings.Cut(strings.ToLower(id), "claude-")
	if !ok {
		return "", 0
	}
	var n name
	for word := range strings.FieldsFuncSeq(rest, func(c rune) bool { return strings.ContainsRune("-.@:/_", c) }) {
		if !n.read(word) {
			break
		}
	}
	return n.finish()
}

// A name is what has been read of an id.
type name struct {
	family  string
	version [2]int
	numbers int // in version
	words   int // in all
}

// read takes the next word and reports whether it is worth reading on.
func (n *name) read(word string) bool {
	n.words++
	v, revision := strings.CutPrefix(word, "v")
	number, err := strconv.ParseUint(v, 10, 64)
	switch {
	case err == nil && len(v) > 2: // a date ends the version
		return false
	case err == nil && revision && (n.words > 1 && n.family != instant || n.numbers > 0):
		return false // the revision of an id: only claude-v2 and claude-instant-v1 mean versions
	case err == nil:
		n.add(int(number))
	case n.family == "" && slices.Contains(families, word):
		n.family = word
	default:
		return n.family == "" || n.numbers == 0
	}
	return true
}

func (n *name) add(number int) {
	if n.numbers < len(n.version) {
		n.version[n.numbers] = number
		n.numbers++
	}
}

func (n *name) finish() (family string, version int) {
	switch {
	case n.numbers == 0 && n.family == "mythos": // mythos-preview
		return n.family, 0
	case n.numbers == 0:
		return "", 0
	case n.family == "":
		return unnamed, n.version[0]*100 + n.version[1]
	}
	return n.family, n.version[0]*100 + n.version[1]
}
