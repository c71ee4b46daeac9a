package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"sluice/core/secret"
)

// newSecretKeys reads the gateway's keys from the secret with that name or
// ARN. The client is made at the first request: starting costs nothing.
func newSecretKeys(id string, getenv func(string) string) *keys {
	client := sync.OnceValue(func() *secretsmanager.Client {
		return secretsmanager.New(secretsmanager.Options{
			Region:       region(getenv),
			Credentials:  credentials(getenv),
			BaseEndpoint: endpoint(getenv, "SECRETS_MANAGER"),
		})
	})
	return newKeys(func(ctx context.Context) ([]secret.Value, error) {
		out, err := client().GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
		if err != nil {
			return nil, fmt.Errorf("reading the gateway keys: %w", err)
		}
		return parseKeys(aws.ToString(out.SecretString))
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

// endpoint is the override for a service, nil if there is none. Clients that
// are made from options do not look for it themselves.
//
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html.
func endpoint(getenv func(string) string, service string) *string {
	if url := cmp.Or(getenv("AWS_ENDPOINT_URL_"+service), getenv("AWS_ENDPOINT_URL")); url != "" {
		return &url
	}
	return nil
}
