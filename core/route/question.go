package route

import (
	"net/http"
	"slices"
	"strings"

	"sluice/core"
	"sluice/core/cache"
	"sluice/core/guard"
	"sluice/core/internal/form"
	"sluice/core/internal/header"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/upstream"
)

// question is a call as the cache sees it: everything that decides its answer.
// It reports false for one that the cache has nothing to do with.
func (l *leaf) question(c *core.Call, t upstream.Target) (q cache.Question, ok bool, err error) {
	d := cache.NewDigest()
	defer d.Free()
	judged, err := l.scope(d, c, t)
	if err != nil {
		return q, false, err
	}
	q = cache.Question{Call: c, Settings: l.settings.cache, Wait: t.Timeout, At: l.at}
	if judged {
		q.Passed = l.passed
	}
	if c.Operation != llm.Generate {
		q.Key, ok = bodyKey(d, c)
		return q, ok, nil
	}
	if q.Mode == cache.Semantic {
		q.Scope = d.Key()
	}
	raw := d.Text(string(c.Dialect), c.Path).Bytes(c.Body).Key()
	k := l.env.Cache.Know(raw, func() cache.Known { return l.know(c, t) })
	q.Key = k.Key
	return q, !k.Lasts && !k.Opaque, nil
}

// scope writes everything that decides an answer but the conversation, and
// reports whether hooks judge it.
func (l *leaf) scope(d *cache.Digest, c *core.Call, t upstream.Target) (judged bool, err error) {
	asker(d, c)
	l.destination(d, c, t)
	if judged, err = l.judges(d, c.Header); err != nil {
		return false, err
	}
	d.Text(string(c.Operation))
	if c.Operation == llm.Generate {
		d.Text(formOf(c), c.Model)
	}
	return judged, nil
}

// formOf separates requests whose canonical forms are equal although they are
// not: a text to be completed is no conversation, and the paths of Google's
// dialect may choose a project, a location or a version.
func formOf(c *core.Call) string {
	switch c.Dialect {
	case llm.OpenAIText:
		return "text"
	case llm.Gemini:
		place := c.Path[:strings.LastIndexByte(c.Path, '/')+1]
		if strings.Contains(place, "/projects/") || strings.HasPrefix(place, "/v1alpha/") {
			return place
		}
	}
	return ""
}

// know reads a conversation.
func (l *leaf) know(c *core.Call, t upstream.Target) cache.Known {
	if c.Dialect.OpenAI() && cache.Lasting(c.Body) {
		return cache.Known{Lasts: true}
	}
	req, err := c.Request()
	if err != nil {
		return cache.Known{Opaque: true}
	}
	d := cache.NewDigest()
	defer d.Free()
	if _, err = l.scope(d, c, t); err != nil {
		return cache.Known{Opaque: true}
	}
	own := *req
	own.Native = leaving(own.Native)
	return cache.Known{Key: d.Request(&own).Key()}
}

// leaving is a residue without what only says how OpenAI's dialects write what
// all have: the name of a limit, the form of an input, and that a response is
// not to be kept.
func leaving(n llm.Native) llm.Native {
	if !n.Dialect.OpenAI() {
		return n
	}
	members := json.ObjectOf(n.Members)
	var edits []json.Edit
	for _, m := range members {
		switch m.Name + " " + string(m.Value) {
		case "max_tokens null", `input ""`, "input []", "store false", "store null":
			edits = append(edits, json.Edit{Name: m.Name})
		}
	}
	if len(edits) == len(members) {
		return llm.Native{}
	}
	if rest, err := json.Splice(n.Members, edits...); err == nil {
		n.Members = rest
	}
	return n
}

// bodyKey is the key of a request that has no canonical form.
func bodyKey(d *cache.Digest, c *core.Call) (cache.Key, bool) {
	d.Text(string(c.Dialect), c.Path, c.Model)
	t := header.Get(c.Header, "Content-Type")
	if !form.Is(t) {
		return d.Text(t).Bytes(c.Body).Key(), true
	}
	if err := d.Form(t, c.Body); err != nil {
		return cache.Key{}, false
	}
	return d.Key(), true
}

// asker writes who asks. A namespace takes the place of metadata.
func asker(d *cache.Digest, c *core.Call) {
	d.Text(c.Principal.Workspace, c.Principal.Key)
	if n := header.Get(c.Header, "X-Portkey-Cache-Namespace"); n != "" {
		d.Text("namespace", n)
	} else {
		d.Text("metadata").Texts(c.Metadata)
	}
}

// destination writes which target is asked, where it is, with whose credential
// and with which of the client's headers.
func (l *leaf) destination(d *cache.Digest, c *core.Call, t upstream.Target) {
	d.Text(l.spec.ID, t.Settings.CustomHost, t.Settings.APIKey.Reveal())
	var options map[string]string
	if len(t.Settings.Options) > 0 {
		options = make(map[string]string, len(t.Settings.Options))
	}
	for name, v := range t.Settings.Options {
		options[name] = v.Reveal()
	}
	d.Texts(options).Flags(c.Strict, t.Strict, t.Lent)
	query := c.Query
	if c.Dialect == llm.Gemini { // whose clients say there how they want a stream
		query = ""
	}
	d.Text(query)
	d.Headers(t.ForwardHeaders)
	own := http.Header{}
	l.spec.CopyClients(own, c.Header)
	for name, values := range c.Header {
		if strings.HasPrefix(name, "Anthropic-") || strings.HasPrefix(name, "X-Amzn-Bedrock-") {
			own[name] = values
		}
	}
	d.Headers(own)
}

// judges writes what an answer has to pass before it is kept, and reports
// whether there is something: RC-07.
func (l *leaf) judges(d *cache.Digest, h http.Header) (any bool, err error) {
	_, output, err := l.hooksFor(h)
	if err != nil {
		return false, err
	}
	d.Text(guard.Version)
	for _, k := range output.hooks {
		d.Bytes(k.Source)
	}
	return len(output.hooks) > 0, nil
}

// passed reports whether no output hook of the target has found fault.
func (l *leaf) passed(found []core.Finding) bool {
	return !slices.ContainsFunc(found, func(f core.Finding) bool {
		return f.Option == l.at && f.Event == string(guard.After) && !f.Pass
	})
}
