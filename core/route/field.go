package route

import (
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/internal/query"
	"sluice/core/internal/redact"
)

// A field names something that a config may ask about a request:
//
//	metadata.<name>   of the header x-portkey-metadata
//	params.<name>     of the body as the client sent it
//	headers.<name>    a header; its name may have any case
//	url.pathname      the path, escaped
//
// More names, and numbers for elements of arrays, lead deeper into metadata
// and params: params.messages.0.role.
type field struct {
	root string   // metadata, params, headers or url
	name string   // behind the root
	rest []string // further down
	slot int      // of its value in a view; of metadata and params only
}

const badField = "must be metadata.<name>, params.<name>, headers.<name> or url.pathname"

// fieldOf reads a field's name; false if it is none.
func fieldOf(path string) (field, bool) {
	root, name, _ := strings.Cut(path, ".")
	f := field{root: root, name: name}
	switch root {
	case "metadata", "params":
		steps := strings.Split(name, ".")
		f.name, f.rest = steps[0], steps[1:]
	case "headers":
		f.name = http.CanonicalHeaderKey(name)
	case "url":
		return f, name == "pathname"
	default:
		return f, false
	}
	return f, f.name != "" && !slices.Contains(f.rest, "")
}

// maxFields is how many fields of the body and the metadata a config may ask
// for: each may be at the end of a long body.
const maxFields = 64

var tooManyFields = fmt.Sprintf("more than %d fields of metadata and params", maxFields)

// fields are those that the strategies of a config ask for. A request is searched
// once for all of them, and once for what lies deeper in each.
type fields struct {
	metadata, params []string
	paths            []string // of both, whole
}

// add notes a field and gives it its slot. It reports false if there are too
// many.
func (fs *fields) add(f *field) bool {
	if len(fs.paths) > maxFields {
		return false
	}
	switch f.root {
	case "metadata":
		fs.metadata = withName(fs.metadata, f.name)
	case "params":
		fs.params = withName(fs.params, f.name)
	default:
		return true
	}
	path := f.root + "." + f.name + "." + strings.Join(f.rest, ".")
	fs.paths = withName(fs.paths, path)
	f.slot = slices.Index(fs.paths, path)
	return len(fs.paths) <= maxFields
}

func withName(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

// query compiles a question about a request, and notes what it asks for.
func (p *parser) query(v json.Value, path []string, fs *fields) query.Query[*view] {
	c := query.Compiler[*view]{Budget: &p.conditionSize, Fault: p.fault, Unsupported: p.routerFault}
	c.Field = func(name string) (query.Field[*view], string) {
		f, ok := fieldOf(name)
		if !ok {
			return nil, badField
		}
		if !fs.add(&f) {
			return nil, tooManyFields
		}
		return func(v *view) query.Scalar { return v.value(f) }, ""
	}
	return c.Compile(v, path)
}

// A view looks at the fields of one request.
type view struct {
	call   *core.Call
	fields *fields

	mu       sync.Mutex   // strategies may look side by side
	metadata []json.Value // in the order of fields; nil until one is asked for
	params   []json.Value
	found    []*query.Scalar // by slot; nil until it is asked for
}

// of returns the view of a request, which all strategies of a config share.
func (fs *fields) of(c *core.Call) *view {
	return c.Memo(fs, func() any { return &view{call: c, fields: fs} }).(*view)
}

// value returns what a field has in this request.
func (v *view) value(f field) query.Scalar {
	switch f.root {
	case "headers":
		return v.header(f.name)
	case "url":
		return query.Text(v.call.Path)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.found == nil {
		v.found = make([]*query.Scalar, len(v.fields.paths))
	}
	if v.found[f.slot] == nil {
		s := v.search(f)
		v.found[f.slot] = &s
	}
	return *v.found[f.slot]
}

func (v *view) search(f field) query.Scalar {
	if f.root == "metadata" {
		return v.label(f)
	}
	return v.param(f)
}

// label reads the metadata header itself, whose values have types. The call
// has those that were made another way.
func (v *view) label(f field) query.Scalar {
	if v.metadata == nil {
		v.metadata = pick([]byte(v.call.Header.Get("X-Portkey-Metadata")), v.fields.metadata)
	}
	if found := v.metadata[slices.Index(v.fields.metadata, f.name)]; found != nil {
		return query.Of(json.Lookup(found, f.rest...))
	}
	if text, ok := v.call.Metadata[f.name]; ok && len(f.rest) == 0 {
		return query.Text(text)
	}
	return query.Scalar{}
}

// param reads the body. Where a dialect has the model and the wish for a
// stream in the path, they are parameters all the same.
func (v *view) param(f field) query.Scalar {
	if !isJSON(v.call.Header) {
		return query.Scalar{}
	}
	if v.params == nil {
		v.params = pick(v.call.Body, v.fields.params)
	}
	found := v.params[slices.Index(v.fields.params, f.name)]
	switch {
	case found != nil:
		return query.Of(json.Lookup(found, f.rest...))
	case len(f.rest) > 0:
	case f.name == "model" && v.call.Model != "":
		return query.Text(v.call.Model)
	case f.name == "stream" && v.call.Stream:
		return query.Scalar{Kind: 't', Text: "true"}
	}
	return query.Scalar{}
}

// header reads a header as one line. Credentials are nobody's condition.
func (v *view) header(name string) query.Scalar {
	values := v.call.Header.Values(name)
	if len(values) == 0 || redact.Named(name) || name == "X-Portkey-Config" {
		return query.Scalar{}
	}
	return query.Text(strings.Join(values, ", "))
}

// pick is one entry for each name, also where there is no object.
func pick(object []byte, names []string) []json.Value {
	if found, err := json.Pick(object, names...); err == nil {
		return found
	}
	return make([]json.Value, len(names))
}

// isJSON takes a body without a type as JSON: several clients leave it out.
func isJSON(h http.Header) bool {
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return h.Get("Content-Type") == "" || err == nil && (t == "application/json" || strings.HasSuffix(t, "+json"))
}
