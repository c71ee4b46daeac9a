package jobs

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/anthropic"
	"sluice/core/dialect/openaichat"
	"sluice/core/dialect/openairesponses"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// maxRow is the longest line of a file, in bytes: what is held at once.
const maxRow = 32 << 20

// A rewriter reads a file line by line as each one is rewritten. It is an
// io.Reader, so that a file of any length passes through.
type rewriter struct {
	in   *bufio.Reader
	each func(dst, line []byte) ([]byte, error)
	out  []byte // rewritten and not yet read
	line int    // number of the last one read, from 1
	err  error
}

func rewrite(r io.Reader, each func(dst, line []byte) ([]byte, error)) *rewriter {
	return &rewriter{in: bufio.NewReaderSize(r, 64<<10), each: each}
}

// Read gives what was rewritten. An error that is about a line names it.
func (w *rewriter) Read(p []byte) (int, error) {
	for len(w.out) == 0 && w.err == nil {
		w.out, w.err = w.next(w.out[:0])
	}
	n := copy(p, w.out)
	if w.out = w.out[n:]; n > 0 {
		return n, nil
	}
	return 0, w.err
}

// Peek rewrites the first line without reading it.
func (w *rewriter) Peek() error {
	if w.line == 0 && w.err == nil {
		w.out, w.err = w.next(w.out[:0])
	}
	if errors.Is(w.err, io.EOF) {
		return nil
	}
	return w.err
}

func (w *rewriter) next(dst []byte) ([]byte, error) {
	line, err := w.readLine()
	switch {
	case err != nil:
		return dst, err
	case len(line) == 0:
		return dst, nil
	}
	dst, err = w.each(dst, line)
	if err != nil {
		return nil, atLine(w.line, err)
	}
	return append(dst, '\n'), nil
}

func (w *rewriter) readLine() ([]byte, error) {
	var line []byte
	for {
		piece, err := w.in.ReadSlice('\n')
		line = append(line, piece...)
		switch {
		case len(line) > maxRow:
			return nil, llm.Errorf(llm.TooLarge, "line %d of the file is longer than %d bytes", w.line+1, maxRow)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (!errors.Is(err, io.EOF) || len(line) == 0):
			return nil, err
		}
		w.line++
		return bytes.TrimSpace(line), nil
	}
}

// atLine says where an error is.
func atLine(n int, err error) error {
	e, ok := errors.AsType[*llm.Error](err)
	if !ok {
		return err
	}
	own := *e
	own.Message = llm.Errorf(llm.BadRequest, "line %d of the file: %s", n, e.Message).Message
	return &own
}

// A row is one line of OpenAI's batch file.
//
// https://platform.openai.com/docs/guides/batch
type row struct {
	id, endpoint string
	body         json.Value
	model        string
}

func parseRow(line []byte) (row, error) { return parseRowFor(line, chatEndpoint) }

// parseRowFor reads a row that may leave out its url: it is for endpoint then.
func parseRowFor(line []byte, endpoint string) (row, error) {
	ms, err := json.Pick(line, "custom_id", "url", "body", "method")
	if err != nil {
		return row{}, llm.Errorf(llm.BadRequest, "is not a JSON object")
	}
	r := row{id: json.Unquote(ms[0]), endpoint: json.Unquote(ms[1]), body: ms[2]}
	switch {
	case r.id == "":
		return r, llm.Errorf(llm.BadRequest, "custom_id must be a text")
	case r.body.Kind() != '{':
		return r, llm.Errorf(llm.BadRequest, "body must be an object")
	case ms[3] != nil && json.Unquote(ms[3]) != "POST":
		return r, llm.Errorf(llm.BadRequest, "method must be POST")
	}
	if r.endpoint == "" {
		r.endpoint = endpoint
	}
	r.model = json.Unquote(json.Lookup(r.body, "model"))
	return r, nil
}

const chatEndpoint = "/v1/chat/completions"

// dialects are those of rows, by their url.
var dialects = map[string]dialect.Inbound{
	chatEndpoint:    openaichat.Codec{},
	"/v1/responses": openairesponses.Codec{},
	"/v1/messages":  anthropic.Codec{},
}

func dialectOf(endpoint string) (dialect.Inbound, error) {
	if !strings.HasPrefix(endpoint, "/v1/") {
		endpoint = "/v1" + endpoint
	}
	d, ok := dialects[endpoint]
	if !ok {
		return nil, llm.Errorf(llm.BadRequest, "url %s cannot be a part of a batch here: rows are for /v1/chat/completions, /v1/responses or /v1/messages", endpoint)
	}
	return d, nil
}

// request reads a row's body as its own dialect says.
func (r row) request() (*llm.Request, error) {
	d, err := dialectOf(r.endpoint)
	if err != nil {
		return nil, err
	}
	q, err := d.DecodeRequest(core.Incoming{Body: r.body, Model: r.model})
	if err != nil {
		return nil, err
	}
	if q.Stream {
		return nil, llm.Errorf(llm.BadRequest, "stream cannot be true in a batch")
	}
	if err := dialect.CheckToolPairs(q.Turns); err != nil {
		return nil, err
	}
	ready, _, err := openairesponses.Leave(q)
	return ready, err
}
