// Package uploads takes files that are too large for a request: a function's
// event has 6 MB. A client asks for a place, puts the file there with one PUT,
// and then names the file's id wherever a file can stand: in a part of a
// message, as the file of a form, as a file to hand to a provider.
//
// The path is /v1/sluice/uploads: /v1/uploads is OpenAI's own Uploads API, in
// which a provider puts parts together, and is relayed like all of its paths.
//
// A file belongs to the workspace that asked for its place, and is removed
// after a day.
package uploads

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"sluice/core/internal/blob"
	"sluice/core/llm"
)

// Mark begins the ids of files that wait here.
const Mark = "sluice-file-"

// Life is how long a file is kept, at least.
const Life = 24 * time.Hour

// placeLife is how long a place may be used.
const placeLife = time.Hour

// MaxFile is the largest file, in bytes: what S3 takes in one PUT.
const MaxFile = 5 << 30

// A Signer gives a URL to which one file can be sent with PUT and the header,
// by whoever has the URL.
type Signer func(ctx context.Context, n blob.Name, about blob.Object, life time.Duration) (url string, header http.Header, err error)

// A Depot keeps files until they are used.
type Depot struct {
	Store  blob.Store
	Bucket string
	// Sign is for a store that takes files itself. Nil means that they come
	// through the gateway, to the path that a place names.
	Sign Signer

	key [32]byte // signs paths of the gateway
}

// New returns a depot in a bucket of a store.
func New(store blob.Store, bucket string, sign Signer) *Depot {
	d := &Depot{Store: store, Bucket: bucket, Sign: sign}
	_, _ = rand.Read(d.key[:]) // never fails
	return d
}

// A Wish is what a client says of the file that it will send.
type Wish struct {
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	Bytes       int64  `json:"bytes"` // 0: not known
}

// A Place is where a file goes.
type Place struct {
	ID      string            `json:"id"`
	Object  string            `json:"object"`
	Method  string            `json:"method"`
	URL     string            `json:"url"` // for a path of the gateway, without scheme and host
	Headers map[string]string `json:"headers"`
	Expires int64             `json:"expires_at"` // Unix seconds
}

// Open makes a place for one file of a workspace.
func (d *Depot) Open(ctx context.Context, workspace string, w Wish) (*Place, error) {
	if w.Bytes > MaxFile {
		return nil, &llm.Error{Kind: llm.TooLarge, Message: "files are at most " + strconv.Itoa(MaxFile) + " bytes", Param: "bytes"}
	}
	if w.Bytes < 0 || strings.ContainsAny(w.Filename, "\r\n\x00") || len(w.Filename) > 255 {
		return nil, llm.Errorf(llm.BadRequest, "filename must be at most 255 bytes on one line, and bytes not negative")
	}
	kind := cmp.Or(w.ContentType, mime.TypeByExtension(path.Ext(w.Filename)), "application/octet-stream")
	if _, _, err := mime.ParseMediaType(kind); err != nil {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "content_type is not a media type", Param: "content_type"}
	}
	p := &Place{
		ID: Mark + strings.ToLower(rand.Text()), Object: "sluice.upload", Method: http.MethodPut,
		Headers: map[string]string{"Content-Type": kind}, Expires: time.Now().Add(placeLife).Unix(),
	}
	about := blob.Object{Type: kind, Size: w.Bytes, Meta: map[string]string{"filename": url.PathEscape(w.Filename)}}
	if d.Sign == nil {
		p.URL = d.path(workspace, p, about)
		return p, nil
	}
	address, header, err := d.Sign(ctx, d.name(workspace, p.ID), about, placeLife)
	if err != nil {
		return nil, err
	}
	p.URL = address
	for name := range header {
		p.Headers[name] = header.Get(name)
	}
	return p, nil
}

// name is where a file is. An id that is none of ours has no name.
func (d *Depot) name(workspace, id string) blob.Name {
	return blob.Name{Bucket: d.Bucket, Key: "uploads/" + url.PathEscape(cmp.Or(workspace, "default")) + "/" + id}
}

