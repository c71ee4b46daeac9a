// Package blob is what S3, Google Cloud Storage and a folder have in common,
// for whoever keeps files in one of them.
package blob

import (
	"context"
	"io"
	"net/url"
	"strings"
	"time"
)

// A Name is where an object is.
type Name struct{ Bucket, Key string }

// URL is the name with a scheme, such as s3 or gs.
func (n Name) URL(scheme string) string { return scheme + "://" + n.Bucket + "/" + n.Key }

// ID is the URL as an id for clients: escaped, so that it is one segment of a
// path.
func (n Name) ID(scheme string) string { return url.QueryEscape(n.URL(scheme)) }

// Parse reads a URL or an id, however often a client has escaped it. It
// reports false if there is no bucket or no key.
func Parse(scheme, text string) (Name, bool) {
	for range 3 {
		if rest, ok := strings.CutPrefix(text, scheme+"://"); ok {
			bucket, key, _ := strings.Cut(rest, "/")
			return Name{bucket, key}, bucket != "" && key != ""
		}
		plain, err := url.QueryUnescape(text)
		if err != nil {
			break
		}
		text = plain
	}
	return Name{}, false
}

// An Object is what is known of one.
type Object struct {
	Size    int64 // bytes
	Created time.Time
	Type    string            // content type
	Meta    map[string]string // names in lower case
}

// A Store keeps objects. Its errors are *llm.Error.
type Store interface {
	// Write keeps what r has, and says how much it was. Nothing is kept when
	// reading fails: that error is returned.
	Write(ctx context.Context, n Name, r io.Reader, o Object) (size int64, err error)
	Open(ctx context.Context, n Name) (io.ReadCloser, Object, error)
	Stat(ctx context.Context, n Name) (Object, error)
	Remove(ctx context.Context, n Name) error
}
