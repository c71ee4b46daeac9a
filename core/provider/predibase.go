package provider

import (
	"strings"

	"sluice/core/internal/json"
)

func init() {
	add(Spec{
		ID: "predibase", Name: "Predibase", Docs: "https://docs.predibase.com/user-guide/inference/rest_api",
		BaseURL: predibaseHost, URL: predibaseURL, Model: predibaseAdapter, Modelless: true, // the body names an adapter, the address the model
		Quirks: append(maxTokens[:1:1], Quirk{Drop: "user"}), // which names the tenant, in the URL
	})
}

const predibaseHost = "https://serving.app.predibase.com"

// predibaseURL names the tenant, which is the member "user" of the body, and
// the deployment, which is the model up to a colon.
func predibaseURL(s Settings, e Endpoint, r Request) (string, error) {
	base, err := hostOr(s, predibaseHost)
	if err != nil {
		return "", err
	}
	user, err := json.Pick(r.Body, "user")
	if err != nil {
		user = []json.Value{nil}
	}
	tenant, err := segment("user, the tenant of Predibase,", json.Unquote(user[0]))
	if err != nil {
		return "", err
	}
	name, _, _ := strings.Cut(r.Model, ":")
	deployment, err := segment("model", name)
	return base + "/" + tenant + "/deployments/v2/llms/" + deployment + "/v1" + e.Path, err
}

// predibaseAdapter gives the adapter, which is what the body names; without
// one the deployment's base model answers.
func predibaseAdapter(_ Settings, model string) string {
	_, adapter, _ := strings.Cut(model, ":")
	return adapter
}
