package price

// An Amount is what a request cost, as far as that is known.
type Amount struct {
	Nano    Nano   // if there is a gap, what is known of it
	Gap     Gap    // why it is not the whole cost; [Complete] if it is
	Unit    Unit   // that has no price, if the gap is [NoRate]
	Version string // of the price data
}

// Known reports whether the amount is the whole cost.
func (a Amount) Known() bool { return a.Gap == Complete }

// A Gap is a reason for not knowing a cost.
type Gap uint8

// Gaps.
const (
	Complete       Gap = iota
	NoPrice            // the model has no price
	NoTier             // it was served in a mode that has no price
	NoRate             // it used something that has no price
	NothingCounted     // nothing was counted that has a price
)

var gapNames = [...]string{"", "no price", "no price for the service tier", "no price for a unit", "nothing counted"}

// String is empty for [Complete].
func (g Gap) String() string {
	if int(g) < len(gapNames) {
		return gapNames[g]
	}
	return "unknown"
}

// A Breakdown says how an amount was computed.
type Breakdown struct {
	Mode     string // of the tier that was applied
	Above    int64  // its threshold, if it was one for long prompts
	Regional bool   // whether it was one for the region

	lines [maxLines]Line
	n     int
}

// maxLines is enough for all kinds of tokens and a dozen of items.
const maxLines = 24

// A Line is one position of a bill.
type Line struct {
	Unit  Unit
	As    Unit // whose rate was taken: Unit, unless it has none of its own
	Count int64
	Price Nano // for As.Per()
	Cost  Nano
}

// Lines returns the positions. They add up to the amount.
func (b *Breakdown) Lines() []Line { return b.lines[:b.n] }

// Cost applies a price to what a request used. It does not allocate.
//
// Images, minutes of audio and characters are what some providers state
// beside the price of the tokens that they are made of. They are charged
// unless the tokens were.
func Cost(p Price, u Units) (Amount, Breakdown) {
	b := biller{amount: Amount{Version: p.Version}}
	if !p.Known() {
		b.amount.Gap = NoPrice
		return b.amount, b.Breakdown
	}
	u = u.clean()
	mode := u.mode(p.Provider)
	if b.tier = p.tier(mode, u.Region, u.prompt()); b.tier == nil {
		b.amount.Gap = NoTier
		return b.amount, b.Breakdown
	}
	b.Mode, b.Above, b.Regional = mode, b.tier.Above, len(b.tier.Regions) > 0
	b.standard = p.standard()
	b.tokens(&u)
	b.items(u.Items)
	if b.n == 0 && b.amount.Gap == Complete {
		b.amount.Gap = NothingCounted
	}
	return b.amount, b.Breakdown
}

type biller struct {
	Breakdown
	amount         Amount
	tier, standard *Tier
}

func (b *biller) tokens(u *Units) {
	if !b.tier.tokens() {
		return // priced by something else; the tokens are only told
	}
	reasoning := u.Reasoning
	if b.tier.rate(Reasoning, "", "") == nil {
		reasoning = 0
	}
	b.token(Input, u.Input-u.AudioInput-u.ImageInput)
	b.token(AudioInput, u.AudioInput)
	b.token(ImageInput, u.ImageInput)
	b.token(CachedInput, u.CacheRead-u.CachedAudio-u.CachedImage)
	b.token(CachedAudioInput, u.CachedAudio)
	b.token(CachedImageInput, u.CachedImage)
	b.token(CacheWrite, u.CacheWrite)
	b.token(CacheWrite1h, u.CacheWrite1h)
	b.token(Output, u.Output-u.AudioOutput-u.ImageOutput-u.VideoOutput-reasoning)
	b.token(Reasoning, reasoning)
	b.token(AudioOutput, u.AudioOutput)
	b.token(ImageOutput, u.ImageOutput)
	b.token(VideoOutput, u.VideoOutput)
}

// tokens reports whether the tier prices what is read or written.
func (t *Tier) tokens() bool {
	return len(t.Rates) > 0 && t.Rates[0].Unit <= VideoOutput
}

// instead lists the units whose rates are taken for one that has none. Cached
// tokens cost what fresh ones do, because a missing discount is no discount;
// a cache that has one price has it for every lifetime; and tokens of a
// medium that is not priced apart are tokens like others.
var instead = [numUnits][]Unit{
	Input:            {TextInput},
	CachedInput:      {CachedTextInput, Input, TextInput},
	CacheWrite:       {Input, TextInput},
	CacheWrite1h:     {CacheWrite, Input, TextInput},
	Output:           {TextOutput, ImageOutput, AudioOutput, VideoOutput},
	AudioInput:       {Input, TextInput},
	CachedAudioInput: {AudioInput, CachedInput, Input, TextInput},
	AudioOutput:      {Output, TextOutput},
	ImageInput:       {Input, TextInput},
	CachedImageInput: {ImageInput, CachedInput, CachedTextInput, Input, TextInput},
	ImageOutput:      {Output, TextOutput},
	VideoOutput:      {Output, TextOutput},
}

func (b *biller) token(u Unit, count int64) {
	if count <= 0 {
		return
	}
	r := b.tier.rate(u, "", "")
	for _, other := range instead[u] {
		if r != nil {
			break
		}
		r = b.tier.rate(other, "", "")
	}
	b.add(u, r, count)
}

func (b *biller) items(items []Item) {
	tokensCharged := b.amount.Nano > 0
	b.item(Item{Unit: Request, Count: 1}, true)
	for _, it := range items {
		switch it.Unit {
		case Request: // is charged already
		case Image, Minute, Character:
			if !tokensCharged {
				b.item(it, false)
			}
		default:
			b.item(it, false)
		}
	}
}

// item charges an item by the rate of the tier, or by the standard one: tiers
// state what differs, and a search costs the same at night.
func (b *biller) item(it Item, optional bool) {
	if it.Count <= 0 {
		return
	}
	r := b.tier.rate(it.Unit, it.Quality, it.Size)
	if r == nil && b.standard != nil {
		r = b.standard.rate(it.Unit, it.Quality, it.Size)
	}
	if r == nil && optional {
		return
	}
	if r != nil && r.Once {
		it.Count = 1
	}
	b.add(it.Unit, r, it.Count)
}

func (b *biller) add(u Unit, r *Rate, count int64) {
	if r == nil {
		if b.amount.Gap == Complete {
			b.amount.Gap, b.amount.Unit = NoRate, u
		}
		return
	}
	cost := charge(r.Price, count, r.Unit.Per())
	b.amount.Nano = b.amount.Nano.Add(cost)
	if b.n == maxLines {
		last := &b.lines[maxLines-1]
		*last = Line{Unit: Several, As: Several, Cost: last.Cost.Add(cost)}
		return
	}
	b.lines[b.n] = Line{Unit: u, As: r.Unit, Count: count, Price: r.Price, Cost: cost}
	b.n++
}
