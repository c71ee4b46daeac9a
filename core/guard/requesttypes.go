package guard

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sluice/core/internal/json"
)

func init() {
	add(Spec{ID: "default.allowedRequestTypes", Events: []Event{Before}, New: newRequestTypes})
}

// requestTypes are the operations that may be asked for, and those that may
// not: from the parameters, else from the metadata of each request. A type
// such as stream-chatComplete means streams only.
type requestTypes struct {
	allowed, blocked []string
	source           string
}

func newRequestTypes(p *Params, _ Env) Check {
	r := requestTypes{typeList(p, "allowedTypes"), typeList(p, "blockedTypes"), "parameters"}
	if twice, ok := r.contradiction(); ok {
		p.Fail("blockedTypes", "%q is allowed too", twice)
	}
	return inputCheck(func(_ context.Context, in *Input) (Verdict, error) {
		if len(r.allowed)+len(r.blocked) > 0 {
			return r.judge(in)
		}
		return fromMetadata(in.Metadata).judge(in)
	})
}

// typeList reads an array of strings, or a text with commas.
func typeList(p *Params, name string) []string {
	return splitTypes(strings.Join(p.Texts(name), ","))
}

func splitTypes(text string) (types []string) {
	for t := range strings.SplitSeq(text, ",") {
		if t = strings.TrimSpace(t); t != "" {
			types = append(types, t)
		}
	}
	return types
}

func fromMetadata(metadata map[string]string) requestTypes {
	read := func(key string) []string {
		if list, err := textList(json.Value(metadata[key])); err == nil {
			return list
		}
		return splitTypes(metadata[key])
	}
	r := requestTypes{read("supported_endpoints"), read("blocked_endpoints"), "metadata"}
	if len(r.allowed)+len(r.blocked) == 0 {
		r.source = "default"
	}
	return r
}

// contradiction finds a type that is in both lists.
func (r requestTypes) contradiction() (string, bool) {
	i := slices.IndexFunc(r.blocked, func(t string) bool { return slices.Contains(r.allowed, t) })
	if i < 0 {
		return "", false
	}
	return r.blocked[i], true
}

func (r requestTypes) mode() string {
	switch {
	case len(r.allowed) > 0 && len(r.blocked) > 0:
		return "combined"
	case len(r.allowed) > 0:
		return "allowlist"
	case len(r.blocked) > 0:
		return "blocklist"
	}
	return "unrestricted"
}

func (r requestTypes) judge(in *Input) (Verdict, error) {
	if twice, ok := r.contradiction(); ok {
		return Verdict{}, &Error{"Error", fmt.Sprintf("request type %q is both allowed and blocked", twice)}
	}
	is := func(t string) bool { return t == in.Operation || in.Stream && t == "stream-"+in.Operation }
	blocked := slices.ContainsFunc(r.blocked, is)
	pass := !blocked && (len(r.allowed) == 0 || slices.ContainsFunc(r.allowed, is))
	return found(pass, struct {
		CurrentRequestType string   `json:"currentRequestType"`
		AllowedTypes       []string `json:"allowedTypes,omitempty"`
		BlockedTypes       []string `json:"blockedTypes,omitempty"`
		Verdict            bool     `json:"verdict"`
		Explanation        string   `json:"explanation"`
		Source             string   `json:"source"`
		Mode               string   `json:"mode"`
	}{in.Operation, r.allowed, r.blocked, pass,
		fmt.Sprintf("Request type %q is %s.", in.Operation, choose(pass, "allowed", choose(blocked, "blocked", "not allowed"))), r.source, r.mode()}), nil
}
