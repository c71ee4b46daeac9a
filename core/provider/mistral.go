package provider

func init() {
	add(Spec{
		ID: "mistral-ai", Name: "Mistral AI", Docs: "https://docs.mistral.ai/api/endpoint/chat",
		BaseURL: "https://api.mistral.ai/v1", Select: mistralEndpoints,
		Endpoints: noUsageChat, Quirks: mistral,
		Options: []Option{{Key: "mistral_fim_completion", Headers: []string{"mistral-fim-completion"}}},
	})
}

// mistralEndpoints sends requests with prompt and suffix to
// fill-in-the-middle when the option says so: the rest of the body is chat's.
func mistralEndpoints(s Settings, all []Endpoint) []Endpoint {
	if s.Option("mistral_fim_completion") != "true" {
		return all
	}
	fim := all[0]
	fim.Path = "/fim/completions"
	return []Endpoint{fim}
}
