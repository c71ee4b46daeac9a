package aws

import (
	"sluice/core/secret"
	"sluice/core/upstream/awsx"
)

// Bedrock says what the process lends to Bedrock targets that bring nothing of
// their own: its region, its credentials (on Lambda those of the function's
// role), a Bedrock API key, and endpoints that take the place of AWS's.
//
//	FILES_BUCKET     bucket for files of clients: uploads, and those of batches
//	BATCH_ROLE_ARN   role that batches run with
//	SLUICE_GUARDRAIL_FUNCTIONS
//	                 ARNs of the Lambda functions that guardrails may call with
//	                 these credentials, with commas; * stands for any text
//
// See https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html.
func Bedrock(getenv func(string) string) awsx.Config {
	c := awsx.Config{
		DefaultRegion: region(getenv),
		DefaultToken:  secret.New(getenv("AWS_BEARER_TOKEN_BEDROCK")),
		Endpoint:      endpoint(getenv, "BEDROCK_RUNTIME"),
		STSEndpoint:   endpoint(getenv, "STS"),

		ControlEndpoint: endpoint(getenv, "BEDROCK"),
		S3Endpoint:      endpoint(getenv, "S3"),
		Bucket:          getenv("FILES_BUCKET"),
		BatchRole:       getenv("BATCH_ROLE_ARN"),
		LambdaEndpoint:  endpoint(getenv, "LAMBDA"),
	}
	if list := getenv("SLUICE_GUARDRAIL_FUNCTIONS"); list != "" {
		c.Functions = fields(list)
	}
	if getenv("AWS_ACCESS_KEY_ID") != "" {
		c.DefaultCredentials = credentials(getenv)
	}
	return c
}
