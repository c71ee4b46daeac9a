package price

import "sluice/core/llm"

// Units is what a request used. Counts of tokens are disjoint as in
// [llm.Usage], except where a field says that it is part of another one; a
// part that is larger than its whole counts as large as the whole, and a
// negative count is 0.
type Units struct {
	Input        int64 // tokens read fresh, of any kind
	AudioInput   int64 // part of Input
	ImageInput   int64 // part of Input
	CacheRead    int64
	CachedAudio  int64 // part of CacheRead
	CachedImage  int64 // part of CacheRead
	CacheWrite   int64 // for the shortest lifetime, or for one that is not known
	CacheWrite1h int64
	Output       int64 // tokens written, of any kind, reasoning included
	Reasoning    int64 // part of Output
	AudioOutput  int64 // part of Output
	ImageOutput  int64 // part of Output
	VideoOutput  int64 // part of Output

	// Items are what is not counted in tokens. A search is an item only if it
	// happened: offering the tool to the model costs nothing.
	Items []Item

	ServedTier string // the answer's word for the service tier
	AskedTier  string // the request's
	Batch      bool   // sent through a batch API
	Region     string // where it was served, in the provider's words
}

// An Item is a count of something other than tokens.
type Item struct {
	Unit    Unit
	Quality string // of images; of a web search, its context size
	Size    string // of images and videos, such as 1024x1024
	Count   int64  // times, or milliseconds or pixels: see Unit
}

// UnitsOf returns what a usage report says. Nil is an empty one.
func UnitsOf(u *llm.Usage) Units {
	if u == nil {
		return Units{}
	}
	return Units{
		Input: u.Input, AudioInput: u.AudioInput,
		CacheRead: u.CacheRead, CacheWrite: u.CacheWrite, CacheWrite1h: u.CacheWrite1h,
		Output: u.Output, Reasoning: u.Reasoning, AudioOutput: u.AudioOutput,
		ServedTier: u.ServiceTier,
	}
}

// clean returns u without negative counts, and with parts that fit into their
// wholes, in the order in which they are listed.
func (u *Units) clean() Units {
	c := *u
	for _, n := range [...]*int64{&c.Input, &c.CacheRead, &c.CacheWrite, &c.CacheWrite1h, &c.Output} {
		*n = max(*n, 0)
	}
	within(c.Input, &c.AudioInput, &c.ImageInput)
	within(c.CacheRead, &c.CachedAudio, &c.CachedImage)
	within(c.Output, &c.AudioOutput, &c.ImageOutput, &c.VideoOutput, &c.Reasoning)
	return c
}

func within(whole int64, parts ...*int64) {
	for _, p := range parts {
		*p = min(max(*p, 0), whole)
		whole -= *p
	}
}

// prompt is what thresholds for long prompts are about: everything read,
// whatever was paid for it. u is clean.
func (u *Units) prompt() int64 {
	sum := Nano(u.Input).Add(Nano(u.CacheRead)).Add(Nano(u.CacheWrite)).Add(Nano(u.CacheWrite1h))
	return int64(sum)
}
