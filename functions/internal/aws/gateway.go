// Package aws makes the configuration of a gateway from the environment of a
// process on AWS.
//
// Clients are made from options, not with the SDK's default chain, which costs
// 5 ms of CPU at every cold start.
package aws

import (
	"errors"
	"io"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"sluice/core/gateway"
	"sluice/core/provider"
	"sluice/core/secret"
)

// Gateway reads the settings of the gateway function:
//
//	SLUICE_KEY_SECRET         name or ARN of the secret with the gateway's keys:
//	                          a key as it is, or a JSON array of them
//	SLUICE_KEY                the key itself, for local runs
//	SLUICE_PROVIDERS_SECRET   name or ARN of the secret with the operator's
//	                          credentials, as provider.Keyring describes it
//	SLUICE_CONFIG             default routing config, as JSON
//	SLUICE_SEMANTIC           how the cache finds requests that mean the same:
//	                          see gateway.Config.Semantic
//	SLUICE_TRUSTED_HOSTS      private hosts that may be called, with commas
//
// and those of [Store], [Bedrock] and [Vectors].
//
// A function without a key is refused: its URL would be open to everybody.
// Secrets are read when a request needs them, kept for minutes, and used
// longer while they cannot be read.
func Gateway(getenv func(string) string) (gateway.Config, error) {
	return configure(getenv, secret.NewCached(Secrets(getenv), nil))
}

func configure(getenv func(string) string, secrets *secret.Cached) (gateway.Config, error) {
	c := gateway.Config{
		Keyring:       &provider.Keyring{Env: getenv},
		DefaultConfig: getenv("SLUICE_CONFIG"),
		Semantic:      getenv("SLUICE_SEMANTIC"),
		TrustedHosts:  fields(getenv("SLUICE_TRUSTED_HOSTS")),
		AllowLoopback: !onLambda(getenv), // there it holds the Runtime API
		Bedrock:       Bedrock(getenv),
		Vectors:       Vectors(getenv),
	}
	c.State, c.Data = Store(getenv)
	if id := getenv("SLUICE_PROVIDERS_SECRET"); id != "" {
		c.Keyring.Cache, c.Keyring.Ref = secrets, secret.Ref{Scheme: scheme, Name: id}
	}
	id, key := getenv("SLUICE_KEY_SECRET"), getenv("SLUICE_KEY")
	switch {
	case id != "":
		c.Keys = keys{secrets, secret.Ref{Scheme: scheme, Name: id}}
	case key != "":
		c.Keys = gateway.StaticKeys(secret.New(key))
	default:
		return c, errors.New("no gateway key: set SLUICE_KEY_SECRET to the name of a secret, or SLUICE_KEY")
	}
	return c, nil
}

// Logger writes as Lambda's log settings say, with the id of the request; and
// elsewhere as text to stderr.
func Logger(getenv func(string) string, stderr io.Writer) *slog.Logger {
	if onLambda(getenv) {
		return lambdacontext.NewLogger()
	}
	return slog.New(slog.NewTextHandler(stderr, nil))
}

func onLambda(getenv func(string) string) bool { return getenv("AWS_LAMBDA_RUNTIME_API") != "" }

func fields(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}
