package llm

// A Response is a whole answer.
type Response struct {
	ID      string // the provider's, or empty
	Model   string // that answered
	Created int64  // seconds since 1970, or 0
	Choices []Choice
	Usage   *Usage // nil: nobody reported any
	Native  Native
}

// A Choice is one of the answers asked for.
type Choice struct {
	Index        int
	Parts        []Part
	Finish       Finish
	StopSequence string // the one that was met
	Logprobs     []TokenLogprob
	Native       Native
}

// Finish says why a model stopped.
type Finish struct {
	Reason FinishReason
	Raw    string // the provider's own word
}

// FinishReason is why a model stopped, in one word for all dialects.
type FinishReason string

// Reasons. A reason that no table knows is FinishOther, never FinishStop:
// a cut answer must not look whole.
const (
	FinishStop          FinishReason = "stop"
	FinishStopSequence  FinishReason = "stop_sequence"
	FinishLength        FinishReason = "length"
	FinishContextLength FinishReason = "context_length"
	FinishToolCalls     FinishReason = "tool_calls"
	FinishContentFilter FinishReason = "content_filter"
	FinishRefusal       FinishReason = "refusal"
	FinishPause         FinishReason = "pause" // the provider wants the turn continued
	FinishOther         FinishReason = "other"
)

// Usage counts what a request used. The buckets of input are disjoint, so
// that adding them up counts nothing twice: OpenAI includes cached tokens in
// its input, Anthropic does not, and each is converted at the edge.
type Usage struct {
	Input        int64 // tokens read at full price
	CacheRead    int64
	CacheWrite   int64 // to the short-lived cache (5 minutes), or where the lifetime is unknown
	CacheWrite1h int64
	Output       int64 // all tokens written, reasoning included
	Reasoning    int64 // part of Output
	AudioInput   int64 // part of Input
	AudioOutput  int64 // part of Output
	ServiceTier  string
	Estimated    bool // nobody reported; the numbers are ours
	Native       Native
}

// Prompt is all input, whatever was paid for it.
func (u *Usage) Prompt() int64 { return u.Input + u.CacheRead + u.CacheWrite + u.CacheWrite1h }

// Total is all tokens.
func (u *Usage) Total() int64 { return u.Prompt() + u.Output }

// bytesPerToken is what the common tokenisers make of English text; for
// other scripts it is too high. It serves only where nobody counted.
const bytesPerToken = 4

// Estimate guesses what a request uses or has used, where no provider has
// reported it. prompt and answer are bytes of text.
func Estimate(prompt, answer int64) *Usage {
	return &Usage{
		Input: (prompt + bytesPerToken - 1) / bytesPerToken, Output: (answer + bytesPerToken - 1) / bytesPerToken, Estimated: true,
	}
}

// Plus adds up what two parts of an answer used; nil is what nobody reported.
// A sum has nothing native: nobody reported it so.
func (u *Usage) Plus(v *Usage) *Usage {
	switch {
	case u == nil:
		return v
	case v == nil:
		return u
	}
	sum := *v
	sum.Native = Native{}
	sum.Input += u.Input
	sum.CacheRead += u.CacheRead
	sum.CacheWrite += u.CacheWrite
	sum.CacheWrite1h += u.CacheWrite1h
	sum.Output += u.Output
	sum.Reasoning += u.Reasoning
	sum.AudioInput += u.AudioInput
	sum.AudioOutput += u.AudioOutput
	sum.Estimated = u.Estimated || v.Estimated
	return &sum
}

// A Counted is something that is paid for and not counted in tokens.
type Counted struct {
	What          Countable
	Quality, Size string // of images, in OpenAI's words, as far as anybody said
	Count         int64
}

// Countable is what a [Counted] counts.
type Countable uint8

// What is counted beside tokens.
const (
	Images       Countable = iota // made
	Milliseconds                  // of sound that was listened to
	Characters                    // of text that was spoken
	Searches                      // rankings, as the provider counts them
)
