package upstream

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"sluice/core/internal/httpx"
	"sluice/core/llm"
)

// Limits of what is fetched for a request.
const (
	maxMedia     = 20 << 20 // bytes of all media together
	maxRedirects = 3
	fetchTimeout = 15 * time.Second // for one medium, redirects included
)

var errMedia = errors.New("too large")

// fetcher returns what gets media for this call. It uses nothing of the client's
// but the URL: no header and no credential go along.
func (x *exchange) fetcher(ctx context.Context) Fetch {
	return func(at string, m *llm.Media) (*llm.Media, error) {
		u, err := url.Parse(m.URL)
		if err != nil || x.client.CheckURL == nil {
			return nil, &llm.Error{Kind: llm.BadRequest, Param: at, Message: fmt.Sprintf("%s: the %s cannot be fetched for this provider: send it inline", at, m.Kind)}
		}
		key := string(m.Kind) + " " + m.MediaType + " " + m.URL
		return x.call.Links().Get(key, func() (*llm.Media, error) {
			f := fetching{ctx: ctx, client: x.client, at: at, media: m, url: u, used: &x.call.Links().Bytes}
			return f.get()
		})
	}
}

// fetching is the way to one medium.
type fetching struct {
	ctx    context.Context // of the call
	client *Client
	at     string
	media  *llm.Media
	url    *url.URL      // where it has come to
	used   *atomic.Int64 // bytes read for the request
}

func (f *fetching) get() (*llm.Media, error) {
	ctx, cancel := context.WithTimeout(f.ctx, fetchTimeout)
	defer cancel()
	resp, err := f.follow(ctx)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, f.refused(resp.StatusCode)
	}
	data, err := f.read(resp)
	if err != nil {
		return nil, err
	}
	typ, ok := typeOf(f.media, f.url.Path, resp.Header.Get("Content-Type"), data)
	if !ok {
		return nil, f.fail(llm.BadRequest, "it is no %s but %s", f.media.Kind, typ)
	}
	return &llm.Media{MediaType: typ, Data: base64.StdEncoding.EncodeToString(data)}, nil
}

// follow asks until the answer is no redirect. Each address is checked as the
// first one is: by its text here, and by what it resolves to when it is dialled.
func (f *fetching) follow(ctx context.Context) (*http.Response, error) {
	for range maxRedirects + 1 {
		resp, err := f.ask(ctx)
		if err != nil {
			return nil, f.unanswered(err)
		}
		location := resp.Header.Get("Location")
		if resp.StatusCode/100 != 3 || location == "" {
			return resp, nil
		}
		httpx.Drain(resp.Body)
		next, err := f.url.Parse(location)
		if err != nil {
			return nil, f.fail(llm.BadRequest, "it redirects to what is no URL")
		}
		f.url = next
	}
	return nil, f.fail(llm.BadRequest, "it redirects more than %d times", maxRedirects)
}

func (f *fetching) ask(ctx context.Context) (*http.Response, error) {
	if f.url.User != nil {
		return nil, &httpx.Error{Class: httpx.Refused, Err: errors.New("credentials in the URL")}
	}
	if err := f.client.CheckURL(f.url.Scheme + "://" + f.url.Host); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header = http.Header{"Accept": {"*/*"}, "User-Agent": {"sluice"}}
	return f.client.HTTP.Do(req)
}

// read takes from what all media of the request may have together.
func (f *fetching) read(resp *http.Response) ([]byte, error) {
	if resp.ContentLength > maxMedia {
		return nil, f.tooLarge()
	}
	data, err := io.ReadAll(counted{resp.Body, f.used})
	if err == nil && len(data) > 0 {
		return data, nil
	}
	f.used.Add(int64(-len(data)))
	switch {
	case err == nil:
		return nil, f.fail(llm.BadRequest, "it is empty")
	case errors.Is(err, errMedia):
		return nil, f.tooLarge()
	}
	return nil, f.unanswered(err)
}

// counted counts what is read, over all readers of a request.
type counted struct {
	io.Reader
	used *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.used.Add(int64(n)) > maxMedia {
		err = errMedia
	}
	return n, err
}

func (f *fetching) tooLarge() error {
	return f.fail(llm.BadRequest, "the media of a request may have %d MB together", maxMedia>>20)
}

func (f *fetching) refused(status int) error {
	kind := llm.BadRequest
	if status >= 500 {
		kind = llm.Upstream
	}
	return f.fail(kind, "its host answered with status %d", status)
}

// unanswered says why no answer came. What the call's own end has caused is
// told as for any call.
func (f *fetching) unanswered(err error) error {
	if f.ctx.Err() != nil {
		return classify(f.ctx, err)
	}
	e, ok := errors.AsType[*httpx.Error](err)
	switch {
	case ok && e.Class == httpx.Refused:
		return f.fail(llm.BadRequest, "the gateway may not call its host")
	case ok && e.Class == httpx.Timeout:
		return f.fail(llm.Timeout, "its host did not answer in time")
	case ok && e.Class == httpx.Broken:
		return f.fail(llm.Upstream, "its host broke off")
	}
	return f.fail(llm.BadRequest, "its host cannot be reached")
}

// fail names the part and the host. The rest of a URL may hold a signature.
func (f *fetching) fail(kind llm.ErrorKind, format string, args ...any) error {
	e := &llm.Error{Kind: kind, Param: f.at,
		Message: fmt.Sprintf("%s: the %s at %s cannot be fetched: ", f.at, f.media.Kind, f.url.Host) + fmt.Sprintf(format, args...)}
	if kind == llm.Timeout {
		e.Status = http.StatusGatewayTimeout
	}
	return e
}
