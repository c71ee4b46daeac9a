package upstream

import (
	"net/http"
	"net/url"
	"strings"

	"sluice/core"
	"sluice/core/llm"
)

// A Resource is what a call on kept things is about, as OpenAI's paths say:
// /files/{id}/content, /batches/{id}/cancel, /fine_tuning/jobs/{id}/events.
type Resource struct {
	Operation llm.Operation
	Method    string
	ID        string // unescaped; empty: the collection
	Sub       string // behind the id
}

// ResourceOf reads the path of a call.
func ResourceOf(c *core.Call) Resource {
	r := Resource{Operation: c.Operation, Method: c.Method}
	parts := strings.Split(strings.Trim(c.Rest, "/"), "/")[1:]
	if c.Operation == llm.FineTune && len(parts) > 0 {
		parts = parts[1:] // jobs
	}
	if len(parts) > 0 {
		r.ID = parts[0]
		if id, err := url.PathUnescape(parts[0]); err == nil {
			r.ID = id
		}
		r.Sub = strings.Join(parts[1:], "/")
	}
	return r
}

// functions are the reference's names, by operation, method and what the path
// has: nothing, an id, or more.
var functions = map[llm.Operation]map[string][3]string{
	llm.Files: {
		http.MethodGet:    {"listFiles", "retrieveFile", "retrieveFileContent"},
		http.MethodPost:   {"uploadFile"},
		http.MethodDelete: {1: "deleteFile"},
	},
	llm.Batches: {
		http.MethodGet:  {"listBatches", "retrieveBatch", "getBatchOutput"},
		http.MethodPost: {"createBatch", "", "cancelBatch"},
	},
	llm.FineTune: {
		http.MethodGet:  {"listFinetunes", "retrieveFinetune", "retrieveFinetune"},
		http.MethodPost: {"createFinetune", "", "cancelFinetune"},
	},
}

// Function is the name that users' tools know from the reference's messages.
func (r Resource) Function() string {
	n := 0
	if r.ID != "" {
		n = 1
	}
	if r.Sub != "" {
		n = 2
	}
	if name := functions[r.Operation][r.Method][n]; name != "" {
		return name
	}
	return r.Method + " on " + string(r.Operation)
}

// Unsupported is the refusal of what a provider is known not to have.
func (r Resource) Unsupported(provider string) *llm.Error {
	return llm.Errorf(llm.Unsupported, "%s is not supported by %s", r.Function(), provider)
}
