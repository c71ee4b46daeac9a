package api

import (
	"net/url"
	"strings"
)

// fromAzure brings the paths of Azure OpenAI's clients into OpenAI's:
// /openai/deployments/{deployment}/… names what is called in the path, and
// /openai/v1/… does not.
//
// https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference
func fromAzure(path string) (openai, deployment string) {
	rest, ok := strings.CutPrefix(path, "/openai/")
	if !ok {
		return path, ""
	}
	if strings.HasPrefix(rest, "v1/") {
		return "/" + rest, ""
	}
	if rest, ok = strings.CutPrefix(rest, "deployments/"); !ok {
		return path, ""
	}
	name, rest, ok := strings.Cut(rest, "/")
	deployment, err := url.PathUnescape(name)
	if !ok || err != nil {
		return path, ""
	}
	return "/v1/" + rest, deployment
}