// path is the gateway's own, with everything that Take has to know.
func (d *Depot) path(workspace string, p *Place, about blob.Object) string {
	q := url.Values{
		"workspace": {workspace}, "expires": {strconv.FormatInt(p.Expires, 10)},
		"type": {about.Type}, "filename": {about.Meta["filename"]}, "bytes": {strconv.FormatInt(about.Size, 10)},
	}
	q.Set("signature", d.signature(p.ID, q))
	return "/v1/sluice/uploads/" + p.ID + "?" + q.Encode()
}

func (d *Depot) signature(id string, q url.Values) string {
	mac := hmac.New(sha256.New, d.key[:])
	for _, v := range []string{id, q.Get("workspace"), q.Get("expires"), q.Get("type"), q.Get("filename"), q.Get("bytes")} {
		mac.Write([]byte(strconv.Itoa(len(v)) + ":" + v))
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// Take keeps a file that came to a path that Open gave.
func (d *Depot) Take(ctx context.Context, id string, q url.Values, r io.Reader) (int64, error) {
	expires, _ := strconv.ParseInt(q.Get("expires"), 10, 64)
	if d.Sign != nil || !hmac.Equal([]byte(q.Get("signature")), []byte(d.signature(id, q))) || time.Now().Unix() > expires {
		return 0, llm.Errorf(llm.Forbidden, "this place for an upload does not exist, or has expired")
	}
	name := d.name(q.Get("workspace"), id)
	if _, err := d.Store.Stat(ctx, name); err == nil {
		return 0, &llm.Error{Kind: llm.BadRequest, Status: http.StatusConflict, Message: "there is a file in this place: open another"}
	}
	size, _ := strconv.ParseInt(q.Get("bytes"), 10, 64)
	about := blob.Object{Type: q.Get("type"), Meta: map[string]string{"filename": q.Get("filename")}}
	return d.Store.Write(ctx, name, &measured{Reader: r, size: size}, about)
}

// measured reads a file that has to have a size, or at most [MaxFile] if it
// has said none.
type measured struct {
	io.Reader
	size, read int64 // bytes
}

func (m *measured) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	m.read += int64(n)
	switch {
	case m.size > 0 && (m.read > m.size || err == io.EOF && m.read < m.size):
		return 0, llm.Errorf(llm.BadRequest, "the file has not the %d bytes for which its place was opened", m.size)
	case m.read > MaxFile:
		return 0, llm.Errorf(llm.TooLarge, "files are at most %d bytes", int64(MaxFile))
	}
	return n, err
}

// IsID reports whether a text is the id of a file that waits here.
func IsID(text string) bool {
	id, ok := strings.CutPrefix(text, Mark)
	return ok && len(id) == 26 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// Stat finds a file of a workspace.
func (d *Depot) Stat(ctx context.Context, workspace, id string) (blob.Object, error) {
	about, err := d.Store.Stat(ctx, d.name(workspace, id))
	return about, missing(id, err)
}

// Read opens a file of a workspace.
func (d *Depot) Read(ctx context.Context, workspace, id string) (io.ReadCloser, blob.Object, error) {
	body, about, err := d.Store.Open(ctx, d.name(workspace, id))
	return body, about, missing(id, err)
}

// Remove deletes a file of a workspace.
func (d *Depot) Remove(ctx context.Context, workspace, id string) error {
	return d.Store.Remove(ctx, d.name(workspace, id))
}

// Filename is what the client calls a file.
func Filename(o blob.Object) string {
	name, err := url.PathUnescape(o.Meta["filename"])
	if err != nil || name == "" {
		return "file"
	}
	return name
}

func missing(id string, err error) error {
	if e, ok := err.(*llm.Error); ok && e.Kind == llm.NotFound {
		return llm.Errorf(llm.NotFound, "no file %s: it was not sent yet, or has been removed", id)
	}
	return err
}
