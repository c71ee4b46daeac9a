package gemini

import (
	"fmt"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// DecodeRequest reads the body of generateContent, streamGenerateContent and
// countTokens. The model and whether to stream are in the URL, which in has
// taken apart.
func (Codec) DecodeRequest(in core.Incoming) (*llm.Request, error) {
	body := camelCase(in.Body)
	if inner := countRequest(body); inner != nil {
		body = inner
	}
	var w request
	if err := json.Unmarshal(body, &w); err != nil {
		path, what := json.Problem(err)
		return nil, dialect.BadMember(path, what)
	}
	r := &llm.Request{Model: in.Model, Stream: in.Stream}
	native := json.ObjectOf(w.Rest)
	native.Remove("model") // of a count's inner request
	r.Turns = decodeTurns(&w)
	decodeTools(r, w.Tools)
	native.Add("toolConfig", decodeChoice(r, w.ToolConfig))
	rest, err := decodeConfig(r, w.Config)
	if err != nil {
		return nil, err
	}
	native.Add("generationConfig", rest)
	r.Native = llm.Native{Dialect: llm.Gemini, Members: native.Value()} // also without residue: it tells where the request is from
	return r, nil
}

func decodeTurns(w *request) []llm.Turn {
	var d history
	var turns []llm.Turn
	if w.System != nil {
		turns = append(turns, d.turn(-1, w.System, llm.System))
	}
	for i := range w.Contents {
		c := &w.Contents[i]
		role := llm.User
		switch c.Role {
		case "model":
			role = llm.Assistant
		case "function":
			role = llm.ToolRole
		}
		turns = append(turns, d.turn(i, c, role))
	}
	return turns
}

// roles are what is written for a role if no mark says otherwise.
var roles = map[llm.Role]string{llm.User: "user", llm.ToolRole: "user", llm.Assistant: "model"}

// A history gives ids to calls that have none, and finds the call that a
// result without an id belongs to: the API matches by name, then by order.
// The ids depend on positions only, so that equal requests stay equal.
type history struct {
	open []*llm.ToolCall // not answered yet
}

func (d *history) turn(i int, c *content, role llm.Role) llm.Turn {
	native := json.ObjectOf(c.Rest)
	if c.Role != roles[role] {
		native.Add("role", roleMark(c.Role))
	}
	t := llm.Turn{Role: role}
	for n := range c.Parts {
		p := decodePart(&c.Parts[n])
		switch p := p.(type) {
		case nil:
			continue
		case *llm.ToolCall:
			if p.ID == "" {
				mint(p, fmt.Sprintf("call_%d_%d", i, n))
			}
			d.open = append(d.open, p)
		case *llm.ToolResult:
			d.match(p, fmt.Sprintf("call_%d_%d", i, n))
		}
		t.Parts = append(t.Parts, p)
	}
	t.Native = residue(native)
	return t
}

// roleMark marks a role that is absent or has the old name; any other is
// kept.
func roleMark(role string) json.Value {
	switch role {
	case "":
		return markString
	case "function":
		return markObject
	}
	return json.Quote(role)
}

// mint gives a call an id, and a mark that it had none.
func mint(c *llm.ToolCall, id string) {
	native := own(c.Native)
	native.Add("id", markString)
	c.ID, c.Native = id, residue(native)
}

// match finds the call that a result answers.
func (d *history) match(r *llm.ToolResult, otherwise string) {
	at := d.find(func(c *llm.ToolCall) bool { return r.CallID != "" && c.ID == r.CallID })
	if r.CallID == "" {
		native := own(r.Native)
		native.Add("id", markString)
		r.Native = residue(native)
		if at = d.find(func(c *llm.ToolCall) bool { return c.Name == r.Name }); at < 0 && len(d.open) > 0 {
			at = 0
		}
		r.CallID = otherwise
		if at >= 0 {
			r.CallID = d.open[at].ID
		}
	}
	if at >= 0 {
		d.open = append(d.open[:at:at], d.open[at+1:]...)
	}
}

func (d *history) find(is func(*llm.ToolCall) bool) int {
	for i, c := range d.open {
		if is(c) {
			return i
		}
	}
	return -1
}
