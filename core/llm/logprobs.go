package llm

// A TokenLogprob says how likely a token of an answer was.
type TokenLogprob struct {
	Token   string
	Logprob Number
	Top     []TokenLogprob // the likeliest in its place, without Top of their own
}
