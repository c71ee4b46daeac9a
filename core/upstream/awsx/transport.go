package awsx

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/core/dialect/bedrock"
	"sluice/core/llm"
	"sluice/core/provider"
	"sluice/core/secret"
)

// Config says where requests go and who pays when a target does not say so.
// The zero value reaches AWS with the targets' own credentials only.
type Config struct {
	// HTTPClient sends requests, to Bedrock and to the token service. It
	// must have no timeout, which would cut streams. If it has no policy for
	// redirects, none is followed: a signature is for one host. Nil means a
	// client of its own.
	HTTPClient *http.Client

	// DefaultCredentials are those of the process, such as a function's
	// role. They serve targets without credentials, and are the source of
	// roles that targets assume without keys. Nil means that there are none.
	DefaultCredentials aws.CredentialsProvider

	// DefaultToken is a Bedrock API key for targets without credentials. It
	// goes before DefaultCredentials, as AWS_BEARER_TOKEN_BEDROCK does in
	// the SDKs.
	DefaultToken secret.Value

	// DefaultRegion serves targets without a region. Empty means us-east-1.
	DefaultRegion string

	// Endpoint takes the place of AWS's own, as AWS_ENDPOINT_URL_BEDROCK_RUNTIME
	// says. A target's custom host goes before it.
	Endpoint string

	// ControlEndpoint takes the place of AWS's own for jobs, as
	// AWS_ENDPOINT_URL_BEDROCK says, and S3Endpoint for their files, as
	// AWS_ENDPOINT_URL_S3 does.
	ControlEndpoint, S3Endpoint string

	// Bucket is the only one that DefaultCredentials reach for clients: what
	// else the process may read is not theirs. Empty means none.
	Bucket string

	// BatchRole is what jobs on Bedrock run with when DefaultCredentials made
	// them, as an ARN. Empty means that clients name one.
	BatchRole string

	// Functions are ARNs of the Lambda functions that checks may call with
	// DefaultCredentials, in which * stands for any text. Empty means none:
	// what else the process may call is not for clients.
	Functions []string

	// LambdaEndpoint takes the place of AWS's own, as AWS_ENDPOINT_URL_LAMBDA
	// says.
	LambdaEndpoint string

	// STSEndpoint takes the place of AWS's token service, as
	// AWS_ENDPOINT_URL_STS says.
	STSEndpoint string
}

// An Op is an operation of Bedrock's runtime API.
//
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html
type Op uint8

// The operations that carry raw bodies.
const (
	Converse Op = iota
	ConverseStream
	CountTokens // takes base models only: the geography of a profile is stripped
	InvokeModel
	InvokeModelStream
)

// A Transport sends requests to Bedrock. It is safe for concurrent use.
type Transport struct {
	config  Config
	http    *http.Client
	clients clients[*bedrockruntime.Client]
	sources clients[aws.CredentialsProvider]
	buckets clients[*s3.Client]
}

// New returns a transport. It reads no file and makes no connection; clients
// are made when they are first needed.
func New(c Config) *Transport {
	t := &Transport{config: c, http: &http.Client{}}
	if c.HTTPClient != nil {
		own := *c.HTTPClient
		t.http = &own
	}
	if t.http.CheckRedirect == nil {
		t.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return t
}

// Do sends body, byte for byte, to an operation of a model, and returns the
// answer as it came, whatever its status. The caller closes its body, which
// for streams is open. Headers are signed along; those that are the SDK's or
// the connection's business are left out.
//
// Errors are an [llm.Error]: Credential, Unreachable, Timeout, Canceled or
// BadRequest. None of them holds a secret.
func (t *Transport) Do(ctx context.Context, s provider.Settings, op Op, model string, body []byte, header http.Header) (*http.Response, error) {
	if model == "" {
		return nil, llm.Errorf(llm.BadRequest, "Model is required")
	}
	id, err := t.identify(s, true)
	if err != nil {
		return nil, err
	}
	if id.lent {
		if err := t.allowLocations(body); err != nil {
			return nil, err
		}
	}
	c := &call{body: body, header: header, http: t.http}
	if err := c.send(ctx, t.clients.get(id, t.newClient), op, model); err != nil {
		return nil, classify(ctx, err)
	}
	return c.response, nil
}

// send calls the SDK's operation. Its input holds no more than what the SDK
// checks and needs for the URL.
func (c *call) send(ctx context.Context, client *bedrockruntime.Client, op Op, model string) error {
	var err error
	switch op {
	case Converse:
		c.output = &bedrockruntime.ConverseOutput{}
		_, err = client.Converse(ctx, &bedrockruntime.ConverseInput{ModelId: &model}, c.raw)
	case ConverseStream:
		c.output = &bedrockruntime.ConverseStreamOutput{}
		_, err = client.ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: &model}, c.raw)
	case CountTokens:
		model = bedrock.BaseModel(model)
		c.output = &bedrockruntime.CountTokensOutput{}
		_, err = client.CountTokens(ctx, &bedrockruntime.CountTokensInput{ModelId: &model, Input: &types.CountTokensInputMemberConverse{}}, c.raw)
	case InvokeModel:
		c.output = &bedrockruntime.InvokeModelOutput{}
		_, err = client.InvokeModel(ctx, &bedrockruntime.InvokeModelInput{ModelId: &model}, c.raw)
	case InvokeModelStream:
		c.output = &bedrockruntime.InvokeModelWithResponseStreamOutput{}
		_, err = client.InvokeModelWithResponseStream(ctx, &bedrockruntime.InvokeModelWithResponseStreamInput{ModelId: &model}, c.raw)
	default:
		err = llm.Errorf(llm.Unsupported, "bedrock has no operation %d", op)
	}
	return err
}
