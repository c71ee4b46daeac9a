package price

import "strings"

// mode is the service mode that a request is priced by: batch if it was one,
// else the tier that the answer names, else the one that was asked for. A
// paid tier may be refused and served as standard, so the answer is believed.
func (u *Units) mode(provider string) string {
	if u.Batch {
		return Batch
	}
	for _, tier := range [...]string{u.ServedTier, u.AskedTier} {
		if mode, ok := modeOf(provider, tier); ok {
			return mode
		}
	}
	return Standard
}

// modeOf reads a provider's word for a service tier. It reports false for
// words that do not say which tier it is. A word that it does not know is the
// name of a mode that has no price, not the standard mode: see [NoTier].
func modeOf(provider, tier string) (string, bool) {
	if tier == "" {
		return "", false
	}
	tier = strings.ToLower(tier)
	switch tier {
	case "auto", "unspecified", "traffic_type_unspecified":
		return "", false
	case "default", "standard", "standard_only", "on_demand":
		return Standard, true
	case "on_demand_flex": // https://cloud.google.com/vertex-ai/generative-ai/docs/flex-paygo
		return Flex, true
	case "on_demand_priority": // https://cloud.google.com/vertex-ai/generative-ai/docs/priority-paygo
		return Priority, true
	case Flex:
		// Groq's flex tier costs what the on-demand tier costs.
		// https://console.groq.com/docs/flex-processing
		if provider == "groq" {
			return Standard, true
		}
	}
	return tier, true
}
