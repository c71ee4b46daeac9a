package dynamostore

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/core/store/driver"
)

// Keys are strings, not binary, so that they can be read in the console, and
// named in IAM conditions and in the filters of stream consumers. DynamoDB
// orders strings by their UTF-8 bytes. Byte by byte:
//
//	0x02 … 0x7f   as it is
//	0x80 … 0xff   the character with that number (2 bytes)
//	0x00, 0x01    U+0001 U+0001, U+0001 U+0002: nothing depends on how NUL is treated
//	no byte       U+0001, since a key attribute cannot be empty
//
// This keeps the order and the prefixes of byte strings.

func escape(s string) string {
	if s == "" {
		return "\x01"
	}
	var b strings.Builder
	for _, c := range []byte(s) {
		if c < 2 {
			b.WriteByte(1)
			c++
		}
		b.WriteRune(rune(c))
	}
	return b.String()
}

func unescape(s string) (string, error) {
	if s == "\x01" {
		return "", nil
	}
	b := make([]byte, 0, len(s))
	escaped := false
	for _, c := range s {
		switch {
		case c == 0 || c > 0xff || escaped && c > 2:
			return "", fmt.Errorf("dynamostore: %q is no key", s)
		case c == 1 && !escaped:
			escaped = true
			continue
		case escaped:
			escaped = false
			c--
		}
		b = append(b, byte(c))
	}
	if escaped || len(b) == 0 {
		return "", fmt.Errorf("dynamostore: %q is no key", s)
	}
	return string(b), nil
}

func encodeKey(k driver.Key) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": text(escape(k.Part)), "sk": text(escape(k.Sort))}
}

func decodeKey(item map[string]types.AttributeValue) (k driver.Key, err error) {
	if k.Part, err = unescape(textOf(item, "pk")); err != nil {
		return k, err
	}
	k.Sort, err = unescape(textOf(item, "sk"))
	return k, err
}
