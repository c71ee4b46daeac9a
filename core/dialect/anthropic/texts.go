package anthropic

import (
	"iter"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
)

// Texts yields every text of a request that a check may read or edit: the
// instructions, the words of both sides, documents with their titles,
// thoughts, each string among the arguments of a tool call, and the results
// of tools. Spans come in the order of the body; those of the system member
// have Turn -1. A body that is not JSON has none.
//
// What a provider has signed or encrypted is no text. Thoughts are: a check
// may read them, but who edits one breaks its signature.
func (Codec) Texts(in core.Incoming) iter.Seq[dialect.Span] {
	return func(yield func(dialect.Span) bool) {
		if !json.Valid(in.Body) {
			return
		}
		t := texts{walker: walker{in.Body}, yield: yield}
		t.object(t.space(0), func(name string, at int) {
			switch name {
			case "system":
				t.content(at, place{surface: "system", turn: -1})
			case "messages":
				t.array(at, t.message)
			}
		})
	}
}

type texts struct {
	walker
	yield func(dialect.Span) bool
	over  bool
}

// place is what the spans below some value share.
type place struct {
	surface string
	turn    int
	depth   int // of content in content
}

func (t *texts) span(at int, p place) {
	if t.over || at >= len(t.b) || t.b[at] != '"' {
		return
	}
	t.over = !t.yield(dialect.Span{Start: at, End: t.end(at), Surface: p.surface, Turn: p.turn})
}

func (t *texts) message(n, at int) {
	p := place{surface: "user", turn: n}
	content := -1
	t.object(at, func(name string, at int) {
		switch name {
		case "role":
			if role := t.text(at); role == "assistant" || role == "system" {
				p.surface = role
			}
		case "content":
			content = at
		}
	})
	if content >= 0 {
		t.content(content, p)
	}
}

// text returns the string at a place, or "".
func (t *texts) text(at int) string {
	if at >= len(t.b) || t.b[at] != '"' {
		return ""
	}
	return json.Unquote(t.b[at:t.end(at)])
}

// content is a text or an array of blocks.
func (t *texts) content(at int, p place) {
	if t.over {
		return
	}
	if p.depth++; p.depth > maxNesting {
		t.strings(at, func(at int) { t.span(at, p) })
		return
	}
	t.span(at, p)
	t.array(at, func(_, at int) { t.block(at, p) })
}

// block yields the texts of a block. What a member means depends on the type
// of the block, which may stand behind it.
func (t *texts) block(at int, p place) {
	typ := ""
	t.object(at, func(name string, at int) {
		if name == "type" {
			typ = t.text(at)
		}
	})
	t.object(at, func(name string, at int) {
		switch {
		case typ == "text" && name == "text":
			t.span(at, p)
		case typ == "thinking" && name == "thinking":
			t.span(at, place{"reasoning", p.turn, p.depth})
		case typ == "tool_use" && name == "input":
			t.strings(at, func(at int) { t.span(at, place{"tool_arguments", p.turn, p.depth}) })
		case typ == "tool_result" && name == "content":
			t.content(at, place{"tool_result", p.turn, p.depth})
		case typ == "document" || typ == "search_result":
			t.document(name, at, p)
		}
	})
}

// document yields what a document or a search result says in words.
func (t *texts) document(name string, at int, p place) {
	switch name {
	case "title", "context":
		t.span(at, p)
	case "content":
		t.content(at, p)
	case "source":
		t.source(at, p)
	}
}

func (t *texts) source(at int, p place) {
	typ := ""
	t.object(at, func(name string, at int) {
		if name == "type" {
			typ = t.text(at)
		}
	})
	t.object(at, func(name string, at int) {
		switch {
		case typ == "text" && name == "data":
			t.span(at, p)
		case typ == "content" && name == "content":
			t.content(at, p)
		}
	})
}
