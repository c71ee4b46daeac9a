package api

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"sluice/core"
	"sluice/core/internal/form"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/uploads"
)

// uploadsPath is ours: /v1/uploads is OpenAI's, and relayed.
const uploadsPath = "/v1/sluice/uploads"

// serveUploads answers what is about files that wait here, and reports false
// for every other path.
func (a *api) serveUploads(w http.ResponseWriter, r *http.Request) bool {
	path := strings.TrimSuffix(r.URL.Path, "/")
	id, isFile := strings.CutPrefix(path, "/v1/files/")
	id, sub, _ := strings.Cut(id, "/")
	isFile = isFile && uploads.IsID(id)
	place, isPlace := strings.CutPrefix(path, uploadsPath)
	isPlace = isPlace && (place == "" || place[0] == '/')
	if !isFile && !isPlace {
		return false
	}
	q := a.request(w, r, relay(llm.Files))
	var answer func() error
	switch {
	case a.Uploads == nil:
		answer = func() error {
			return llm.Errorf(llm.NotFound, "this gateway has no place for uploads: it has no bucket for files")
		}
	case isFile:
		answer = func() error { return q.uploaded(id, sub) }
	case place == "" && r.Method == http.MethodPost:
		answer = q.openPlace
	case len(place) > 1 && r.Method == http.MethodPut:
		answer = func() error { return q.takeUpload(place[1:]) }
	case place == "":
		answer = q.notAllowed(http.MethodPost)
	default:
		answer = q.notAllowed(http.MethodPut)
	}
	defer q.recover()
	q.announce()
	status, err := http.StatusOK, answer()
	if err != nil {
		q.fault(err)
		e := asError(err)
		status = e.HTTPStatus()
		q.begin(status)
		writeJSON(w, r, status, chat.EncodeError(e, q.options(nil)))
	}
	if isFile || q.who != nil { // a place is its own permission: who has it may be anybody
		q.record(nil, status, err)
	}
	return true
}

// notAllowed answers a method that a path does not have. It names those that
// it has.
func (q *request) notAllowed(methods ...string) func() error {
	return func() error {
		q.w.Header().Set("Allow", strings.Join(methods, ", "))
		return &llm.Error{Kind: llm.BadRequest, Status: http.StatusMethodNotAllowed, Message: "Method Not Allowed"}
	}
}

func (q *request) principal() (core.Principal, error) {
	if err := checkDuplicates(q.r.Header); err != nil {
		return core.Principal{}, err
	}
	p, _, err := q.Auth.Authenticate(q.context(), q.r.Header)
	if err == nil {
		q.who = &p
	}
	return p, err
}

// maxWish is the longest request for a place, in bytes.
const maxWish = 64 << 10

// openPlace answers POST /v1/sluice/uploads.
func (q *request) openPlace() error {
	who, err := q.principal()
	if err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(q.r.Body, maxWish))
	if err != nil {
		return llm.Errorf(llm.BadRequest, "the request body could not be read")
	}
	var wish uploads.Wish
	if len(body) > 0 {
		if err := json.UnmarshalLoose(body, &wish); err != nil {
			return llm.Errorf(llm.BadRequest, "the request body must be an object with filename, content_type and bytes")
		}
	}
	place, err := q.Uploads.Open(q.context(), who.Workspace, wish)
	if err != nil {
		return err
	}
	if strings.HasPrefix(place.URL, "/") {
		place.URL = q.origin() + place.URL
	}
	out, err := json.Marshal(place)
	if err != nil {
		return err
	}
	writeJSON(q.w, q.r, http.StatusOK, out)
	return nil
}

// origin is the address that the client has called.
func (q *request) origin() string {
	if q.r.TLS != nil || q.r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://" + q.r.Host
	}
	return "http://" + q.r.Host
}

// takeUpload answers PUT to a place. Its URL is the permission.
func (q *request) takeUpload(id string) error {
	rc := http.NewResponseController(q.w)
	n, err := q.Uploads.Take(q.context(), id, q.r.URL.Query(), &patient{q.r.Body, rc})
	if err != nil {
		return err
	}
	writeJSON(q.w, q.r, http.StatusOK, []byte(`{"id":"`+id+`","bytes":`+strconv.FormatInt(n, 10)+`}`))
	return nil
}

// uploaded answers for a file that waits here as OpenAI does for its own.
func (q *request) uploaded(id, sub string) error {
	who, err := q.principal()
	if err != nil {
		return err
	}
	switch {
	case q.r.Method == http.MethodDelete && sub == "":
		if err := q.Uploads.Remove(q.context(), who.Workspace, id); err != nil {
			return err
		}
		writeJSON(q.w, q.r, http.StatusOK, []byte(`{"id":"`+id+`","object":"file","deleted":true}`))
		return nil
	case isRead(q.r.Method) && sub == "":
		return q.describeUpload(who.Workspace, id)
	case isRead(q.r.Method) && sub == "content":
		return q.sendUpload(who.Workspace, id)
	case sub == "":
		return q.notAllowed(http.MethodDelete, http.MethodGet, http.MethodHead)()
	case sub == "content":
		return q.notAllowed(http.MethodGet, http.MethodHead)()
	}
	return llm.Errorf(llm.NotFound, "there is no such path under a file")
}

func (q *request) describeUpload(workspace, id string) error {
	about, err := q.Uploads.Stat(q.context(), workspace, id)
	if err != nil {
		return err
	}
	w := json.NewWriter("{")
	w.Str("id", id)
	w.Str("object", "file")
	w.Int("bytes", about.Size)
	w.Int("created_at", about.Created.Unix())
	w.Str("filename", uploads.Filename(about))
	w.Str("purpose", "user_data")
	w.Str("status", "processed")
	w.Int("expires_at", about.Created.Add(uploads.Life).Unix())
	w.Close('}')
	writeJSON(q.w, q.r, http.StatusOK, w.B)
	return nil
}

func (q *request) sendUpload(workspace, id string) error {
	body, about, err := q.Uploads.Read(q.context(), workspace, id)
	if err != nil {
		return err
	}
	defer body.Close()
	h := q.w.Header()
	h.Set("Content-Type", "application/octet-stream") // never one that a browser would show
	h.Set("Content-Length", strconv.FormatInt(about.Size, 10))
	q.begin(http.StatusOK)
	q.w.WriteHeader(http.StatusOK)
	if _, err := io.Copy(q.w, body); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// withUploads puts files in the place of their ids: into the body, or as the
// file of a form.
func (q *request) withUploads(workspace string, body []byte) ([]byte, error) {
	kind := q.header.Get("Content-Type")
	isUpload := q.route.relay && q.route.operation == llm.Files
	switch {
	case q.Uploads == nil || !uploads.Mentions(body):
		return body, nil
	case !q.route.form && !isUpload:
		if q.route.relay || form.Is(kind) {
			return body, nil
		}
		return q.Uploads.Inline(q.context(), workspace, body)
	}
	f, err := q.Uploads.Form(q.context(), workspace, kind, body)
	if err != nil || f == nil {
		return body, err
	}
	q.header = q.header.Clone()
	q.header.Set("Content-Type", f.ContentType)
	if isUpload {
		q.form, q.upload = f, f.Reader
		return nil, nil
	}
	defer f.Close()
	body, err = io.ReadAll(io.LimitReader(f, uploads.MaxInline+1))
	if err == nil && len(body) > uploads.MaxInline {
		err = llm.Errorf(llm.TooLarge, "the file is larger than %d bytes, which is what one request takes", uploads.MaxInline)
	}
	return body, err
}
