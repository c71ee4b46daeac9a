package awsx

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"sluice/core/dialect"
	"sluice/core/dialect/bedrock"
	"sluice/core/llm"
)

// The official SDK reads what the dialect writes for clients. The test stands
// here because this is where the SDK may be used.

func sdk(u *upstream) *bedrockruntime.Client {
	return bedrockruntime.New(bedrockruntime.Options{
		Region: "us-east-1", BaseEndpoint: &u.URL, Credentials: process("K"), Retryer: aws.NopRetryer{}, HTTPClient: u.Client(),
	})
}

func TestTheSDKReadsOurStreams(t *testing.T) {
	t.Parallel()
	usage := &llm.Usage{Input: 10, Output: 5, CacheRead: 3, CacheWrite1h: 2}
	events := []llm.Event{
		{Kind: llm.EventStart},
		{Kind: llm.EventPartStart, PartKind: llm.ReasoningPart}, {Kind: llm.EventReasoning, Text: "hm"}, {Kind: llm.EventSignature, Text: "sig"}, {Kind: llm.EventPartStop},
		{Kind: llm.EventPartStart, PartKind: llm.RedactedPart, Part: 1, Text: "cmVk"}, {Kind: llm.EventPartStop, Part: 1},
		{Kind: llm.EventPartStart, PartKind: llm.TextPart, Part: 2}, {Kind: llm.EventText, Part: 2, Text: "Hé"},
		{Kind: llm.EventCitation, Part: 2, Citation: &llm.Citation{Title: "T", URL: "https://example.com", Quote: "q"}}, {Kind: llm.EventPartStop, Part: 2},
		{Kind: llm.EventPartStart, PartKind: llm.ToolCallPart, Part: 3, ID: "t", Name: "f"}, {Kind: llm.EventArguments, Part: 3, Text: `{"a":1}`}, {Kind: llm.EventPartStop, Part: 3},
		{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishToolCalls}}, {Kind: llm.EventUsage, Usage: usage}, {Kind: llm.EventDone},
	}
	u := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		enc := bedrock.Codec{}.EncodeStream(dialect.Options{})
		w.Header().Set("Content-Type", enc.ContentType())
		out := enc.Ping(nil)
		for _, e := range events {
			out, _ = enc.Encode(out, e)
		}
		out, _ = enc.Flush(out)
		w.Write(out)
	})
	resp, err := sdk(u).ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{ModelId: aws.String(testModel)})
	if err != nil {
		t.Fatal(err)
	}
	stream := resp.GetStream()
	defer stream.Close()
	var got []string
	for e := range stream.Events() {
		if _, ping := e.(*types.UnknownUnionMember); !ping {
			got = append(got, describe(e))
		}
	}
	want := `start assistant
0 thought hm
0 signature sig
0 stop
1 redacted red
1 stop
2 text Hé
2 cited T
2 stop
3 call t f
3 input {"a":1}
3 stop
finish tool_use
usage 10 5 20 3 2 1h`
	if s := strings.Join(got, "\n"); s != want || stream.Err() != nil {
		t.Errorf("the SDK reads\n%s\n(%v) want\n%s", s, stream.Err(), want)
	}
}

func describe(e types.ConverseStreamOutput) string {
	switch e := e.(type) {
	case *types.ConverseStreamOutputMemberMessageStart:
		return "start " + string(e.Value.Role)
	case *types.ConverseStreamOutputMemberContentBlockStart:
		u := e.Value.Start.(*types.ContentBlockStartMemberToolUse).Value
		return fmt.Sprint(*e.Value.ContentBlockIndex, " call ", *u.ToolUseId, " ", *u.Name)
	case *types.ConverseStreamOutputMemberContentBlockDelta:
		return fmt.Sprint(*e.Value.ContentBlockIndex, " ", describeDelta(e.Value.Delta))
	case *types.ConverseStreamOutputMemberContentBlockStop:
		return fmt.Sprint(*e.Value.ContentBlockIndex, " stop")
	case *types.ConverseStreamOutputMemberMessageStop:
		return "finish " + string(e.Value.StopReason)
	case *types.ConverseStreamOutputMemberMetadata:
		u := e.Value.Usage
		return fmt.Sprint("usage ", *u.InputTokens, *u.OutputTokens, *u.TotalTokens, *u.CacheReadInputTokens, *u.CacheWriteInputTokens, " ", u.CacheDetails[0].Ttl)
	}
	return fmt.Sprintf("%T", e)
}

