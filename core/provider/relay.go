package provider

import (
	"net/url"
	"strings"

	"sluice/core/llm"
)

// RelayURL gives the URL of any other path of the provider: rest is what
// stands behind /v1 in the client's path, escaped, and begins with a slash.
func (s *Spec) RelayURL(set Settings, rest, query string) (*url.URL, error) {
	if !plainPath(rest) {
		return nil, llm.Errorf(llm.BadRequest, "the path must not have dots for segments")
	}
	text, err := s.relayBase(set)
	if err != nil {
		return nil, err
	}
	if s.RelayQuery != nil {
		query = s.RelayQuery(set, query)
	}
	if strings.HasPrefix(rest, "/files") || strings.HasPrefix(rest, "/batches") {
		text += s.KeptRoot
	}
	if text += rest; query != "" {
		text += "?" + query
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return nil, llm.Errorf(llm.BadRequest, "the URL of %s cannot be built", s.ID)
	}
	return u, nil
}

// relayBase is what a relayed path is appended to: the base, and the version
// where the provider's own endpoints have it in their paths.
func (s *Spec) relayBase(set Settings) (string, error) {
	if s.RelayBase != nil {
		return s.RelayBase(set)
	}
	base, err := s.base(set)
	if err != nil {
		return "", err
	}
	for _, e := range s.Available(set) {
		if root, ok := strings.CutSuffix(e.Path, "/chat/completions"); ok && !strings.Contains(root, "{") {
			return base + root, nil
		}
	}
	return base, nil
}

// plainPath refuses what a server could take for a way out of its place.
func plainPath(path string) bool {
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return false
	}
	for segment := range strings.SplitSeq(decoded, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return !strings.ContainsAny(decoded, "\\\x00")
}
