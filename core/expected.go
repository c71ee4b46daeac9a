package core

import (
	"bytes"
	"sync"

	"sluice/core/llm"
)

// expected is what a call's body says of what it will use.
type expected struct {
	once           sync.Once
	prompt, answer int64
}

// Expected is roughly how many tokens the call will have the model read, and
// at most how many write: 0 if it does not say. It goes by the body alone, at
// most once: a token for four bytes, media not counted.
func (c *Call) Expected() (prompt, answer int64) {
	e := &c.decoded.expected
	e.once.Do(func() {
		e.prompt, e.answer = llm.Estimate(textBytes(c.Body), 0).Input, AnswerLimit(c.Body)
	})
	return e.prompt, e.answer
}

// maxWord is the longest run of base64's characters, in bytes, that is taken
// for text.
const maxWord = 512

// textBytes is how long a body is without the media in it.
func textBytes(body []byte) (n int64) {
	run := 0
	for _, c := range body {
		if base64[c] {
			run++
			continue
		}
		if run <= maxWord {
			n += int64(run)
		}
		run = 0
		n++
	}
	if run <= maxWord {
		n += int64(run)
	}
	return n
}

// base64 has the characters of both its alphabets.
var base64 = func() (set [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=") {
		set[c] = true
	}
	return set
}()

// answerLimits are the members that bound an answer, in all dialects.
var answerLimits = [][]byte{
	[]byte(`"max_tokens"`), []byte(`"max_completion_tokens"`), []byte(`"max_output_tokens"`), []byte(`"maxOutputTokens"`),
	[]byte(`"maxTokens"`), []byte(`"max_tokens_to_sample"`), []byte(`"num_predict"`),
}

// AnswerLimit finds how many tokens an answer may have at most, in an object
// of any dialect; 0 if it does not say. It looks for the members' names
// without reading the object: quotes inside of texts are escaped.
func AnswerLimit(object []byte) int64 {
	for _, name := range answerLimits {
		_, rest, found := bytes.Cut(object, name)
		rest = bytes.TrimLeft(rest, " \t\r\n")
		if !found || len(rest) == 0 || rest[0] != ':' {
			continue
		}
		if n := leadingNumber(bytes.TrimLeft(rest[1:], " \t\r\n")); n > 0 {
			return n
		}
	}
	return 0
}

// leadingNumber reads digits, up to a billion.
func leadingNumber(b []byte) (n int64) {
	for _, c := range b {
		if c < '0' || c > '9' || n > 1e8 {
			break
		}
		n = n*10 + int64(c-'0')
	}
	return n
}
