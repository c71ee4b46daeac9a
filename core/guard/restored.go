package guard

import (
	"io"
	"slices"
	"strings"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// PutBack has a reply say what checks have taken out of its request: to the
// client that has sent it, and to nobody else. Whoever has read the reply
// before, such as checks of answers, records and caches, has seen placeholders.
//
// Values come back in what an answer says, thinks and refuses, in the
// arguments of tools, in sources and in what only its dialect has a word for.
// Places of sources move with the text. What is true of the placeholders only
// goes, and is named as dropped: the likelihoods of tokens, and sources that
// count the characters of a document whose text was another one for the model.
// The words of errors stay as they are, since they are logged.
func PutBack(c *core.Call, reply *core.Reply) {
	r, ok := c.Shared(redactorKey{}, nil).(*Redactor)
	if !ok || r.Empty() && !reply.Joined { // another target may find something yet
		return
	}
	switch op := c.Operation; {
	case op == llm.Generate || op == llm.Compact:
		p := &putting{of: r, call: c, reply: reply}
		if reply.Stream() {
			reply.Rewrite(p.stream)
		} else {
			p.whole()
		}
	case reply.Relay() != nil && said[op] != nil:
		reply.Through(func(body io.Reader) io.Reader {
			return &restoredReader{from: body, by: r.Stream(!strings.HasPrefix(reply.Header.Get("Content-Type"), "text/plain"))}
		})
	case reply.Body() != nil:
		if now := r.RestoreJSON(string(reply.Body())); now != string(reply.Body()) {
			reply.SayBody(json.Value(now))
		}
	}
}

// A putting puts the values of one answer back.
type putting struct {
	of      *Redactor
	call    *core.Call
	reply   *core.Reply
	said    map[int]*moves // of all that each choice says, in dialects that count so
	changed map[int]bool   // choices in which something was put back
	json    bool           // the client has asked for words that are JSON
	masked  bool           // something in a document of the request was replaced
}

// begin readies it for an answer.
func (p *putting) begin() {
	p.said, p.changed = map[int]*moves{}, map[int]bool{}
	r, err := p.call.Request()
	if err != nil {
		return
	}
	p.json = r.Output.Kind == llm.OutputJSON || r.Output.Kind == llm.OutputSchema
	for _, t := range r.Turns {
		for _, part := range t.Parts {
			m, ok := part.(*llm.Media)
			p.masked = p.masked || ok && p.of.within(m.Text)
		}
	}
}

// text restores a part of a choice. Chat and Gemini count the places of all
// that a choice says from its beginning, others those of a part.
func (p *putting) text(choice int, kind llm.PartKind, custom bool) *Restorer {
	s := p.of.Stream(kind == llm.ToolCallPart && !custom || kind == llm.TextPart && p.json)
	if d := p.reply.Dialect; kind == llm.TextPart && (d == llm.OpenAIChat || d == llm.Gemini) {
		if p.said[choice] == nil {
			p.said[choice] = s.moves
		}
		s.moves = p.said[choice]
	}
	return s
}

// drop names what the answer says no more.
func (p *putting) drop(name string) {
	if !slices.Contains(p.reply.Dropped, name) {
		p.reply.Dropped = append(slices.Clip(p.reply.Dropped), name)
	}
}

// source is a citation of a text, nil if it cannot be said any more where it is.
func (p *putting) source(choice int, c *llm.Citation, of *moves) *llm.Citation {
	if p.masked && countsDocument(c.Native) {
		p.drop("response.citations (of documents with placeholders)")
		return nil
	}
	own := *c
	own.Native.Members = of.moved(c.Native.Members, extents[c.Native.Dialect])
	own.Native = p.native(choice, own.Native)
	own.URL, own.Title, own.Quote = p.of.Restore(c.URL), p.of.Restore(c.Title), p.of.Restore(c.Quote)
	return &own
}

// countsDocument reports whether a citation counts the characters of a
// document in the request.
func countsDocument(n llm.Native) bool {
	return json.Unquote(json.Lookup(n.Members, "type")) == "char_location" || json.Lookup(n.Members, "location", "documentChar") != nil
}

// native is a residue with the values put back.
func (p *putting) native(choice int, n llm.Native) llm.Native {
	now := p.value(n.Members)
	p.changed[choice] = p.changed[choice] || string(now) != string(n.Members)
	n.Members = now
	return n
}

// candidate is the residue of a choice.
func (p *putting) candidate(n llm.Native, choice int) llm.Native {
	if p.changed[choice] {
		n = p.unlikely(n)
	}
	if m := p.said[choice]; m != nil && n.Dialect == llm.Gemini {
		n.Members = m.moved(n.Members, supports)
	}
	return p.native(choice, n)
}

// unlikely is a residue without the likelihoods of tokens.
func (p *putting) unlikely(n llm.Native) llm.Native {
	members, found := json.ObjectOf(n.Members), false
	for _, name := range []string{"logprobs", "logprobsResult", "avgLogprobs"} {
		if v := members.Remove(name); json.Present(v) && string(v) != "[]" {
			p.drop("response.logprobs")
			found = true
		}
	}
	if found {
		n.Members = members.Value()
	}
	return n
}

// value is a value with the strings in it restored. What does not change keeps
// its bytes.
func (p *putting) value(v json.Value) json.Value {
	if len(v) == 0 || p.of.RestoreJSON(string(v)) == string(v) {
		return v
	}
	var changes []Change
	w := dialect.NewWalker(v, func(s dialect.Span) bool {
		text := json.Unquote(v[s.Start:s.End])
		restore := p.of.Restore
		if isDocument(text) {
			restore = p.of.RestoreJSON
		}
		if now := restore(text); now != text {
			changes = append(changes, Change{s.Start, s.End, now})
		}
		return true
	})
	if err := w.Strings(""); err == nil {
		_ = w.Flush("")
	}
	for _, c := range slices.Backward(changes) {
		v = slices.Concat(v[:c.Start], json.Quote(c.Text), v[c.End:])
	}
	return v
}
