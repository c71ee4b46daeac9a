// Package folderstore keeps objects as files in a folder, for a gateway that
// runs on one machine.
package folderstore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"sluice/core/internal/blob"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Folder is a [blob.Store]. What is known of an object stands in a second
// file beside it, which is written last: an object without it is not there.
type Folder struct{ dir string }

var _ blob.Store = (*Folder)(nil)

// New returns the objects in a folder, which is made when it is first needed.
func New(dir string) *Folder { return &Folder{dir} }

const aboutSuffix = ".about"

// file is one name, so that no key leads out of the folder.
func (f *Folder) file(n blob.Name) string {
	return filepath.Join(f.dir, "o-"+url.QueryEscape(n.Bucket+"/"+n.Key))
}

// Write keeps an object.
func (f *Folder) Write(_ context.Context, n blob.Name, r io.Reader, o blob.Object) (int64, error) {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return 0, failure("cannot be written", err)
	}
	tmp, err := os.CreateTemp(f.dir, "t-")
	if err != nil {
		return 0, failure("cannot be written", err)
	}
	defer os.Remove(tmp.Name())
	o.Size, err = io.Copy(tmp, r)
	if closed := tmp.Close(); err == nil && closed != nil {
		err = failure("cannot be written", closed)
	}
	if err != nil {
		return 0, err
	}
	o.Created = time.Now().UTC().Truncate(time.Second)
	about, err := json.Marshal(o)
	if err != nil {
		return 0, err
	}
	if err := os.Rename(tmp.Name(), f.file(n)); err != nil {
		return 0, failure("cannot be written", err)
	}
	if err := os.WriteFile(f.file(n)+aboutSuffix, about, 0o600); err != nil {
		return 0, failure("cannot be written", err)
	}
	return o.Size, nil
}

// Open reads an object.
func (f *Folder) Open(ctx context.Context, n blob.Name) (io.ReadCloser, blob.Object, error) {
	about, err := f.Stat(ctx, n)
	if err != nil {
		return nil, about, err
	}
	body, err := os.Open(f.file(n))
	if err != nil {
		return nil, about, failure("cannot be read", err)
	}
	return body, about, nil
}

// Stat says what is known of an object.
func (f *Folder) Stat(_ context.Context, n blob.Name) (blob.Object, error) {
	var o blob.Object
	b, err := os.ReadFile(f.file(n) + aboutSuffix)
	if err != nil {
		return o, failure("cannot be read", err)
	}
	if err := json.Unmarshal(b, &o); err != nil {
		return o, failure("cannot be read", err)
	}
	return o, nil
}

// Remove deletes an object, if it is there.
func (f *Folder) Remove(_ context.Context, n blob.Name) error {
	for _, name := range []string{f.file(n) + aboutSuffix, f.file(n)} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return failure("cannot be removed", err)
		}
	}
	return nil
}

// Sweep deletes what is older than life, also what was never finished.
func (f *Folder) Sweep(life time.Duration) error {
	entries, err := os.ReadDir(f.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > life {
			_ = os.Remove(filepath.Join(f.dir, e.Name()))
		}
	}
	return nil
}

// failure leaves the path out: it is nobody's business but the log's.
func failure(what string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &llm.Error{Kind: llm.NotFound, Status: 404, Message: "there is no such file", Err: fs.ErrNotExist}
	}
	return &llm.Error{Kind: llm.Overloaded, Message: "the file " + what, Err: err}
}
