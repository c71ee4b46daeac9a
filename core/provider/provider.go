// Package provider knows who can be called: a table of providers, each one a
// [Spec] of plain data. A provider that speaks OpenAI's dialect is one line in
// compat.go; one with habits of its own is a file.
package provider

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/llm"
	"sluice/core/secret"
)

// A Spec describes one provider.
type Spec struct {
	ID   string // as in x-portkey-provider
	Name string
	Docs string // the page that the facts are from

	// BaseURL is what endpoint paths are appended to. Placeholders such as
	// {aws_region} are filled from options; an empty BaseURL means that the
	// client has to name a custom host.
	BaseURL string

	Endpoints []Endpoint // earlier is preferred, unless a later one speaks the client's dialect; nil: OpenAI-compatible chat
	Options   []Option   // settings of its own
	Quirks    []Quirk    // what its form of a dialect does differently

	// Auth adds credentials to a request. Nil means a bearer token.
	Auth func(ctx context.Context, r *http.Request, s Settings) error

	// URL builds the URL of an endpoint when base and path are not enough.
	URL func(s Settings, e Endpoint, c Request) (string, error)

	// Select narrows or changes Endpoints for one target, when its settings
	// decide what there is. It returns a new slice. Nil means all.
	Select func(s Settings, all []Endpoint) []Endpoint

	// Serve narrows Endpoints for one model, where the model decides which
	// dialect is spoken. It returns a new slice. Nil means all.
	Serve func(model string, all []Endpoint) []Endpoint

	// Model gives the name that goes into the body, where it is not the one
	// that was asked for. Nil means the same.
	Model func(s Settings, model string) string

	// RelayBase and RelayQuery build the URL of any other path, where base and
	// the client's query are not enough.
	RelayBase  func(s Settings) (string, error)
	RelayQuery func(s Settings, query string) string
	KeptRoot   string // goes before the paths of files and batches, where it is not that of the other paths

	// Clients are headers of the provider's own clients, by which it keeps
	// their sessions apart; a name that ends with * is a beginning. They go
	// along to the provider's own host, and to nobody else.
	Clients []string

	// KeepDeveloper says that the provider knows the role "developer". For
	// all others it becomes "system".
	KeepDeveloper bool

	// Adapt changes a body by what the target's settings say, and names what
	// it leaves out. Nil changes nothing.
	Adapt func(s Settings, e Endpoint, model string, body []byte) (out []byte, dropped []string, err error)

	// Keyless says that the provider needs no credential.
	Keyless bool

	// Modelless says that a request may name no model: the address does.
	Modelless bool

	// Transport names the transport that carries its requests; empty is HTTP.
	Transport string

	// Signed is the service of AWS that requests are signed for, behind Auth;
	// empty: they are not.
	Signed string

	// Local answers in this process, in place of a network call.
	Local http.Handler
}

// Transports.
const BedrockTransport = "bedrock"

// An Endpoint is one thing a provider can do, in one dialect.
type Endpoint struct {
	Operation llm.Operation
	Codec     dialect.Outbound // of operations that have a dialect, else nil
	// Task translates an operation that has none. With neither, the client's
	// own form of it is the provider's.
	Task dialect.Task
	// For is a dialect of clients that are served here rather than at an
	// endpoint before this one, although it is not spoken.
	For        llm.Dialect
	Path       string // appended to the base URL; {model} is filled, escaped
	StreamPath string // for streams, where it differs
	Format     frame.Format
	// NoStreamUsage says that the provider does not know stream_options, so
	// that asking for usage in a stream would fail.
	NoStreamUsage bool
}

// Request is what URL building needs to know of a call.
type Request struct {
	Model  string
	Stream bool
	Query  string // of the client's URL
	Path   string // of the client's URL, escaped, where its dialect has the model there
	Body   []byte // before quirks, for the rare URL that has a member of it
}

// An Option is a setting of a provider that clients can send: as a header
// with the prefix x-portkey- or as a key in a config.
type Option struct {
	Key     string   // in configs, snake case
	Headers []string // without the prefix; the first that is sent counts
	Plain   []string // headers read without the prefix, as [http.CanonicalHeaderKey] has them
	Default string   // fills a placeholder when the option is not set
	// Host says that the option decides where requests go. A client that
	// names it gets no credential that it does not bring itself.
	Host bool
}

// Settings are the credential and options of one target.
type Settings struct {
	APIKey     secret.Value
	CustomHost string                  // replaces the base URL, already checked
	Options    map[string]secret.Value // by Option.Key
	Ambient    *Ambient                // what the process lends; nil lends nothing
}

// Option returns the text of an option, or "".
func (s Settings) Option(key string) string { return s.Options[key].Reveal() }

// A Quirk is one way in which a provider's form of a dialect differs. Exactly
// one of Drop, Rename, Default and Clamp is set. Paths are member names with
// dots, * for every element.
type Quirk struct {
	Drop    string
	Rename  string // a top-level member …
	To      string // … and its new name; it gives way to a member that is there
	Default string // a top-level member that is added when absent …
	Value   string // … with this JSON
	Clamp   string // a top-level number that is kept within …
	Min     float64
	Max     float64
}

var registry = map[string]*Spec{}

// add registers a provider. Two of one name are a programmer's mistake.
func add(s Spec) {
	if _, ok := registry[s.ID]; ok || s.ID == "" {
		panic(fmt.Sprintf("provider %q is registered twice, or has no id", s.ID))
	}
	registry[s.ID] = &s
}

// Find returns a provider by its id.
func Find(id string) (*Spec, bool) {
	s, ok := registry[id]
	return s, ok
}

// IDs lists all providers in alphabetical order.
func IDs() []string { return slices.Sorted(maps.Keys(registry)) }
