package gateway

import (
	"context"

	guardrail "sluice/core/guard"
	"sluice/core/provider"
	"sluice/core/secret"
	"sluice/core/upstream"
	"sluice/core/upstream/awsx"
)

// guards is what checks work with. Credentials of AWS and Azure are those of
// the check itself, or what the process lends to any target on Azure.
func (c Config) guards(amazon *awsx.Transport, client upstream.Doer) guardrail.Env {
	return guardrail.Env{
		HTTP:           client,
		ApplyGuardrail: amazon.ApplyGuardrail,
		AzureToken: func(ctx context.Context, options map[string]secret.Value, host string) (string, error) {
			return provider.AzureToken(ctx, provider.Settings{Options: options, Ambient: c.Ambient}, host)
		},
	}
}
