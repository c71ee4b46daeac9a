package find

// phoneWords say that a number is a phone's. The short ones have to stand
// alone: a hotel, a cellular network and a recall have no number.
var phoneWords = []string{"phone", "tel ", "mobile", "cell ", "fax ", "call ", "電話", "电话", "手机", "手機", "携帯", "whatsapp"}

// phone is a number in a national form. Digits in one piece are taken only if
// they are those of a mobile phone in East Asia or the UK, or stand behind a
// word such as "phone".
func phone(n *number) int {
	switch {
	case n.shape("-. ", 3, 3, 4) && northAmerican(n.text, n.start[0], n.start[1]):
		return 3
	case n.shape("-. ", 1, 3, 3, 4) && n.text[n.start[0]] == '1' && northAmerican(n.text, n.start[1], n.start[2]):
		return 4
	case n.shape("- ", 3, 4, 4) && chinese(n.text[n.start[0]:]): // of 11 digits
		return 3
	case n.shape("- ", 4, 8) && n.text[n.start[0]] == '0' && n.text[n.start[0]+1] >= '3': // a landline of China
		return 2
	}
	if groups := trunk(n); groups > 0 {
		return groups
	}
	if abroad(n) {
		return n.groups
	}
	if whole(n) {
		return 1
	}
	return 0
}

// northAmerican reports whether area and exchange may begin so.
//
// https://en.wikipedia.org/wiki/North_American_Numbering_Plan
func northAmerican(text string, area, exchange int) bool {
	return text[area] >= '2' && text[exchange] >= '2' && text[area+1:area+3] != "11" && text[exchange+1:exchange+3] != "11"
}

// chinese reports whether a mobile number of China may begin so.
func chinese(d string) bool { return d[0] == '1' && d[1] >= '3' }

// trunk is a number with 0 before the area: 9 to 11 digits in 2 to 5 groups.
func trunk(n *number) int {
	if n.text[n.start[0]] != '0' {
		return 0
	}
	for groups := min(n.groups, 5); groups >= 2; groups-- {
		if trunked(n, groups) {
			return groups
		}
	}
	return 0
}

func trunked(n *number, groups int) bool {
	first, last := n.end[0]-n.start[0], n.end[groups-1]-n.start[groups-1]
	digits, pairs := 0, true
	for g := range groups {
		length := n.end[g] - n.start[g]
		if length < 2 || length > 8 {
			return false
		}
		digits += length
		pairs = pairs && length == 2
	}
	if n.text[n.start[0]+1] == '0' || first > 5 || digits < 9 || digits > 11 || last < 3 && !(pairs && groups == 5) {
		return false
	}
	if pairs && (n.groups > groups || n.follows()) { // 01 02 03 04 05 06: a list
		return false
	}
	if n.shape("-", 3, 2, 4) { // of the US, and none that is given
		return false
	}
	return n.even("-. ", groups) && !compound(n.text, n.start[0], n.end[groups-1])
}

// abroad is a number that begins with 00 and a country, in three groups or more.
// A list of numbers with zeros in front is none.
func abroad(n *number) bool {
	first := n.end[0] - n.start[0]
	if n.groups < 3 || first < 3 || first > 5 || n.text[n.start[0]:n.start[0]+2] != "00" {
		return false
	}
	digits := first - 2
	for g := 1; g < n.groups; g++ {
		digits += n.end[g] - n.start[g]
		if n.text[n.start[g]] == '0' {
			return false
		}
	}
	return n.text[n.start[0]+2] != '0' && digits >= 9 && digits <= 15 && !n.follows() && !compound(n.text, n.start[0], n.end[n.groups-1])
}

// whole is a number without separators.
func whole(n *number) bool {
	d := n.text[n.start[0]:n.end[0]]
	if len(d) < 7 || len(d) > 15 || compound(n.text, n.start[0], n.end[0]) {
		return false
	}
	switch {
	case len(d) == 11 && chinese(d),
		len(d) == 11 && d[0] == '0' && d[2] == '0' && indexByte("5789", d[1]) >= 0, // Japan
		len(d) == 11 && d[:2] == "07", // UK
		len(d) == 10 && d[:2] == "09": // Taiwan
		return true
	}
	return len(d) <= 12 && hinted(n.text, n.start[0], phoneWords...)
}

// dialled is a number that begins with + and a country, or with an area in
// brackets.
func dialled(text string, i int) int {
	if i > 0 && (isWord(text[i-1]) || text[i-1] == text[i]) {
		return 0
	}
	digits, separators, end := 0, 0, 0
	for j := i + 1; j < min(len(text), i+28); j++ {
		switch c := text[j]; {
		case isDigit(c):
			digits++
			end = j + 1
		case !separates(text, j):
			j = len(text)
		default:
			separators++
		}
	}
	switch {
	case end == 0 || wordAt(text, end) || digits > 15 || joint(text, end, 1):
		return 0
	case text[i] == '(':
		return boolToInt(area(text, i, digits)) * end
	case text[i+1] == '0' || digits < 8 || digits < 9 && separators == 0:
		return 0
	}
	return end
}

// separates reports whether what stands at j may divide a phone number: one
// sign between digits, or two where a bracket is one of them.
func separates(text string, j int) bool {
	next, before := byteAt(text, j+1), text[j-1]
	switch text[j] {
	case ' ', '-', '.':
		return (isDigit(before) || before == ')') && (isDigit(next) || next == '(')
	case '(':
		return isDigit(next)
	case ')':
		return isDigit(before) && (isDigit(next) || next == ' ' || next == '-')
	}
	return false
}

// area reports whether a bracket at i encloses an area code, and whether the
// number is as long as one with it.
func area(text string, i, digits int) bool {
	length := 0
	for digitAt(text, i+1+length) {
		length++
	}
	if byteAt(text, i+1+length) != ')' || length < 2 || length > 5 {
		return false
	}
	if text[i+1] == '0' {
		return digits >= 9 && digits <= 11
	}
	return length == 3 && digits == 10 && text[i+1] >= '2'
}
