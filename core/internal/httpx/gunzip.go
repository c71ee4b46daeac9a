package httpx

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxUnpacked bounds an unpacked answer, in bytes: a few kilobytes of gzip
// can hold gigabytes.
const maxUnpacked = 256 << 20

func isGzip(encoding string) bool {
	return strings.EqualFold(encoding, "gzip") || strings.EqualFold(encoding, "x-gzip")
}

func acceptsGzip(h http.Header) bool {
	return strings.Contains(strings.ToLower(strings.Join(h.Values("Accept-Encoding"), ",")), "gzip")
}

// unpack replaces the body of a gzipped answer.
func unpack(resp *http.Response) {
	resp.Body = &unpacked{packed: resp.Body, left: maxUnpacked}
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	resp.ContentLength, resp.Uncompressed = -1, true
}

// unpacked opens the gzip stream with the first read, not before: the answer
// may be an event stream whose first byte is far away.
type unpacked struct {
	packed io.ReadCloser
	zr     *gzip.Reader
	left   int64
	err    error // sticky
}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	n, err := u.read(p)
	if u.left -= int64(n); u.left < 0 {
		n, err = 0, fmt.Errorf("it is more than %d bytes when unpacked", maxUnpacked)
	}
	if err != nil && err != io.EOF {
		if _, ok := errors.AsType[*Error](err); !ok {
			err = &Error{Broken, fmt.Errorf("gzip: %w", err)}
		}
	}
	u.err = err
	return n, err
}

func (u *unpacked) read(p []byte) (n int, err error) {
	if u.zr == nil {
		if u.zr, err = gzip.NewReader(u.packed); err != nil {
			return 0, err // io.EOF: an answer without a body, as to HEAD
		}
	}
	return u.zr.Read(p)
}

func (u *unpacked) Close() error { return u.packed.Close() }
