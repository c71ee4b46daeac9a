package guard

import "sluice/core/guard/internal/find"

func init() { add(Spec{ID: "default.secrets", New: newSecrets}) }

// newSecrets looks for keys and tokens of known forms, JWTs, private keys, and
// random values that are given a name such as "password" or "api_key".
//
//	entropy      random values with such names count; true
//	redact, reversible, placeholder, not   as of default.pii
//
// Names such as "author", "max_tokens" and "next_page_token" tell of no secret,
// and values such as process.env.KEY, /run/secrets/key and your_key_here are none.
//
// The entropy rule takes values of 16 to 256 letters, digits and signs of
// base64 with digits among them, of 3.5 bits for each character (3 if they are
// hexadecimal). It does not know a password that is a word, nor a random text
// without a name.
func newSecrets(p *Params, e Env) Check {
	kinds := find.SetOf(find.Key)
	if p.Bool("entropy", true) {
		kinds |= find.SetOf(find.Entropy)
	}
	return newDetector(p, e, kinds)
}
