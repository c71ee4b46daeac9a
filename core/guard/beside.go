package guard

import (
	"slices"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
)

// Members of requests, in snake case, in which texts stand beside those that a
// dialect's codec knows of: in parts that are new or another provider's, in
// calls and results of a provider's own tools, in citations, as names of files.
var (
	lists        = []string{"messages", "contents", "input"} // of turns
	instructions = []string{"system", "system_instruction", "instructions"}
	words        = []string{"prediction", "prompt_variables", "documents"}
	// definitions say what tools are for, and what an answer looks like. Only
	// what describes is read: the rest is schema, which has to stay as it is.
	definitions = []string{
		"tools", "functions", "tool_config", "mcp_servers", "response_format", "text", "output_config", "output_format", "generation_config",
	}
)

// machine are members whose strings are no prose: words of the protocol, ids,
// addresses, names that have to fit a declaration, and what is encoded.
var machine = []string{
	"type", "role", "id", "ids", "name", "model", "url", "uri", "data", "b64_json", "bytes", "base64", "image", "video", "audio", "file_data",
	"format", "detail", "status", "phase", "mime", "mime_type", "media_type", "signature", "thought_signature", "encrypted_content",
	"encrypted_index", "encrypted_stdout", "bytes_base64_encoded", "tool_name", "server_label", "server_name", "ttl", "language", "outcome",
	"level", "error_code", "page_age", "retrieved_at", "bucket_owner", "start_offset", "end_offset", "index", "qualifiers", "scheduling", "media_resolution", "images",
}

// fileNames are members that name a file.
var fileNames = []string{"filename", "file_name", "display_name"}

// beside finds the texts of a conversation that stand beside those found
// before, which are in the order of the body. It returns all of them, in order.
func beside(body []byte, found []piece, all bool) []piece {
	b := besides{body: body, found: found}
	b.w = dialect.NewWalker(body, func(s dialect.Span) bool {
		b.add(s)
		return true
	})
	// An error has its answer elsewhere: such a body cannot be read.
	_ = b.w.Object(func(name string) error { return b.member(name, all) })
	slices.SortStableFunc(b.found, func(a, b piece) int { return a.start - b.start })
	return b.found
}

type besides struct {
	w     dialect.Walker
	body  []byte
	found []piece
	at    piece // what the texts that are noted share
	known map[int]bool
}

// add takes a text, unless it was found before.
func (b *besides) add(s dialect.Span) {
	if b.known == nil {
		b.known = make(map[int]bool, len(b.found))
		for i := range b.found {
			b.known[b.found[i].start] = true
		}
	}
	if b.known[s.Start] {
		return
	}
	p := b.at
	p.start, p.end, p.Text.Text = s.Start, s.End, json.Unquote(b.body[s.Start:s.End])
	if s.Surface == string(FileName) {
		p.Place = FileName
	}
	b.found = append(b.found, p)
}

func (b *besides) member(name string, all bool) error {
	name = json.SnakeCase(name)
	b.at = piece{Text: Text{Place: Content, Role: "user", Turn: -1}}
	switch {
	case slices.Contains(lists, name) && b.w.Kind() == '[':
		turn := 0
		return b.w.Array(func() error {
			err := b.turn(turn)
			turn++
			return err
		})
	case slices.Contains(instructions, name):
		b.at.Role = "system"
	case slices.Contains(definitions, name):
		b.at.Role, b.at.Place = "system", Definition
		return b.noted(func(path []string) bool { return strings.HasSuffix(path[len(path)-1], "description") })
	case !all && !slices.Contains(words, name) && !slices.Contains(lists, name):
		return b.w.SkipValue()
	case slices.Contains(machine, name):
		return b.w.SkipValue()
	}
	return b.noted(prose)
}

// turn notes what an element of a conversation says.
func (b *besides) turn(n int) error {
	role, kind := "", ""
	err := b.w.Leaves(func(path []string) (err error) {
		switch {
		case slices.Equal(path, []string{"role"}):
			role, err = b.w.Word()
		case slices.Equal(path, []string{"type"}):
			kind, err = b.w.Word()
		default:
			err = b.leaf(path, prose)
		}
		return err
	})
	if err != nil {
		return err
	}
	b.at = piece{Text: Text{Place: Content, Role: roleOf(role, kind), Turn: n}}
	return b.w.Flush("")
}

// roleOf is who says an element that has a role, or is of a kind without one.
func roleOf(role, kind string) string {
	switch {
	case role == "model":
		return "assistant"
	case role == "function" || role == "" && strings.HasSuffix(kind, "_output"):
		return "tool"
	case role != "":
		return role
	case kind != "" && kind != "message":
		return "assistant"
	}
	return "user"
}

func (b *besides) noted(takes func(path []string) bool) error {
	if err := b.w.Leaves(func(path []string) error { return b.leaf(path, takes) }); err != nil {
		return err
	}
	return b.w.Flush("")
}

func (b *besides) leaf(path []string, takes func(path []string) bool) error {
	switch {
	case namesFile(path):
		return b.w.Text(string(FileName))
	case len(path) > 0 && !takes(path):
		return b.w.SkipValue()
	}
	return b.w.Text("")
}

// namesFile reports whether the string at a path is the name of a file.
func namesFile(path []string) bool {
	n := len(path)
	return n > 0 && slices.Contains(fileNames, json.SnakeCase(path[n-1])) || n > 1 && path[n-1] == "name" && path[n-2] == "document"
}

// prose reports whether the strings at a path are words that a model reads.
func prose(path []string) bool {
	name := ""
	for i := len(path) - 1; i >= 0 && (name == "" || name == "*"); i-- {
		name = json.SnakeCase(path[i])
	}
	if name == "type" || name == "id" {
		return false
	}
	if slices.ContainsFunc(path, func(n string) bool { return n == "input" || n == "action" || n == "operation" }) {
		return true // what a tool is asked
	}
	for _, end := range []string{"_id", "_ids", "_url", "_uri"} {
		if strings.HasSuffix(name, end) {
			return false
		}
	}
	return !slices.Contains(machine, name)
}
