package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"sluice/core/secret"
)

// scheme is that of references to Secrets Manager: aws:stack/gateway-key, or
// an ARN in place of the name.
const scheme = "aws"

// Requests wait while a secret is read, for 5 s at most (see secret.Cached):
// time for a second attempt when the first one meets a dead connection.
const (
	secretAttempt = 2 * time.Second
	secretBackoff = 300 * time.Millisecond
)

// Secrets reads AWS Secrets Manager with the credentials of the environment.
// The client is made when it is first needed: starting costs nothing.
func Secrets(getenv func(string) string) secret.Source {
	client := sync.OnceValue(func() *secretsmanager.Client {
		attempts := *connections()
		attempts.Timeout = secretAttempt
		return secretsmanager.New(secretsmanager.Options{
			Region: region(getenv), Credentials: credentials(getenv), BaseEndpoint: baseEndpoint(getenv, "SECRETS_MANAGER"),
			HTTPClient: &attempts,
			Retryer:    retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = secretBackoff }),
		})
	})
	return secret.SourceFunc(func(ctx context.Context, r secret.Ref) (secret.Value, error) {
		out, err := client().GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &r.Name})
		if _, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
			return secret.Value{}, fmt.Errorf("%s: %w", r, secret.ErrNotFound)
		}
		if err != nil {
			return secret.Value{}, fmt.Errorf("%s: %w", r, err)
		}
		// What is true of variables holds here: empty is absent, # picks a field.
		return secret.Env(func(string) string { return aws.ToString(out.SecretString) }).Secret(ctx, r)
	})
}

// region is what Lambda sets, or what a shell has.
func region(getenv func(string) string) string {
	return cmp.Or(getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"))
}

// credentials are those of the environment. The SDK's chain is not asked: it
// costs time at the start, and Lambda's are always here.
func credentials(getenv func(string) string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		c := aws.Credentials{
			AccessKeyID:     getenv("AWS_ACCESS_KEY_ID"),
			SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
			SessionToken:    getenv("AWS_SESSION_TOKEN"),
			Source:          "environment",
		}
		if !c.HasKeys() {
			return aws.Credentials{}, errors.New("no AWS credentials in the environment")
		}
		return c, nil
	})
}

// endpoint takes the place of a service's own; it is empty if nothing does.
// Clients that are made from options do not look for it themselves.
//
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html.
func endpoint(getenv func(string) string, service string) string {
	return cmp.Or(getenv("AWS_ENDPOINT_URL_"+service), getenv("AWS_ENDPOINT_URL"))
}

// baseEndpoint is endpoint as clients want it: nil if there is none.
func baseEndpoint(getenv func(string) string, service string) *string {
	if url := endpoint(getenv, service); url != "" {
		return &url
	}
	return nil
}
