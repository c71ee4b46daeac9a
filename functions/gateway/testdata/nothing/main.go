// Command nothing is what the start of the gateway is compared with: a
// function that links the same packages of AWS and does nothing. What the
// gateway takes longer is ours.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	bedrocktypes "github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secretstypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/auth/bearer"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// linked has something of each package. It is never used, which the linker
// cannot know.
var linked = []any{
	lambdacontext.NewLogger,
	aws.NopRetryer{},
	retry.NewStandard,
	bedrockruntime.New, bedrocktypes.ThrottlingException{},
	dynamodb.New, dynamodbtypes.TransactionCanceledException{},
	s3.New, s3types.NoSuchKey{},
	secretsmanager.New, secretstypes.ResourceNotFoundException{},
	sts.New,
	smithy.OperationError{},
	bearer.StaticTokenProvider{},
	middleware.NewStack,
	smithyhttp.NewStackRequest,
}

func main() {
	if os.Getenv("PRINT_LINKED") != "" {
		fmt.Println(linked...)
	}
	lambda.Start(answer)
}

func answer(context.Context, *events.LambdaFunctionURLRequest) (*events.LambdaFunctionURLStreamingResponse, error) {
	return &events.LambdaFunctionURLStreamingResponse{
		StatusCode: http.StatusOK,
		Headers:    map[string]string{"Content-Type": "application/json"},
		Body:       strings.NewReader(`{"status":"ok"}`),
	}, nil
}