func describeDelta(d types.ContentBlockDelta) string {
	switch d := d.(type) {
	case *types.ContentBlockDeltaMemberText:
		return "text " + d.Value
	case *types.ContentBlockDeltaMemberToolUse:
		return "input " + *d.Value.Input
	case *types.ContentBlockDeltaMemberCitation:
		return "cited " + *d.Value.Title
	case *types.ContentBlockDeltaMemberReasoningContent:
		switch r := d.Value.(type) {
		case *types.ReasoningContentBlockDeltaMemberText:
			return "thought " + r.Value
		case *types.ReasoningContentBlockDeltaMemberSignature:
			return "signature " + r.Value
		case *types.ReasoningContentBlockDeltaMemberRedactedContent:
			return "redacted " + string(r.Value)
		}
	}
	return fmt.Sprintf("%T", d)
}

func TestTheSDKReadsOurErrorsAndSkipsPings(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		enc := bedrock.Codec{}.EncodeStream(dialect.Options{})
		w.Header().Set("Content-Type", enc.ContentType())
		out, _ := enc.Encode(nil, llm.Event{Kind: llm.EventStart})
		out = enc.Ping(out)
		w.Write(enc.Error(out, &llm.Error{Kind: llm.RateLimited, Message: "slow down"}))
	})
	resp, err := sdk(u).ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{ModelId: aws.String(testModel)})
	if err != nil {
		t.Fatal(err)
	}
	stream := resp.GetStream()
	defer stream.Close()
	for e := range stream.Events() {
		switch e.(type) {
		case *types.ConverseStreamOutputMemberMessageStart, *types.UnknownUnionMember:
		default:
			t.Errorf("the SDK reads a %T", e)
		}
	}
	if e, ok := errors.AsType[*types.ThrottlingException](stream.Err()); !ok || e.ErrorMessage() != "slow down" {
		t.Errorf("the stream ends with %v", stream.Err())
	}
}

func TestTheSDKReadsOurAnswers(t *testing.T) {
	t.Parallel()
	answer := &llm.Response{
		Choices: []llm.Choice{{
			Parts:  []llm.Part{&llm.Text{Text: "A"}, &llm.ToolCall{ID: "t", Name: "f", Arguments: `{"a":1}`}},
			Finish: llm.Finish{Reason: llm.FinishToolCalls},
		}},
		Usage: &llm.Usage{Input: 1, Output: 2},
	}
	u := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		b, err := bedrock.Codec{}.EncodeResponse(answer, dialect.Options{})
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(b)
	})
	out, err := sdk(u).Converse(t.Context(), &bedrockruntime.ConverseInput{ModelId: aws.String(testModel)})
	if err != nil {
		t.Fatal(err)
	}
	m := out.Output.(*types.ConverseOutputMemberMessage).Value
	if len(m.Content) != 2 || m.Content[0].(*types.ContentBlockMemberText).Value != "A" || out.StopReason != types.StopReasonToolUse || *out.Usage.TotalTokens != 3 || out.Metrics == nil {
		t.Errorf("the SDK reads %+v", out)
	}
	var input map[string]any
	if err := m.Content[1].(*types.ContentBlockMemberToolUse).Value.Input.UnmarshalSmithyDocument(&input); err != nil || fmt.Sprint(input["a"]) != "1" {
		t.Errorf("the SDK reads the input %v, %v", input, err)
	}
}

func TestTheSDKReadsOurFailures(t *testing.T) {
	t.Parallel()
	failure := &llm.Error{Kind: llm.Overloaded, Message: "try later"}
	u := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Errortype", bedrock.ErrorType(failure))
		w.WriteHeader(failure.HTTPStatus())
		w.Write(bedrock.Codec{}.EncodeError(failure, dialect.Options{}))
	})
	_, err := sdk(u).Converse(t.Context(), &bedrockruntime.ConverseInput{ModelId: aws.String(testModel)})
	if e, ok := errors.AsType[*types.ServiceUnavailableException](err); !ok || e.ErrorMessage() != "try later" {
		t.Errorf("the SDK reads %v", err)
	}
}
