package jobs

import (
	"cmp"
	"context"
	"io"
	"net/url"
	"slices"
	"strings"

	"sluice/core"
	"sluice/core/internal/blob"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A shelf is where a target's files are: in a bucket of a cloud.
type shelf struct {
	store  blob.Store
	scheme string
	bucket string // that new files go to
	prefix string // of the keys that may be used, where the operator lends the bucket; empty: any bucket, any key
	output func(ctx context.Context, n blob.Name) (*results, error)
}

// lentPrefix keeps the files of workspaces apart, and all of them from what
// else may be in a bucket that the operator lends.
func lentPrefix(r *request) string {
	return "files/" + url.PathEscape(cmp.Or(r.call.Principal.Workspace, "default")) + "/"
}

// notLent refuses members that say where a job writes, or as whom: with the
// operator's credentials that is the operator's to say.
func notLent(o json.Object, names ...string) error {
	for _, n := range given(o, names...) {
		return &llm.Error{Kind: llm.Forbidden, Message: n + " is for credentials of your own only", Param: n}
	}
	return nil
}

// find reads a file's id.
func (s *shelf) find(id string) (blob.Name, error) {
	n, ok := blob.Parse(s.scheme, id)
	if !ok {
		return n, &llm.Error{Kind: llm.BadRequest, Message: "file ids here are the escaped URL of an object, such as " + s.scheme + "%3A%2F%2Fbucket%2Fkey; got " + id}
	}
	return n, s.allow(n)
}

// allow keeps lent credentials to the prefix. A key with dots for a segment is
// not under it for whoever tidies up a URL on the way.
func (s *shelf) allow(n blob.Name) error {
	if s.prefix == "" || n.Bucket == s.bucket && strings.HasPrefix(n.Key, s.prefix) && !hasDots(n.Key) {
		return nil
	}
	return &llm.Error{Kind: llm.Forbidden, Message: n.URL(s.scheme) + " is reached with credentials of your own only"}
}

func hasDots(key string) bool {
	return slices.ContainsFunc(strings.Split(key, "/"), func(part string) bool { return part == "." || part == ".." })
}

// serve answers what is asked of a file that is there.
func (s *shelf) serve(ctx context.Context, r *request) (*core.Reply, error) {
	n, err := s.find(r.ID)
	if err != nil {
		return nil, err
	}
	switch r.Function() {
	case "retrieveFile":
		about, err := s.store.Stat(ctx, n)
		if err != nil {
			return nil, err
		}
		return answer(s.describe(n, about).json()), nil
	case "deleteFile":
		if err := s.store.Remove(ctx, n); err != nil {
			return nil, err
		}
		w := json.NewWriter("{")
		w.Str("id", n.ID(s.scheme))
		w.Str("object", "file")
		w.Bool("deleted", true)
		w.Close('}')
		return answer(w.B), nil
	}
	return s.content(ctx, n)
}

func (s *shelf) describe(n blob.Name, about blob.Object) file {
	return file{id: n.ID(s.scheme), filename: base(n.Key), purpose: about.Meta["purpose"], size: about.Size, created: about.Created.Unix()}
}

// content gives a file as it is; of a job's output, rows in OpenAI's form.
func (s *shelf) content(ctx context.Context, n blob.Name) (*core.Reply, error) {
	out, err := s.output(ctx, n)
	if err != nil {
		return nil, err
	}
	body, _, err := s.store.Open(ctx, n)
	if err != nil {
		return nil, err
	}
	var r io.Reader = body
	if out != nil {
		r = rewrite(body, out.row)
	}
	return stream(r, body), nil
}

// keep stores what a client uploads. rows rewrites it, nil leaves it as it is.
func (s *shelf) keep(ctx context.Context, u *upload, key string, w writer) (*core.Reply, error) {
	if s.bucket == "" {
		return nil, llm.Errorf(llm.BadRequest, "an upload needs a bucket that it goes to")
	}
	if key == "" {
		key = newKey()
	}
	n := blob.Name{Bucket: s.bucket, Key: s.prefix + strings.TrimPrefix(key, "/")}
	if err := s.allow(n); err != nil {
		return nil, err
	}
	about, err := u.keep(ctx, s.store, n, w)
	if err != nil {
		return nil, err
	}
	reply := answer(s.describe(n, about).json())
	if w != nil {
		_, _, reply.Dropped = w.found()
	}
	return reply, nil
}
