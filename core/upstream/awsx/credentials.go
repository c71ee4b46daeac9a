package awsx

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sluice/core/llm"
)

// credentials gives the credentials of an identity: its keys or those of the
// process, or a session of the role that they assume.
func (t *Transport) credentials(id identity) aws.CredentialsProvider {
	source := t.source(id)
	if id.role == "" {
		return source
	}
	return aws.NewCredentialsCache(t.assumed(id, source), func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = refreshEarly })
}

func (t *Transport) source(id identity) aws.CredentialsProvider {
	if id.key == "" {
		return lent{t.config.DefaultCredentials}
	}
	keys := aws.Credentials{AccessKeyID: id.key, SecretAccessKey: id.secret, SessionToken: id.session, Source: "target"}
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return keys, nil })
}

// lent are the credentials of the process.
type lent struct{ aws.CredentialsProvider }

// Retrieve gives what the process has.
func (l lent) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := l.CredentialsProvider.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		err = &llm.Error{
			Kind: llm.Credential, Err: err,
			Message: "no AWS credentials: the target has none and those of the process cannot be read; set aws_access_key_id and aws_secret_access_key",
		}
	}
	return c, err
}

const (
	// refreshEarly is how long before its end a session is renewed. Sessions
	// end by the wall clock, which goes on while a Lambda function is frozen.
	refreshEarly = 5 * time.Minute

	// assumeTime bounds a renewal, which several requests may wait for, so
	// that it cannot be bound to one of them.
	assumeTime = 15 * time.Second

	// sessionName is how sessions appear in the account's audit log.
	sessionName = "sluice"
)

// assumed assumes a role. A session belongs to the role and to who asked for
// it: the identity, in which both are, keeps it.
type assumed struct {
	client *sts.Client
	input  sts.AssumeRoleInput
}

func (t *Transport) assumed(id identity, source aws.CredentialsProvider) *assumed {
	o := sts.Options{Region: id.region, Credentials: source, HTTPClient: t.http, Retryer: aws.NopRetryer{}}
	if t.config.STSEndpoint != "" {
		o.BaseEndpoint = &t.config.STSEndpoint
	}
	a := &assumed{client: sts.New(o), input: sts.AssumeRoleInput{RoleArn: &id.role, RoleSessionName: aws.String(sessionName)}}
	if id.externalID != "" {
		a.input.ExternalId = &id.externalID
	}
	return a
}

// Retrieve asks for a session.
//
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
func (a *assumed) Retrieve(ctx context.Context) (aws.Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, assumeTime)
	defer cancel()
	out, err := a.client.AssumeRole(ctx, &a.input)
	if err != nil {
		return aws.Credentials{}, notAssumed(ctx, err)
	}
	c := out.Credentials
	if c == nil || c.AccessKeyId == nil || c.SecretAccessKey == nil || c.SessionToken == nil || c.Expiration == nil {
		return aws.Credentials{}, &llm.Error{Kind: llm.Upstream, Message: "the AWS token service gave no session"}
	}
	return aws.Credentials{
		AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken,
		CanExpire: true, Expires: *c.Expiration, Source: "assumed role",
	}, nil
}

// notAssumed says why there is no session, in AWS's words: they name the role
// and who asked, which is what the owner of the role has to know.
func notAssumed(ctx context.Context, err error) error {
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return classify(ctx, err)
	}
	kind := llm.Credential
	switch {
	case e.ErrorCode() == "Throttling" || e.ErrorCode() == "ThrottlingException":
		kind = llm.RateLimited
	case status(err) >= 500:
		kind = llm.Upstream
	}
	return &llm.Error{Kind: kind, Message: "the role cannot be assumed: " + e.ErrorCode() + ": " + e.ErrorMessage()}
}

func status(err error) int {
	if r, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return r.HTTPStatusCode()
	}
	return 0
}
