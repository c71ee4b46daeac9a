package upstream

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"sluice/core/dialect"
	"sluice/core/llm"
)

// Limits of [Inline].
const (
	maxLinks  = 64 // media of a request that are fetched
	linksOnce = 4  // of them at the same time
)

// A Fetch gets a medium by its URL, which is http or https. Of what it returns
// Data and MediaType count. at names the part of the request, for errors.
type Fetch func(at string, m *llm.Media) (*llm.Media, error)

// Inline readies the media of a request for a codec: those that its API does
// not fetch by itself are fetched and stand in the request that it returns as
// data. The request that it is given stays as it is.
//
// A place in S3 is a matter of the client's account and of Bedrock: to any
// other provider it is refused.
func Inline(r *llm.Request, codec dialect.Outbound, t dialect.Target, fetch Fetch) (*llm.Request, error) {
	in := inliner{codec: codec, target: t}
	own := *r
	own.Turns = slices.Clone(r.Turns)
	for i := range own.Turns {
		own.Turns[i].Parts = in.parts(fmt.Sprintf("messages[%d].content", i), own.Turns[i].Parts)
	}
	if in.err != nil || len(in.links) == 0 {
		return r, in.err
	}
	if err := in.fill(fetch); err != nil {
		return nil, err
	}
	return &own, nil
}

type inliner struct {
	codec  dialect.Outbound
	target dialect.Target
	links  []linked
	err    error // the first
}

// linked is a copy of a medium that is to be fetched.
type linked struct {
	at    string
	media *llm.Media
}

func (in *inliner) parts(at string, parts []llm.Part) []llm.Part {
	if !slices.ContainsFunc(parts, hasLink) {
		return parts
	}
	own := slices.Clone(parts)
	for i, part := range own {
		at := fmt.Sprintf("%s[%d]", at, i)
		switch v := part.(type) {
		case *llm.Media:
			own[i] = in.media(at, v)
		case *llm.ToolResult:
			result := *v
			result.Parts = in.parts(at+".content", v.Parts)
			own[i] = &result
		}
	}
	return own
}

func hasLink(part llm.Part) bool {
	switch v := part.(type) {
	case *llm.Media:
		return v.URL != ""
	case *llm.ToolResult:
		return slices.ContainsFunc(v.Parts, hasLink)
	}
	return false
}

func (in *inliner) media(at string, m *llm.Media) *llm.Media {
	scheme, _, _ := strings.Cut(m.URL, ":")
	switch strings.ToLower(scheme) {
	case "http", "https":
		if c, ok := in.codec.(dialect.Inliner); ok && !c.TakesURL(m, in.target) {
			own := *m
			in.links = append(in.links, linked{at, &own})
			return &own
		}
	case "s3":
		if d := in.codec.Dialect(); d != llm.Converse && d != llm.InvokeModel && in.err == nil {
			in.err = &llm.Error{Kind: llm.BadRequest, Param: at, Message: fmt.Sprintf("%s: only Bedrock reads from S3: send the %s inline", at, m.Kind)}
		}
	}
	return m
}

func (in *inliner) fill(fetch Fetch) error {
	if n := len(in.links); n > maxLinks {
		return llm.Errorf(llm.BadRequest, "%d of the media must be fetched for this provider, at most %d can be: send them inline", n, maxLinks)
	}
	errs := make([]error, len(in.links))
	slots := make(chan struct{}, linksOnce)
	var wg sync.WaitGroup
	for i, l := range in.links {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = l.fill(fetch)
		})
	}
	wg.Wait()
	return cmp.Or(errs...)
}

func (l linked) fill(fetch Fetch) error {
	got, err := fetch(l.at, l.media)
	if err == nil {
		l.media.URL, l.media.Data, l.media.MediaType = "", got.Data, got.MediaType
	}
	return err
}
