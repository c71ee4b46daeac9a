package find

import (
	"math"
	"strings"
)

// Limits of the entropy rule: how long a value may be, in bytes, and how many
// bits each of its characters has at least.
const (
	minSecret = 16
	maxSecret = 256
	minBits   = 3.5
	minHex    = 3.0 // of hexadecimal digits, of which there are 16
)

// innocentNames have one of those in them and are no secrets: the count of
// tokens, a place in a list, whoever wrote something.
var innocentNames = []string{"author", "secretary", "tokeniz", "tokens", "page_token", "pagetoken", "page-token", "token_count", "token_type", "token_id"}

var secretNames = []string{"secret", "passw", "pwd", "token", "apikey", "api_key", "api-key", "access_key", "accesskey", "private_key", "credential", "auth"}

// assigned is a value behind the = or : at i, if it is random and its name
// says that it is secret:
//
//	AWS_SECRET_ACCESS_KEY=wJalr…   "api_key": "9f86d08…"
//
// A random text without a name is nothing: hashes, ids and pictures are random
// as well. Nor is a value without a digit, a path, or one of several words.
func assigned(text string, i int) (start, end int) {
	if !secretive(nameBefore(text, i)) {
		return 0, 0
	}
	start = i + 1
	for start < len(text) && start < i+4 && strings.IndexByte(" \"'`=\\>", text[start]) >= 0 {
		start++
	}
	end = runEnd(text, start, "+/_-=.~", start+maxSecret+1)
	value := strings.TrimRight(text[start:end], ".-")
	if len(value) < minSecret || len(value) > maxSecret || !mixed(value) || strings.Count(value, ".") > 2 || strings.Count(value, "/") > 4 || standIn(value) {
		return 0, 0
	}
	limit := minBits
	if hexadecimal(value) {
		limit = minHex
	}
	if bits(value) < limit {
		return 0, 0
	}
	return start, start + len(value)
}

// standIn reports whether a value only says where the secret is, or what is to
// be put there: process.env.API_KEY_2, /run/secrets/key1, your_api_key_here_123.
func standIn(value string) bool {
	object, _, member := strings.Cut(value, ".")
	return member && len(object) <= 12 && strings.Trim(object, "abcdefghijklmnopqrstuvwxyz_") == "" ||
		strings.HasPrefix(value, "/") && strings.Count(value, "/") > 1 && strings.ToLower(value) == value ||
		strings.HasPrefix(strings.ToLower(value), "your")
}

// nameBefore is the word in front of i, which may stand in quotes.
func nameBefore(text string, i int) string {
	for i > 0 && strings.IndexByte(" \"'\\", text[i-1]) >= 0 {
		i--
	}
	start := i
	for start > max(0, i-40) && (isWord(text[start-1]) || text[start-1] == '-') {
		start--
	}
	return text[start:i]
}

func secretive(name string) bool {
	if len(name) < 3 {
		return false
	}
	name = strings.ReplaceAll(strings.ToLower(name), "authoriz", "auth")
	for _, part := range innocentNames {
		if strings.Contains(name, part) {
			return false
		}
	}
	for _, part := range secretNames {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// bits is Shannon's entropy of the characters of a text.
func bits(s string) float64 {
	var counts [256]int
	for i := range len(s) {
		counts[s[i]]++
	}
	sum := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(s))
			sum -= p * math.Log2(p)
		}
	}
	return sum
}
