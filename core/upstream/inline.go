package upstream

import (
	"cmp"
	"fmt"
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
	in := inliner{turns: r.Turns, codec: codec, target: t}
	own := *r
	own.Turns = dialect.MapMedia(r.Turns, in.media)
	if in.err != nil {
		return nil, in.err
	}
	if err := in.fill(fetch); err != nil {
		return nil, err
	}
	return &own, nil
}

type inliner struct {
	turns  []llm.Turn
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

func (in *inliner) media(m *llm.Media) *llm.Media {
	scheme, _, _ := strings.Cut(m.URL, ":")
	switch strings.ToLower(scheme) {
	case "http", "https":
		if c, ok := in.codec.(dialect.Inliner); ok && !c.TakesURL(m, in.target) {
			own := *m
			in.links = append(in.links, linked{placeOf(in.turns, m), &own})
			return &own
		}
	case "s3":
		if d := in.codec.Dialect(); d != llm.Converse && d != llm.InvokeModel && in.err == nil {
			at := placeOf(in.turns, m)
			in.err = &llm.Error{Kind: llm.BadRequest, Param: at, Message: fmt.Sprintf("%s: only Bedrock reads from S3: send the %s inline", at, m.Kind)}
		}
	}
	return nil
}

// placeOf names the part of a conversation that a medium is.
func placeOf(turns []llm.Turn, m *llm.Media) string {
	for i := range turns {
		if at := placeIn(turns[i].Parts, m); at != "" {
			return fmt.Sprintf("messages[%d]%s", i, at)
		}
	}
	return "messages"
}

func placeIn(parts []llm.Part, m *llm.Media) string {
	for i, part := range parts {
		at := fmt.Sprintf(".content[%d]", i)
		if part == llm.Part(m) {
			return at
		}
		if r, ok := part.(*llm.ToolResult); ok {
			if inner := placeIn(r.Parts, m); inner != "" {
				return at + inner
			}
		}
	}
	return ""
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
