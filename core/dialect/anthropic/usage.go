package anthropic

import (
	"math"
	"strconv"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// usageIn is usage as a provider reports it. Input does not include what was
// read from the cache or written to it.
type usageIn struct {
	Input      json.Value `json:"input_tokens,omitzero"`
	CacheWrite json.Value `json:"cache_creation_input_tokens,omitzero"`
	CacheRead  json.Value `json:"cache_read_input_tokens,omitzero"`
	Split      json.Value `json:"cache_creation,omitzero"`
	Output     json.Value `json:"output_tokens,omitzero"`
	Details    json.Value `json:"output_tokens_details,omitzero"`
	Tier       json.Value `json:"service_tier,omitzero"`
	Rest       json.Value `json:",embed"`
}

// usageOut is usage as a client gets it: always whole, since clients reckon
// from it how full the context is.
type usageOut struct {
	Input      int64          `json:"input_tokens"`
	CacheWrite int64          `json:"cache_creation_input_tokens"`
	CacheRead  int64          `json:"cache_read_input_tokens"`
	Split      usageSplit     `json:"cache_creation"`
	Output     int64          `json:"output_tokens"`
	Details    *outputDetails `json:"output_tokens_details,omitzero"`
	Tier       string         `json:"service_tier,omitzero"`
	Rest       json.Value     `json:",embed"`
}

type usageSplit struct {
	Short int64 `json:"ephemeral_5m_input_tokens"`
	Long  int64 `json:"ephemeral_1h_input_tokens"`
}

type outputDetails struct {
	Thinking int64      `json:"thinking_tokens"`
	Rest     json.Value `json:",embed"`
}

// merge takes over every count that later has. The counts of message_delta
// are totals: they replace those of message_start and are never added.
func (u *usageIn) merge(later *usageIn) {
	replace := func(old *json.Value, v json.Value) {
		if !absent(v) {
			*old = v
		}
	}
	replace(&u.Input, later.Input)
	replace(&u.CacheWrite, later.CacheWrite)
	replace(&u.CacheRead, later.CacheRead)
	replace(&u.Split, later.Split)
	replace(&u.Output, later.Output)
	replace(&u.Details, later.Details)
	replace(&u.Tier, later.Tier)
	u.Rest = mergeObjects(u.Rest, later.Rest)
}

func mergeObjects(old, later json.Value) json.Value {
	if len(old) == 0 || len(later) == 0 {
		return append(old, later...)
	}
	ms, err := json.Members(later)
	if err != nil {
		return old
	}
	edits := make([]json.Edit, len(ms))
	for i, m := range ms {
		edits[i] = json.Edit{Name: m.Name, Value: m.Value}
	}
	if merged, err := json.Splice(old, edits...); err == nil {
		return merged
	}
	return old
}

// usage brings the counts into canonical form.
func (u *usageIn) usage() *llm.Usage {
	out := &llm.Usage{
		Input:       count(u.Input),
		CacheRead:   count(u.CacheRead),
		Output:      count(u.Output),
		ServiceTier: json.Unquote(u.Tier),
	}
	out.CacheWrite, out.CacheWrite1h = u.written()
	rest := u.Rest
	var d struct {
		Thinking json.Value `json:"thinking_tokens"`
		Rest     json.Value `json:",embed"`
	}
	if u.Details.Kind() == '{' && json.UnmarshalLoose(u.Details, &d) == nil {
		out.Reasoning = count(d.Thinking)
		if len(d.Rest) > 0 {
			rest = mergeObjects(rest, append(append(json.Value(`{"output_tokens_details":`), d.Rest...), '}'))
		}
	}
	out.Native = llm.NativeOf(llm.Anthropic, rest)
	return out
}

// written splits what was written to the cache by its lifetime. The total
// counts: where the split says less the rest has the short life, where it
// says more (it is older than the total) it is cut.
func (u *usageIn) written() (short, long int64) {
	var split struct {
		Short json.Value `json:"ephemeral_5m_input_tokens"`
		Long  json.Value `json:"ephemeral_1h_input_tokens"`
	}
	if u.Split.Kind() == '{' && json.UnmarshalLoose(u.Split, &split) == nil {
		short, long = count(split.Short), count(split.Long)
	}
	if absent(u.CacheWrite) {
		return short, long
	}
	total := count(u.CacheWrite)
	long = min(long, total)
	return total - long, long
}

// count reads a number of tokens; what is none, or absurd, is 0.
func count(v json.Value) int64 {
	if v.Kind() != '0' {
		return 0
	}
	if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
		return min(max(n, 0), math.MaxInt64>>8)
	}
	if f, err := strconv.ParseFloat(string(v), 64); err == nil && f > 0 && f < 1<<53 {
		return int64(f)
	}
	return 0
}

// writeUsage writes the counts. Nil writes zeros.
func writeUsage(u *llm.Usage) json.Value {
	if u == nil {
		u = &llm.Usage{}
	}
	out := usageOut{
		Input:      u.Input,
		CacheWrite: u.CacheWrite + u.CacheWrite1h,
		CacheRead:  u.CacheRead,
		Split:      usageSplit{Short: u.CacheWrite, Long: u.CacheWrite1h},
		Output:     u.Output,
		Tier:       servedTier(u.ServiceTier),
		Rest:       u.Native.For(llm.Anthropic),
	}
	const details = "output_tokens_details"
	rest := json.Lookup(out.Rest, details)
	if u.Reasoning != 0 || rest != nil {
		out.Details = &outputDetails{Thinking: u.Reasoning, Rest: rest}
	}
	if rest != nil {
		out.Rest, _ = json.Splice(out.Rest, json.Edit{Name: details})
	}
	return marshal(out)
}

// servedTier is the word for the tier that served a request.
func servedTier(tier string) string {
	if tier == "default" {
		return "standard"
	}
	return tier
}
