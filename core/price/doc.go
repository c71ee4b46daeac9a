// Package price says what a request cost: a [Table] of model prices, looked
// up by provider and model, and [Cost], which applies a price to what was
// used.
//
// # Money
//
// Amounts are integers of type [Nano], billionths of a US dollar, and prices
// are integers too: nano-dollars for a million tokens, for one image, for one
// search, as [Unit.Per] says. Floating point is nowhere. A price with more
// than nine decimals is rounded half up when it is read. Each line of a
// [Breakdown] is price × count ÷ per, computed in 128 bits and rounded half
// up to a whole nano-dollar; the total is the sum of the lines, so that a
// bill always adds up. Sums saturate: an overflow is very dear, never free.
//
// # What is not known is not guessed
//
// A model without a price, a paid service tier without a price and a unit
// without a price each leave a [Gap] in the [Amount], which then is only a
// lower bound. Whoever keeps budgets decides what a gap means. Look-up has no
// fuzzy matching: the rules of [Table.Lookup] are the only ways in which a
// name finds a price under another name.
//
// Where a provider prices a kind of token like another, the look-up of rates
// says so: cached tokens without a price of their own cost what fresh input
// costs, never nothing. [Line.As] shows which rate was taken.
//
// # Tiers
//
// A price is a list of [Tier], each for a service mode, a region or long
// prompts. The one chosen prices the whole request: a prompt above the
// threshold re-prices its output and its cached tokens too. A threshold is
// exclusive: 200,000 tokens are not above 200,000.
//
// # The data
//
// The built-in table, [Default], is embedded as text. The models of a provider
// are parsed when one of them is first asked for. Its numbers are from the
// Portkey Models data set (MIT, see [Notice]), with the corrections listed in
// data/corrections.json, and its date is the version that every [Amount]
// carries. It is made by
//
//	go run ./core/price/internal/gen -o core/price/data/prices.txt pricing.json
//
// # Overrides
//
// [Table.With] lays the operator's own prices over it. [Overrides] describes
// the JSON form.
package price
