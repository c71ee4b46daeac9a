// Package find finds personal data and credentials in texts, by their forms
// and checksums. It asks nobody and guesses nothing: names and addresses of
// people have no form and are not found.
//
// Digits and letters in full width are those of ASCII, and a number may have
// any dash or space in it.
//
// A text is read once. Most of it is passed over word by word; what a word
// may be is decided by its first byte.
package find

// A Kind is what can be found.
type Kind uint8

// Kinds.
const (
	Email Kind = iota
	Phone
	Card
	IBAN
	SSN      // US
	NINO     // UK: National Insurance
	NHS      // UK: National Health Service
	TWID     // Taiwan: identity card, resident certificate
	MyNumber // Japan
	IP
	Key     // of a known provider, a JWT, a private key
	Entropy // a random text that is given a name such as "secret"
	kinds
)

var labels = [kinds]string{"EMAIL", "PHONE", "CARD", "IBAN", "SSN", "NINO", "NHS", "TWID", "MYNUMBER", "IP", "KEY", "SECRET"}

// Label is a short name in capital letters, for placeholders.
func (k Kind) Label() string { return labels[k] }

// A Set is a set of kinds.
type Set uint32

// SetOf makes a set.
func SetOf(kinds ...Kind) Set {
	var s Set
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// Has reports whether a kind is in the set.
func (s Set) Has(k Kind) bool { return s&(1<<k) != 0 }

// A Span is a place in a text, in bytes.
type Span struct {
	Start, End int
	Kind       Kind
}

// Longest is the number of bytes of the longest thing that is found, of kinds
// other than [Key] and of the beginning by which a key is known.
const Longest = 320

// LongestKey is the longest that is taken for a key, in bytes; followed is how
// far one is followed. The rest of a longer one stays.
const (
	LongestKey = 4096
	followed   = LongestKey - 96
)

// Spans lists what is in a text, in order and without overlaps.
func Spans(text string, kinds Set) []Span { return SpansFrom(text, 0, kinds) }

// maxName is how much of a name is looked at, in bytes.
const maxName = 64

// SpansOf lists what is in a text that is given a name, as the value of a
// member is.
func SpansOf(name, text string, kinds Set) []Span {
	before := name[:min(len(name), maxName)] + ": "
	spans := SpansFrom(before+text, len(before)-2, kinds)
	for i := range spans {
		spans[i].Start -= len(before)
		spans[i].End -= len(before)
	}
	return spans
}

// SpansFrom lists what begins at an offset or behind it. What stands before is
// only looked back at.
func SpansFrom(text string, from int, kinds Set) []Span {
	n := narrow(text)
	return n.widen(text, spansFrom(n.text, n.narrow(from), kinds))
}

func spansFrom(text string, from int, kinds Set) []Span {
	s := scanner{text: text, kinds: kinds, last: from}
	i := from
	if wordAt(text, from-1) && !escaped(text, from-1) { // the rest of a word is no word
		i = wordEnd(text, from)
	}
	for i < len(text) {
		i = s.step(i)
	}
	return s.found
}

// A scanner goes through a text.
type scanner struct {
	text   string
	kinds  Set
	found  []Span
	number number // that is being looked at
	last   int    // end of the last span; nothing begins before it
}

// step looks at what begins at i, and returns where to go on.
func (s *scanner) step(i int) int {
	c := s.text[i]
	if !isWord(c) {
		if c >= 0x80 || c <= ' ' {
			return i + 1
		}
		return s.sign(i)
	}
	end := 0
	switch {
	case isDigit(c):
		end = s.digits(i)
	case s.kinds&personal != 0 && i+3 < len(s.text) && isDigit(s.text[i+3]): // all of them
		end = s.document(i)
	}
	if end == 0 && s.kinds.Has(Key) {
		end = s.add(Key, i, keyAt(s.text, i))
	}
	if end == 0 && s.kinds.Has(IP) && isHex(c) {
		end = s.add(IP, i, ipv6At(s.text, i))
	}
	if end > 0 {
		return end
	}
	return wordEnd(s.text, i)
}

const personal = 1<<IBAN | 1<<NINO | 1<<TWID

// sign looks at a character that is no part of a word.
func (s *scanner) sign(i int) int {
	end := 0
	switch c := s.text[i]; {
	case c == '\\' && i+1 < len(s.text) && escaped(s.text, i+1):
		s.last = i + 2
		return i + 2
	case c == '@' && s.kinds.Has(Email):
		start, e := emailAt(s.text, i, s.last)
		end = s.add(Email, start, e)
	case (c == '+' || c == '(') && s.kinds.Has(Phone):
		end = s.add(Phone, i, dialled(s.text, i))
	case c == '-' && s.kinds.Has(Key):
		end = s.add(Key, i, privateKeyAt(s.text, i))
	case c == '~' && s.kinds.Has(Key):
		start, e := azureSecretAt(s.text, i, s.last)
		end = s.add(Key, start, e)
	case c == ':' && s.kinds.Has(IP) && i+1 < len(s.text) && s.text[i+1] == ':':
		end = s.add(IP, i, ipv6At(s.text, i))
	}
	if end == 0 && (s.text[i] == '=' || s.text[i] == ':') && s.kinds.Has(Entropy) {
		start, e := assigned(s.text, i)
		end = s.add(Entropy, start, e)
	}
	return max(end, i+1)
}

// document looks at a word that may be the number of a document.
func (s *scanner) document(i int) int {
	switch {
	case s.kinds.Has(IBAN) && ibanAt(s.text, i) > 0:
		return s.add(IBAN, i, ibanAt(s.text, i))
	case s.kinds.Has(NINO) && ninoAt(s.text, i) > 0:
		return s.add(NINO, i, ninoAt(s.text, i))
	case s.kinds.Has(TWID):
		return s.add(TWID, i, twidAt(s.text, i))
	}
	return 0
}

// add notes a span that ends at end; there is none if that is 0. A key of a
// known form in what is merely random is the key.
func (s *scanner) add(k Kind, start, end int) int {
	if end <= start || start < s.last {
		return 0
	}
	if k == Entropy && s.kinds.Has(Key) && keyAt(s.text, start) > 0 {
		k, end = Key, keyAt(s.text, start)
	}
	s.found, s.last = append(s.found, Span{start, end, k}), end
	return end
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
