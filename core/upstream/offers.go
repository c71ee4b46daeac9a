package upstream

import (
	"slices"

	"sluice/core/llm"
	"sluice/core/provider"
)

// Offers reports whether a provider may have an operation, as far as that is
// known without a look at the options of a target: what it says yes to may
// still turn out to be missing.
func Offers(s *provider.Spec, op llm.Operation) bool {
	switch {
	case op.Kept(), op == llm.ListModels:
		_, lacks := s.Lacks(op)
		return !lacks
	case op == llm.Proxy:
		return s.Transport == ""
	case anyoneMay(op) && s.Transport == "", s.Select != nil:
		return true
	case op == llm.Compact: // a summary may do
		op = llm.Generate
	}
	return slices.ContainsFunc(s.Available(provider.Settings{}), func(e provider.Endpoint) bool { return e.Operation == op })
}
