package provider

import (
	"strings"

	"sluice/core/llm"
)

// models is the endpoint that lists what a provider offers. It stands beside
// the one for conversations, wherever a provider has that, and its answer is
// handed on as it is: there is nothing to translate.
func (s *Spec) models(set Settings) (Endpoint, bool) {
	for _, e := range s.Available(set) {
		if e.Operation != llm.Generate || s.Transport != "" {
			continue
		}
		for _, end := range []string{"/chat/completions", "/messages"} {
			if root, ok := strings.CutSuffix(e.Path, end); ok {
				return Endpoint{Operation: llm.ListModels, Path: root + "/models"}, true
			}
		}
	}
	return Endpoint{}, false
}
