package find

// maxGroups is how many groups of digits a number is read as at most: there
// are six of two digits in some numbers.
const maxGroups = 7

// A number is digits in groups, with one space, hyphen or dot between two.
type number struct {
	text   string
	start  [maxGroups]int
	end    [maxGroups]int
	groups int
}

// numberAt reads as many groups as there are.
func numberAt(text string, i int) number {
	n := number{text: text}
	for n.groups < maxGroups {
		j := i
		for j < len(text) && isDigit(text[j]) {
			j++
		}
		if j == i || wordAt(text, j) {
			break
		}
		n.start[n.groups], n.end[n.groups] = i, j
		n.groups++
		if j+1 >= len(text) || text[j] != ' ' && text[j] != '-' && text[j] != '.' {
			break
		}
		i = j + 1
	}
	return n
}

// shape reports whether the first groups have these lengths, have the same
// separator, which is one of those given, and end there.
func (n *number) shape(separators string, lengths ...int) bool {
	if n.groups < len(lengths) {
		return false
	}
	for g, length := range lengths {
		if n.end[g]-n.start[g] != length {
			return false
		}
	}
	return n.even(separators, len(lengths)) && !compound(n.text, n.start[0], n.end[len(lengths)-1])
}

// follows reports whether another group of digits stands before the first.
func (n *number) follows() bool {
	at := n.start[0] - 1
	return at > 0 && indexByte(" -.", n.text[at]) >= 0 && isDigit(n.text[at-1])
}

// even reports whether the first groups have the same separator.
func (n *number) even(separators string, groups int) bool {
	for g := range groups - 1 {
		c := n.text[n.end[g]]
		if c != n.text[n.end[0]] || indexByte(separators, c) < 0 {
			return false
		}
	}
	return true
}

func indexByte(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// digits are those of the first groups, without what is between them. There
// are at most 24.
func (n *number) digits(groups int, buffer *[24]byte) []byte {
	d := buffer[:0]
	for g := range groups {
		if len(d)+n.end[g]-n.start[g] > len(buffer) {
			return nil
		}
		d = append(d, n.text[n.start[g]:n.end[g]]...)
	}
	return d
}

// number looks at a word that begins with a digit.
func (s *scanner) digits(i int) int {
	if s.kinds&numeric == 0 {
		return 0
	}
	s.number = numberAt(s.text, i)
	n := &s.number
	if n.groups == 0 || n.groups < 4 && n.end[n.groups-1]-i < 7 { // what most numbers are
		return 0
	}
	for _, d := range numberForms {
		if !s.kinds.Has(d.kind) {
			continue
		}
		if groups := d.match(n); groups > 0 {
			return s.add(d.kind, i, n.end[groups-1])
		}
	}
	return 0
}

const numeric = 1<<IP | 1<<Card | 1<<SSN | 1<<NHS | 1<<MyNumber | 1<<Phone

// numberForms say how many groups of a number are of a kind, 0 if it is none.
// The surest come first.
var numberForms = []struct {
	kind  Kind
	match func(*number) int
}{{IP, ipv4}, {Card, card}, {SSN, ssn}, {MyNumber, myNumber}, {NHS, nhs}, {Phone, phone}}
