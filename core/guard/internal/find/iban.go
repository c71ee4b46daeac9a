package find

// ibanLengths are from the registry of IBANs.
//
// https://www.swift.com/standards/data-standards/iban-international-bank-account-number
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22,
	"CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22,
	"GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30,
	"KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27,
	"MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33,
	"SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29,
	"VA": 22, "VG": 24, "XK": 20, "YE": 30,
}

// ibanAt is an IBAN, in one piece or in groups with spaces or hyphens; in small
// letters, as people write it too, only in one piece.
func ibanAt(text string, i int) int {
	if i+15 > len(text) || !digitAt(text, i+2) || !digitAt(text, i+3) || !isLetter(text[i]) || !isLetter(text[i+1]) {
		return 0
	}
	length := ibanLengths[string([]byte{upper(text[i]), upper(text[i+1])})]
	small := text[i] >= 'a'
	var id [34]byte
	end := i
	for n := 0; n < length; end++ {
		switch c := byteAt(text, end); {
		case isDigit(c) || isLetter(c) && (small || c <= 'Z'):
			id[n] = upper(c)
			n++
		case small, c != ' ' && c != '-', !isAlnum(text[end-1]):
			return 0
		}
	}
	if length == 0 || wordAt(text, end) || !mod97(id[:length]) {
		return 0
	}
	return end
}

func upper(c byte) byte {
	if isLetter(c) {
		return c &^ 0x20
	}
	return c
}

func byteAt(text string, i int) byte {
	if i < len(text) {
		return text[i]
	}
	return 0
}

// mod97 is the check of ISO 13616: the first four characters come last,
// letters are numbers from 10, and the remainder is 1.
func mod97(id []byte) bool {
	rest := 0
	for i := range id {
		c := id[(i+4)%len(id)]
		if isDigit(c) {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return rest == 1
}
