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
// the check itself, or what the process lends to any target on Azure; only the
// functions that the operator lists are called with the process's own.
func (c Config) guards(amazon *awsx.Transport, client upstream.Doer) guardrail.Env {
	env := guardrail.Env{
		HTTP:           client,
		Restores:       true,
		ApplyGuardrail: amazon.ApplyGuardrail,
		AzureToken: func(ctx context.Context, options map[string]secret.Value, host string) (string, error) {
			return provider.AzureToken(ctx, provider.Settings{Options: options, Ambient: c.Ambient}, host)
		},
	}
	if c.Bedrock.DefaultCredentials != nil {
		env.Invoke, env.MayInvoke = amazon.Invoke, amazon.MayInvoke
	}
	return env
}
