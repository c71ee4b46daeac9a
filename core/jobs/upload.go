package jobs

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"time"

	"sluice/core/internal/blob"
	"sluice/core/llm"
)

// Purposes of an upload. Files of any other are kept as they are.
const (
	forBatch  = "batch"
	forTuning = "fine-tune"
)

// An upload is the form that a client sends. It is read once: what stands
// behind the file in it is not seen before the file is kept.
type upload struct {
	purpose string
	name    string
	file    io.Reader
}

// maxField is the longest field of a form that is not a file, in bytes.
const maxField = 64 << 10

// readUpload reads a form up to its file. SDKs send the purpose before the
// file or after it; x-portkey-file-purpose goes before both.
func (r *request) readUpload() (*upload, error) {
	_, params, err := mime.ParseMediaType(r.call.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return nil, llm.Errorf(llm.BadRequest, "an upload must be multipart/form-data with a boundary")
	}
	u := &upload{purpose: r.call.Header.Get("X-Portkey-File-Purpose")}
	if u.purpose == "" && !r.call.Once() {
		u.purpose = purposeOf(multipart.NewReader(r.call.Reader(), params["boundary"]))
	}
	return u, u.findFile(multipart.NewReader(r.call.Reader(), params["boundary"]))
}

// purposeOf looks through a whole form for its purpose.
func purposeOf(form *multipart.Reader) string {
	for {
		part, err := form.NextRawPart()
		if err != nil {
			return ""
		}
		if part.FormName() == "purpose" {
			text, _ := io.ReadAll(io.LimitReader(part, maxField))
			return strings.TrimSpace(string(text))
		}
	}
}

func (u *upload) findFile(form *multipart.Reader) error {
	for {
		part, err := form.NextRawPart()
		switch {
		case errors.Is(err, io.EOF):
			return &llm.Error{Kind: llm.BadRequest, Message: "the form has no file", Param: "file"}
		case err != nil:
			return &llm.Error{Kind: llm.BadRequest, Message: "the form cannot be read", Err: err}
		case part.FormName() == "file":
			u.name, u.file = part.FileName(), part
			u.purpose = cmp.Or(u.purpose, forBatch)
			return nil
		case part.FormName() == "purpose":
			text, _ := io.ReadAll(io.LimitReader(part, maxField))
			u.purpose = cmp.Or(u.purpose, strings.TrimSpace(string(text)))
		}
	}
}

// jsonl refuses files that no job reads.
func (u *upload) jsonl() error {
	if u.name != "" && !strings.HasSuffix(strings.ToLower(u.name), ".jsonl") {
		return &llm.Error{Kind: llm.BadRequest, Message: "Invalid file extension, only jsonl files are supported", Param: "file"}
	}
	return nil
}

// A writer rewrites the rows of one upload, and knows what it found in them.
type writer interface {
	row(dst, line []byte) ([]byte, error)
	found() (model, endpoint string, dropped []string)
}

// keep stores an upload with its rows rewritten; w is nil for one that stays
// as it is.
func (u *upload) keep(ctx context.Context, store blob.Store, n blob.Name, w writer) (blob.Object, error) {
	file, about := u.file, blob.Object{Type: "application/octet-stream", Meta: map[string]string{"purpose": u.purpose}}
	if w != nil {
		rows := rewrite(u.file, w.row)
		if err := rows.Peek(); err != nil {
			return about, unread(err)
		}
		model, endpoint, _ := w.found()
		about.Type, about.Meta["model"], about.Meta["endpoint"] = "application/jsonl", model, endpoint
		file = rows
	}
	size, err := store.Write(ctx, n, file, about)
	if err != nil {
		return about, unread(err)
	}
	about.Size, about.Created = size, time.Now()
	return about, nil
}

// unread is an error of reading what the client sends.
func unread(err error) error {
	if _, ok := errors.AsType[*llm.Error](err); ok {
		return err
	}
	return &llm.Error{Kind: llm.BadRequest, Message: "the upload broke off", Err: err}
}

// newKey is a name for a file that the client did not name.
func newKey() string { return strings.ToLower(rand.Text()) + ".jsonl" }
