package openairesponses

import (
	"crypto/rand"
	"strings"

	"sluice/core/internal/json"
)

// Ids of responses that a provider did not give are the gateway's, and carry
// its mark, as those of their items do: whoever is handed one back knows where
// to look, and providers are not asked about what they have never seen.
//
//	resp_sluice_JBSWY3DPEHPK3PXPJBSWY3DPEH
//	msg_sluice_JBSWY3DPEHPK3PXPJBSWY3DPEH_0
const (
	ownMark   = "sluice_"
	ownPrefix = idPrefix + ownMark
	randomLen = 26 // of rand.Text
)

// NewID makes the id of a response.
func NewID() string { return ownPrefix + rand.Text() }

// OwnID reports whether an id is one that the gateway makes.
func OwnID(id string) bool { return strings.HasPrefix(id, ownPrefix) }

// WellFormed reports whether the gateway can have made an id.
func WellFormed(id string) bool {
	rest, ok := strings.CutPrefix(id, ownPrefix)
	return ok && len(rest) == randomLen && strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// ResponseOf is the response in which the gateway has made the id of an item;
// empty for ids of others.
func ResponseOf(item string) string {
	_, rest, ok := strings.Cut(item, "_"+ownMark)
	if random, _, _ := strings.Cut(rest, "_"); ok && WellFormed(ownPrefix+random) {
		return ownPrefix + random
	}
	return ""
}

// ItemID makes the id of an item of an input, number n of a response's, with
// the prefix that its kind has.
func ItemID(response, kind string, n int) string {
	a := answer{base: strings.TrimPrefix(response, idPrefix)}
	return a.itemID(prefixOf(kind), n) + "i"
}

// prefixOf is how ids of items of a kind begin.
func prefixOf(kind string) string {
	if p, ok := itemPrefixes[kind]; ok {
		return p
	}
	return "item_"
}

var itemPrefixes = map[string]string{
	typeMessage: "msg_", typeReasoning: "rs_", typeFunctionCall: "fc_", typeFunctionOut: "fco_",
	typeCustomCall: "ctc_", typeCustomOut: "ctco_", "compaction": "cmp_",
}

// bare takes away from an item that goes to a provider what others have put
// there: an id of ours, and a proof for Google.
func bare(item json.Value) (json.Value, bool) {
	ms, err := json.Pick(item, "id", "extra_content")
	if err != nil {
		return item, false
	}
	var edits []json.Edit
	if ResponseOf(json.Unquote(ms[0])) != "" {
		edits = append(edits, json.Edit{Name: "id"})
	}
	if json.Lookup(ms[1], "google", "thought_signature") != nil {
		edits = append(edits, json.Edit{Name: "extra_content"})
	}
	out, err := json.Splice(item, edits...)
	if err != nil {
		return item, false
	}
	return out, len(edits) > 0
}
