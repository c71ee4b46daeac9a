package guard

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"sluice/core/internal/json"
)

// A program is one of the user's that checks tell of requests and answers.
type program struct {
	http    Doer
	address string
	header  http.Header
	timeout time.Duration
}

// readProgram reads its URL, headers and timeout.
func readProgram(p *Params, e Env, name string) program {
	return program{e.HTTP, endpoint(p, name), readHeader(p), p.Timeout(3 * time.Second)}
}

// readHeader reads an object, or a text that is one in JSON.
func readHeader(p *Params) http.Header {
	v := p.kind("headers", `{"`, "object or JSON text")
	if v.Kind() == '"' {
		v = json.Value(strings.TrimSpace(json.Unquote(v)))
	}
	if len(v) == 0 {
		return http.Header{}
	}
	members, err := json.Members(v)
	if err != nil {
		p.Fail("headers", "Expected object or JSON text")
	}
	h := http.Header{}
	for _, m := range members {
		value := string(m.Value)
		if m.Value.Kind() == '"' {
			value = json.Unquote(m.Value)
		}
		if strings.ContainsFunc(m.Name, notInName) || m.Name == "" || strings.ContainsFunc(value, control) {
			p.Fail("headers", "%q is no header", m.Name)
		}
		h.Set(m.Name, value)
		conceal(p, m.Name, value)
	}
	return h
}

// conceal notes a header: any may prove who asks, but for those that say what
// a body is.
func conceal(p *Params, name, value string) {
	switch http.CanonicalHeaderKey(name) {
	case "Content-Type", "Accept", "User-Agent":
		return
	}
	p.Conceal(value)
	if _, token, ok := strings.Cut(value, " "); ok {
		p.Conceal(token)
	}
}

func notInName(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
}

// control reports whether a character cannot stand in the value of a header.
func control(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// post tells the program. Its answer may come with an error.
func (r program) post(ctx context.Context, body json.Value) ([]byte, error) {
	req, err := PostJSON(r.address, r.header, body)
	if err != nil {
		return nil, err
	}
	_, answer, err := Send(ctx, r.http, req, r.timeout)
	return answer, err
}

// told is what a program hears of a request and its answer: the reference's
// context without the client's headers, for these have credentials.
type told struct {
	Request struct {
		JSON        json.Value `json:"json"`
		Text        string     `json:"text"`
		Stream      bool       `json:"isStreamingRequest"`
		Transformed bool       `json:"isTransformed"`
	} `json:"request"`
	Response struct {
		JSON        json.Value `json:"json"`
		Text        string     `json:"text"`
		Status      *int       `json:"statusCode"`
		Transformed bool       `json:"isTransformed"`
	} `json:"response"`
	Provider    string            `json:"provider"`
	RequestType string            `json:"requestType"`
	Metadata    map[string]string `json:"metadata"`
	EventType   Event             `json:"eventType,omitempty"`
}

func tell(in *Input) told {
	var t told
	t.Request.JSON, t.Request.Text, t.Request.Stream = objectOr(in.Request), lastText(in), in.Stream
	t.Response.JSON = objectOr(in.Response)
	t.Provider, t.RequestType, t.Metadata = in.Provider, in.Operation, in.Metadata
	if in.Event == After {
		t.Response.Text, t.Response.Status, t.Response.Transformed = in.Text(), &in.Status, in.Transformed
	} else {
		t.Request.Transformed = in.Transformed
	}
	return t
}

func objectOr(v json.Value) json.Value {
	if !json.Present(v) {
		return json.Value("{}")
	}
	return v
}

// lastText is what the last message of a request says.
func lastText(in *Input) string {
	texts := in.Question
	if len(texts) == 0 && in.Event == Before {
		texts = in.Texts
	}
	turn := -1
	for i := range texts {
		turn = max(turn, texts[i].Turn)
	}
	return joined(slices.DeleteFunc(slices.Clone(texts), func(t Text) bool { return t.Turn != turn || t.Place == FileName }))
}
