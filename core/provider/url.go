package provider

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"sluice/core/internal/httpx"
	"sluice/core/llm"
)

// Resolve gives the URL of an endpoint for one request. A custom host
// replaces the base URL. What clients put into a URL cannot leave its place
// there: part of a host name stays a label, part of a path a segment.
//
// Whether the host may be called at all is not checked here.
func (s *Spec) Resolve(set Settings, e Endpoint, r Request) (*url.URL, error) {
	text, err := s.address(set, e, r)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "the URL of " + s.ID + " cannot be built", Err: err}
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return nil, llm.Errorf(llm.BadRequest, "the URL of %s has no host, or parts that it must not have", s.ID)
	}
	return u, nil
}

func (s *Spec) address(set Settings, e Endpoint, r Request) (string, error) {
	if s.URL != nil {
		return s.URL(set, e, r)
	}
	base, err := s.base(set)
	if err != nil {
		return "", err
	}
	path, err := s.fill(e.path(r), set, r)
	return base + path, err
}

func (e Endpoint) path(r Request) string {
	if r.Stream {
		return cmp.Or(e.StreamPath, e.Path)
	}
	return e.Path
}

// base is what paths are appended to, without a slash at its end.
func (s *Spec) base(set Settings) (string, error) {
	if set.CustomHost != "" {
		return hostOr(set, "")
	}
	if s.BaseURL == "" {
		return "", llm.Errorf(llm.BadRequest, "%s has no address of its own: name yours in the header x-portkey-custom-host, or as custom_host in the config", s.ID)
	}
	return s.fill(s.BaseURL, set, Request{})
}

// hostOr gives the custom host, or base if there is none.
func hostOr(set Settings, base string) (string, error) {
	if set.CustomHost == "" {
		return base, nil
	}
	if strings.ContainsAny(set.CustomHost, "?#@") {
		return "", llm.Errorf(llm.BadRequest, "custom_host must be a URL without a query, a fragment and a user")
	}
	return strings.TrimRight(set.CustomHost, "/"), nil
}

// fill puts values in the place of {name}: the model of the request, else an
// option.
func (s *Spec) fill(template string, set Settings, r Request) (string, error) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(template, "{")
		b.WriteString(before)
		if !ok {
			return b.String(), nil
		}
		name, after, _ := strings.Cut(rest, "}")
		value, err := s.placeholder(name, inHost(b.String()), set, r)
		if err != nil {
			return "", err
		}
		b.WriteString(value)
		template = after
	}
}

func (s *Spec) placeholder(name string, host bool, set Settings, r Request) (string, error) {
	if name == "model" {
		return modelSegment(r.Model)
	}
	value := set.Option(name)
	if i := slices.IndexFunc(s.Options, func(o Option) bool { return o.Key == name }); i >= 0 && value == "" {
		value = s.Options[i].Default
	}
	if host {
		return hostLabels(name, value)
	}
	return segment(name, value)
}

// inHost reports whether the text of a URL ends inside the host name.
func inHost(text string) bool {
	_, host, ok := strings.Cut(text, "://")
	return ok && !strings.ContainsRune(host, '/')
}

// hostLabels checks that a value may be put into the name of a host.
func hostLabels(name, value string) (string, error) {
	if !httpx.HostLabels(value) {
		return "", llm.Errorf(llm.BadRequest, "%s must be a part of a host name", name)
	}
	return value, nil
}

// segment checks that a value can be one segment of a path.
func segment(name, value string) (string, error) {
	if value == "" || value == "." || value == ".." || strings.ContainsFunc(value, notSegment) {
		return "", llm.Errorf(llm.BadRequest, "%s must be set, and be a part of a path", name)
	}
	return url.PathEscape(value), nil
}

func notSegment(c rune) bool { return c <= ' ' || c == 0x7f || strings.ContainsRune(`/\?#@%`, c) }

// modelSegment escapes a model's name into one segment. Names may hold
// slashes: Amazon's ARNs do.
func modelSegment(model string) (string, error) {
	if model == "" || model == "." || model == ".." {
		return "", llm.Errorf(llm.BadRequest, "the request names no model")
	}
	return url.PathEscape(model), nil
}

// httpsBase checks a base URL that a client gives as an option.
func httpsBase(name, text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.ContainsAny(text, "?#") {
		return "", llm.Errorf(llm.BadRequest, "%s must be an https URL without a user, a query and a fragment", name)
	}
	return strings.TrimRight(text, "/"), nil
}
