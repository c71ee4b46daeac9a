package json

import "strings"

// SnakeCase turns camelCase into snake_case, so that both spellings of a key
// are one. Capitals in a row are one word: KMSKeyId is kms_key_id.
func SnakeCase(key string) string {
	capital := func(i int) bool { return i >= 0 && i < len(key) && key[i] >= 'A' && key[i] <= 'Z' }
	var b strings.Builder
	for i := range len(key) {
		c := key[i]
		if capital(i) {
			begins := !capital(i-1) || i+1 < len(key) && !capital(i+1)
			if i > 0 && key[i-1] != '_' && begins {
				b.WriteByte('_')
			}
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}
