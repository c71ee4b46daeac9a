package guard

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/internal/query"
	"sluice/core/internal/redact"
)

func init() { add(Spec{ID: "default.condition", New: newCondition}) }

// newCondition passes if a query holds, in the language of conditional
// routing. What is not there fails every comparison. Its fields:
//
//	text             all texts that are judged, one to a line
//	params.<path>    of the request's body, headers.<name>, metadata.<name>
//	response.<path>  of the answer's body, which a stream does not have
//	operation, provider, model, status
//
// Credentials in headers are not there.
func newCondition(p *Params, _ Env) Check {
	p.Required("query")
	not := p.Bool("not", false)
	fault := func(path []string, message string) { p.Fail(strings.Join(path, ","), "%s", message) }
	c := query.Compiler[*Input]{Budget: &query.Budget{}, Field: conditionField, Fault: fault, Unsupported: fault}
	if v := p.Value("query"); v != nil {
		return &condition{c.Compile(v, []string{"query"}), not}
	}
	return &condition{}
}

type condition struct {
	query query.Query[*Input]
	not   bool
}

func (c *condition) Check(_ context.Context, in *Input) (Verdict, error) {
	holds := c.query.Holds(in)
	pass := holds != c.not
	return found(pass, struct {
		Verdict     bool   `json:"verdict"`
		Not         bool   `json:"not"`
		Explanation string `json:"explanation"`
	}{pass, c.not, choose(holds, "the condition holds", "the condition does not hold")}), nil
}

// conditionField finds a field by its name.
func conditionField(name string) (query.Field[*Input], string) {
	root, rest, deep := strings.Cut(name, ".")
	steps := strings.Split(rest, ".")
	switch {
	case root == "params" && rest != "":
		return func(in *Input) query.Scalar { return query.Of(json.Lookup(in.Request, steps...)) }, ""
	case root == "response" && rest != "":
		return func(in *Input) query.Scalar { return query.Of(json.Lookup(in.Response, steps...)) }, ""
	case root == "headers" && rest != "":
		return func(in *Input) query.Scalar { return headerField(in.Header, http.CanonicalHeaderKey(rest)) }, ""
	case root == "metadata" && rest != "":
		return func(in *Input) query.Scalar {
			v, ok := in.Metadata[rest]
			return textField(v, ok)
		}, ""
	case !deep && inputFields[name] != nil:
		return inputFields[name], ""
	}
	return nil, "must be text, params.<path>, response.<path>, headers.<name>, metadata.<name>, operation, provider, model or status"
}

var inputFields = map[string]query.Field[*Input]{
	"text":      func(in *Input) query.Scalar { return query.Text(in.Text()) },
	"operation": func(in *Input) query.Scalar { return textField(in.Operation, in.Operation != "") },
	"provider":  func(in *Input) query.Scalar { return textField(in.Provider, in.Provider != "") },
	"model":     func(in *Input) query.Scalar { return textField(in.Model, in.Model != "") },
	"status": func(in *Input) query.Scalar {
		if in.Status == 0 {
			return query.Scalar{}
		}
		return query.Scalar{Kind: '0', Text: strconv.Itoa(in.Status)}
	},
}

func textField(text string, ok bool) query.Scalar {
	if !ok {
		return query.Scalar{}
	}
	return query.Text(text)
}

func headerField(h http.Header, name string) query.Scalar {
	values := h.Values(name)
	if redact.Named(name) || name == "X-Portkey-Config" {
		values = nil
	}
	return textField(strings.Join(values, ", "), len(values) > 0)
}
