package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"
)

// TestClientsOfAmazonBehindTheFunctionURL has AWS's SDK read what a function
// streams: binary frames, and the names of errors.
func TestClientsOfAmazonBehindTheFunctionURL(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:sluice/gateway-key-AbCdEf"
	store, _ := secrets(t, arn, "the-gateway-key")
	e, _ := start(t, "SLUICE_KEY_SECRET="+arn, "AWS_ENDPOINT_URL_SECRETS_MANAGER="+store)
	client := func(key string) *bedrockruntime.Client {
		return bedrockruntime.New(bedrockruntime.Options{
			Region: "us-east-1", BaseEndpoint: aws.String(e.URL), Retryer: aws.NopRetryer{},
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: key, SecretAccessKey: "anything"}, nil
			}),
		})
	}
	model := aws.String("@echo/echo")
	hi := []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "hi"}}}}
	out, err := client("the-gateway-key").ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{ModelId: model, Messages: hi})
	if err != nil {
		t.Fatal(err)
	}
	var text, stop strings.Builder
	for ev := range out.GetStream().Events() {
		switch ev := ev.(type) {
		case *types.ConverseStreamOutputMemberContentBlockDelta:
			text.WriteString(ev.Value.Delta.(*types.ContentBlockDeltaMemberText).Value)
		case *types.ConverseStreamOutputMemberMessageStop:
			stop.WriteString(string(ev.Value.StopReason))
		}
	}
	if err := out.GetStream().Err(); err != nil || text.Len() == 0 || stop.String() != "end_turn" {
		t.Errorf("the SDK reads %q, %q, %v", text.String(), stop.String(), err)
	}
	_, err = client("wrong").Converse(t.Context(), &bedrockruntime.ConverseInput{ModelId: model, Messages: hi})
	if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorCode() != "UnrecognizedClientException" {
		t.Errorf("with a wrong key the SDK reads %v", err)
	}
}
