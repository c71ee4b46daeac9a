package find

import "strings"

// card is a payment card's number: that of a known issuer, of its length, with
// the check digit of Luhn. One of ten random numbers with such a beginning has
// the right digit: a long order number may be taken for a card.
//
// https://en.wikipedia.org/wiki/Payment_card_number
func card(n *number) int {
	for _, lengths := range [][]int{{4, 4, 4, 4, 3}, {4, 4, 4, 4}, {4, 6, 5}, {4, 6, 4}, {n.end[0] - n.start[0]}} {
		if !n.shape(" -.", lengths...) {
			continue
		}
		var buffer [24]byte
		if d := n.digits(len(lengths), &buffer); issued(d) && luhn(d) {
			return len(lengths)
		}
	}
	return 0
}

// issuers are ranges of the first four digits, and the lengths of numbers.
var issuers = []struct{ from, to, shortest, longest int }{
	{4000, 4999, 16, 19}, {5100, 5599, 16, 16}, {2221, 2720, 16, 16}, // Visa, Mastercard
	{3400, 3499, 15, 15}, {3700, 3799, 15, 15}, // American Express
	{6011, 6011, 16, 19}, {6440, 6599, 16, 19}, {3528, 3589, 16, 19}, // Discover, JCB
	{3000, 3059, 14, 16}, {3600, 3699, 14, 16}, {3800, 3999, 14, 16}, // Diners Club
	{6200, 6299, 16, 19}, {6759, 6763, 16, 19}, {5018, 5038, 16, 19}, // UnionPay, Maestro
}

func issued(d []byte) bool {
	if len(d) < 14 || len(d) > 19 {
		return false
	}
	first := 0
	for _, c := range d[:4] {
		first = first*10 + int(c-'0')
	}
	for _, r := range issuers {
		if first >= r.from && first <= r.to && len(d) >= r.shortest && len(d) <= r.longest {
			return true
		}
	}
	return false
}

func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			v *= 2
			v -= 9 * boolToInt(v > 9)
		}
		sum += v
	}
	return sum%10 == 0
}

// ssn is a US Social Security number: 3-2-4 digits, or nine behind its name.
// There is no check digit, but there are numbers that are never given.
//
// https://www.ssa.gov/employer/randomization.html
func ssn(n *number) int {
	groups := 0
	switch {
	case n.shape("- .", 3, 2, 4):
		groups = 3
	case n.shape("", 9) && hinted(n.text, n.start[0], "ssn", "social security"):
		groups = 1
	default:
		return 0
	}
	var buffer [24]byte
	d := string(n.digits(groups, &buffer))
	if d[:3] == "000" || d[:3] == "666" || d[0] == '9' || d[3:5] == "00" || d[5:] == "0000" || d == "078051120" || d == "219099999" {
		return 0
	}
	return groups
}

// nhs is a number of the UK's health service: 3 3 4 digits with spaces, or ten
// behind its name, the last of which is a check digit.
//
// https://www.datadictionary.nhs.uk/attributes/nhs_number.html
func nhs(n *number) int {
	groups := 0
	switch named := func() bool { return hinted(n.text, n.start[0], "nhs") }; {
	case n.shape(" ", 3, 3, 4), n.shape("-", 3, 3, 4) && named():
		groups = 3
	case n.shape("", 10) && named():
		groups = 1
	default:
		return 0
	}
	var buffer [24]byte
	d := n.digits(groups, &buffer)
	sum := 0
	for i, c := range d[:9] {
		sum += (10 - i) * int(c-'0')
	}
	if check := (11 - sum%11) % 11; check != int(d[9]-'0') || sum == 0 {
		return 0
	}
	return groups
}

// myNumber is Japan's Individual Number: 4 4 4 digits, or twelve behind its
// name, the last of which is a check digit.
//
// https://ja.wikipedia.org/wiki/個人番号
func myNumber(n *number) int {
	groups := 0
	switch {
	case n.groups == 3 && n.shape(" -", 4, 4, 4) && !n.follows() && !years(n):
		groups = 3
	case n.shape("", 12) && hinted(n.text, n.start[0], "マイナンバー", "個人番号", "my number", "mynumber", "my_number"):
		groups = 1
	default:
		return 0
	}
	var buffer [24]byte
	d := n.digits(groups, &buffer)
	sum := 0
	for i := 1; i <= 11; i++ { // from the right
		weight := i + 1
		if i > 6 {
			weight = i - 5
		}
		sum += weight * int(d[11-i]-'0')
	}
	check := 0
	if sum%11 > 1 {
		check = 11 - sum%11
	}
	if check != int(d[11]-'0') || sum == 0 {
		return 0
	}
	return groups
}

// years reports whether three groups of four digits are 1990 2000 2010.
func years(n *number) bool {
	for _, at := range n.start[:3] {
		if century := n.text[at : at+2]; century != "19" && century != "20" {
			return false
		}
	}
	return true
}

// ninoAt is a UK National Insurance number: two letters, six digits in pairs,
// a letter.
//
// https://www.gov.uk/hmrc-internal-manuals/national-insurance-manual/nim39110
func ninoAt(text string, i int) int {
	if i+9 > len(text) || !strings.Contains("ABCEGHJKLMNOPRSTWXYZ", text[i:i+1]) || !strings.Contains("ABCEGHJKLMNPRSTWXYZ", text[i+1:i+2]) {
		return 0
	}
	switch text[i : i+2] {
	case "BG", "GB", "KN", "NK", "NT", "TN", "ZZ":
		return 0
	}
	end := i + 2
	for range 3 {
		end += boolToInt(end < len(text) && text[end] == ' ')
		if !digitAt(text, end) || !digitAt(text, end+1) {
			return 0
		}
		end += 2
	}
	end += boolToInt(end < len(text) && text[end] == ' ')
	if end >= len(text) || text[end] < 'A' || text[end] > 'D' || compound(text, i, end+1) {
		return 0
	}
	return end + 1
}

// twidLetters have the number of a letter, from 10, at its place.
const twidLetters = "ABCDEFGHJKLMNPQRSTUVXYWZIO"

// twidAt is a number of an identity card or a resident certificate of Taiwan:
// a letter, 1, 2, 8 or 9, seven digits and a check digit. Resident certificates
// from before 2021 have a letter from A to D in the second place, which counts
// as a digit from 0 to 3; so do too many other numbers, and it takes a word in
// front that says what it is.
//
// https://zh.wikipedia.org/wiki/中華民國國民身分證
func twidAt(text string, i int) int {
	if i+10 > len(text) || indexByte("1289ABCD", text[i+1]) < 0 || compound(text, i, i+10) {
		return 0
	}
	letter := strings.IndexByte(twidLetters, text[i]) + 10
	sum := letter/10 + letter%10*9
	switch second := text[i+1]; {
	case isDigit(second):
		sum += int(second-'0') * 8
	case hinted(text, i, "證", "证", "resident", "arc "):
		sum += int(second-'A') * 8
	default:
		return 0
	}
	for j := 2; j < 10; j++ {
		if !isDigit(text[i+j]) {
			return 0
		}
		sum += int(text[i+j]-'0') * max(9-j, 1)
	}
	if letter < 10 || sum%10 != 0 {
		return 0
	}
	return i + 10
}
