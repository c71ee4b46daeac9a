package jobs

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sluice/core/internal/blob"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// googleStorage is Cloud Storage. Its XML API takes a file of unknown length.
//
// https://cloud.google.com/storage/docs/xml-api/put-object-upload
const googleStorage = "https://storage.googleapis.com"

// metaPrefix begins the headers with what is noted of an object.
const metaPrefix = "X-Goog-Meta-"

// A gcs is Cloud Storage as one target sees it.
type gcs struct {
	base string
	do   func(*http.Request) (*http.Response, error) // adds the credential
}

var _ blob.Store = (*gcs)(nil)

func (g *gcs) call(ctx context.Context, method string, n blob.Name, body io.Reader, h http.Header) (*http.Response, error) {
	address := g.base + "/" + url.PathEscape(n.Bucket) + "/" + (&url.URL{Path: n.Key}).EscapedPath()
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "%s is not the address of an object", n.URL("gs"))
	}
	for name, values := range h {
		req.Header[name] = values
	}
	resp, err := g.do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		defer resp.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
		e := &llm.Error{Kind: llm.KindOfStatus(resp.StatusCode), Status: resp.StatusCode, Provider: "vertex-ai", Message: "Cloud Storage refused " + n.URL("gs")}
		if _, what, ok := strings.Cut(string(text), "<Message>"); ok {
			what, _, _ = strings.Cut(what, "<")
			e.Message += ": " + sentWith(resp).Text(what)
		}
		return nil, e
	}
	return resp, nil
}

// Write keeps an object while it is read. A reader that fails breaks the
// request off, and then nothing is kept.
func (g *gcs) Write(ctx context.Context, n blob.Name, r io.Reader, o blob.Object) (int64, error) {
	h := http.Header{"Content-Type": {o.Type}}
	for name, v := range o.Meta {
		h.Set(metaPrefix+name, v)
	}
	counted := &counter{Reader: r}
	resp, err := g.call(ctx, http.MethodPut, n, counted, h)
	if counted.err != nil {
		err = counted.err // why the request broke off
	}
	if err != nil {
		return 0, err
	}
	return counted.size, resp.Body.Close()
}

// A counter remembers how much was read, and why no more could be.
type counter struct {
	io.Reader
	size int64
	err  error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.size += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// Open reads an object.
func (g *gcs) Open(ctx context.Context, n blob.Name) (io.ReadCloser, blob.Object, error) {
	resp, err := g.call(ctx, http.MethodGet, n, nil, nil)
	if err != nil {
		return nil, blob.Object{}, err
	}
	return resp.Body, gcsObject(resp), nil
}

// Stat asks for an object.
func (g *gcs) Stat(ctx context.Context, n blob.Name) (blob.Object, error) {
	resp, err := g.call(ctx, http.MethodHead, n, nil, nil)
	if err != nil {
		return blob.Object{}, err
	}
	return gcsObject(resp), resp.Body.Close()
}

// Remove deletes an object.
func (g *gcs) Remove(ctx context.Context, n blob.Name) error {
	resp, err := g.call(ctx, http.MethodDelete, n, nil, nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func gcsObject(resp *http.Response) blob.Object {
	h := resp.Header
	o := blob.Object{Type: h.Get("Content-Type"), Meta: map[string]string{}}
	o.Size, _ = strconv.ParseInt(h.Get("X-Goog-Stored-Content-Length"), 10, 64)
	if h.Get("X-Goog-Stored-Content-Length") == "" {
		o.Size = max(0, resp.ContentLength)
	}
	o.Created, _ = time.Parse(http.TimeFormat, h.Get("Last-Modified"))
	for name := range h {
		if key, ok := strings.CutPrefix(name, metaPrefix); ok {
			o.Meta[strings.ToLower(key)] = h.Get(name)
		}
	}
	return o
}

// maxPagesOfObjects bounds a list: a page has a thousand objects.
const maxPagesOfObjects = 100

// list names the objects whose keys begin with a prefix.
//
// https://cloud.google.com/storage/docs/json_api/v1/objects/list
func (g *gcs) list(ctx context.Context, n blob.Name) ([]blob.Name, error) {
	var out []blob.Name
	query := url.Values{"prefix": {n.Key}, "fields": {"items(name),nextPageToken"}}
	for range maxPagesOfObjects {
		o, err := g.page(ctx, n, query)
		if err != nil {
			return nil, err
		}
		items, _ := json.Elements(o.Get("items"))
		for _, i := range items {
			out = append(out, blob.Name{Bucket: n.Bucket, Key: json.Unquote(json.Lookup(i, "name"))})
		}
		next := json.Unquote(o.Get("nextPageToken"))
		if next == "" {
			return out, nil
		}
		query.Set("pageToken", next)
	}
	return nil, &llm.Error{Kind: llm.TooLarge, Provider: "vertex-ai", Message: "there are too many objects under " + n.URL("gs")}
}

func (g *gcs) page(ctx context.Context, n blob.Name, query url.Values) (json.Object, error) {
	address := g.base + "/storage/v1/b/" + url.PathEscape(n.Bucket) + "/o?" + query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "%s is not the address of a bucket", n.URL("gs"))
	}
	resp, err := g.do(req)
	if err != nil {
		return nil, err
	}
	return read(resp, "vertex-ai")
}
