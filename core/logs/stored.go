package logs

import (
	"bytes"
	"errors"
	"net/http"

	"sluice/core/internal/json"
	"sluice/core/usage"
)

// stored is an exchange in the table: a line of JSON, and behind it the texts
// of both bodies as they are. JSON in JSON would be written with an escape for
// every quotation mark, and read twice.
type stored struct {
	Keep     usage.Keep  `json:"keep"`
	Method   string      `json:"method"`
	URL      string      `json:"url"`
	Header   http.Header `json:"header"`
	Body     text        `json:"body"`
	Answered http.Header `json:"answered"`
	Answer   text        `json:"answer"`
}

// A text is a body in the table.
type text struct {
	Type string `json:"type"`
	Text []byte `json:"-"`
	Kept int    `json:"kept"` // bytes of Text
	Size int64  `json:"size"` // of the whole body, in bytes
}

// append writes the line and the texts behind dst.
func (x *stored) append(dst []byte) []byte {
	w := json.Writer{B: append(dst, '{')}
	w.Str("keep", string(x.Keep))
	w.StrIf("method", x.Method)
	w.StrIf("url", x.URL)
	writeHeader(&w, "header", x.Header)
	x.Body.write(&w, "body")
	writeHeader(&w, "answered", x.Answered)
	x.Answer.write(&w, "answer")
	w.B = append(w.B, "}\n"...)
	return append(append(w.B, x.Body.Text...), x.Answer.Text...)
}

func writeHeader(w *json.Writer, name string, h http.Header) {
	w.Open(name, '{')
	for k, values := range h {
		w.Key(k) // which may be empty
		w.B = append(w.B, '[')
		for i, v := range values {
			if i > 0 {
				w.B = append(w.B, ',')
			}
			w.B = json.AppendQuote(w.B, v)
		}
		w.Close(']')
	}
	w.Close('}')
}

func (t *text) write(w *json.Writer, name string) {
	w.Open(name, '{')
	w.StrIf("type", t.Type)
	w.Int("kept", int64(len(t.Text)))
	w.Int("size", t.Size)
	w.Close('}')
}

// unpack reads what compress has made of what append writes.
func (x *stored) unpack(data []byte) error {
	data, err := decompress(data)
	if err != nil {
		return err
	}
	line, texts, _ := bytes.Cut(data, []byte("\n"))
	if err := json.Unmarshal(line, x); err != nil {
		return err
	}
	for _, t := range []*text{&x.Body, &x.Answer} {
		if t.Kept < 0 || t.Kept > len(texts) {
			return errors.New("a body is not whole")
		}
		t.Text, texts = texts[:t.Kept:t.Kept], texts[t.Kept:]
	}
	return nil
}

func (t text) body() usage.Body {
	b := usage.Body{Type: t.Type, Size: t.Size}
	if len(t.Text) > 0 {
		b.Bytes = t.Text
	}
	return b
}
