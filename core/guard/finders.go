package guard

import (
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Guarded reports whether hooks run on an operation: on all whose bodies are
// read. What providers keep, and what is handed on unread, has no texts that
// anybody here knows of.
func Guarded(op llm.Operation) bool {
	return op == llm.Generate || op == llm.Compact || op == llm.CountTokens || op.Task()
}

// finders find the texts in requests that are no conversation: in the members
// named, and whatever is inside them.
var finders = map[llm.Operation]func(body []byte) []piece{
	llm.Embed:          prompts("input"),
	llm.Moderate:       prompts("input"),
	llm.Rerank:         ranked,
	llm.GenerateImage:  prompts("prompt", "negative_prompt"),
	llm.EditImage:      prompts("prompt", "negative_prompt"),
	llm.VaryImage:      prompts("prompt"),
	llm.Speak:          prompts("input", "instructions"),
	llm.Transcribe:     prompts("prompt"),
	llm.TranslateSound: prompts("prompt"),
}

// said find the texts in answers that are no conversation.
var said = map[llm.Operation]func(body []byte) []piece{
	llm.GenerateImage:  answers("data"),
	llm.EditImage:      answers("data"),
	llm.Transcribe:     answers("text", "segments", "words"),
	llm.TranslateSound: answers("text", "segments", "words"),
}

func prompts(members ...string) func([]byte) []piece {
	return func(body []byte) []piece { return leaves(body, members, Prompt, "user", isText) }
}

// ranked finds the query and all words of documents, whose members have names
// that nobody knows.
func ranked(body []byte) []piece {
	return leaves(body, []string{"query", "documents"}, Prompt, "user", func(path []string) bool {
		return len(path) == 0 || !slices.Contains([]string{"image", "image_url", "url"}, path[len(path)-1])
	})
}

func answers(members ...string) func([]byte) []piece {
	return func(body []byte) []piece { return leaves(body, members, Content, "assistant", isSaid) }
}

// leaves finds strings inside members of a body. Each element of a list is a
// turn of its own.
func leaves(body []byte, members []string, place Place, role string, takes func(path []string) bool) []piece {
	var pieces []piece
	w := dialect.NewWalker(body, func(s dialect.Span) bool {
		t := Text{Place: place, Role: role, Turn: s.Turn, Text: json.Unquote(body[s.Start:s.End])}
		pieces = append(pieces, piece{t, s.Start, s.End})
		return true
	})
	// An error has its answer elsewhere: such a body cannot be read.
	_ = w.Object(func(name string) error {
		if !slices.Contains(members, name) {
			return w.SkipValue()
		}
		w.Turn = 0
		read := func() error {
			if err := w.Leaves(func(path []string) error {
				if !takes(path) {
					return w.SkipValue()
				}
				return w.Text(role)
			}); err != nil {
				return err
			}
			return w.Flush(role)
		}
		if w.Kind() != '[' {
			return read()
		}
		return w.Array(func() error {
			err := read()
			w.Turn++
			return err
		})
	})
	return pieces
}

// isText leaves out what is no words: images and sounds in text form.
func isText(path []string) bool {
	if len(path) == 0 {
		return true
	}
	switch path[len(path)-1] {
	case "url", "image_url", "data", "b64_json", "type", "image", "video", "audio", "base64", "bytesBase64Encoded", "mimeType":
		return false
	}
	return true
}

// isSaid picks what an answer says: a transcript and its pieces, and the prompt
// that an image was made by.
func isSaid(path []string) bool {
	if len(path) == 0 {
		return true
	}
	switch path[len(path)-1] {
	case "text", "word", "revised_prompt":
		return true
	}
	return false
}
