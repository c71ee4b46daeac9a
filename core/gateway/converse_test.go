package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sluice/core/gateway"
	"sluice/core/internal/frame"
	"sluice/core/secret"
)

// amazon is a client of Bedrock whose endpoint is a gateway and nothing else.
// Its access key is the gateway's key.
func amazon(front *httptest.Server, key string, headers map[string]string) *bedrockruntime.Client {
	return bedrockruntime.New(bedrockruntime.Options{
		Region: "us-east-1", BaseEndpoint: &front.URL, Retryer: aws.NopRetryer{}, HTTPClient: front.Client(),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key, SecretAccessKey: "anything", SessionToken: "a session"}, nil
		}),
		APIOptions: []func(*middleware.Stack) error{func(s *middleware.Stack) error {
			return s.Build.Add(middleware.BuildMiddlewareFunc("Headers", func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
				for k, v := range headers {
					in.Request.(*smithyhttp.Request).Header.Set(k, v)
				}
				return next.HandleBuild(ctx, in)
			}), middleware.After)
		}},
	})
}

// bilingual answers a question about the weather as each of four providers
// does: a word, and a call.
func bilingual(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	asked := string(body)
	if !strings.Contains(asked, "Weather?") || !strings.Contains(asked, "get_weather") || !strings.Contains(asked, "Be brief") {
		http.Error(w, asked, http.StatusTeapot)
		return
	}
	if signed := r.Header.Get("Authorization"); strings.Contains(signed, "the-key") || strings.HasPrefix(signed, "AWS4-") && !strings.Contains(signed, "AKIDEXAMPLE") {
		http.Error(w, "the client's signature was sent on", http.StatusTeapot)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/messages") && strings.Contains(asked, "anthropic_") {
		http.Error(w, "Extra inputs are not permitted", http.StatusTeapot)
		return
	}
	stream := strings.Contains(asked, `"stream":true`) || strings.Contains(r.URL.Path, "tream")
	w.Header().Set("Content-Type", "application/json")
	if stream {
		w.Header().Set("Content-Type", "text/event-stream")
	}
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/invoke-with-response-stream"):
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		write(w, invokeFrames)
	case strings.HasPrefix(path, "/model/") && stream:
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		write(w, converseFrames)
	case strings.HasSuffix(path, "/invoke"):
		write(w, messagesAnswer)
	case strings.HasPrefix(path, "/model/"):
		write(w, converseAnswer)
	case strings.HasSuffix(path, "/messages") && stream:
		write(w, messagesWeather)
	case strings.HasSuffix(path, "/messages"):
		write(w, messagesAnswer)
	case strings.Contains(path, "enerateContent"):
		answer := `{"candidates":[{"content":{"role":"model","parts":[{"text":"Let me look."},{"functionCall":{"name":"get_weather","args":{"city":"Paris"}}}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":15}}`
		if stream {
			answer = "data: " + answer + "\r\n\r\n"
		}
		write(w, answer)
	case stream:
		write(w, chatWeather)
	default:
		write(w, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Let me look.","tool_calls":[{"id":"t1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Paris\"}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}`)
	}
}

const messagesAnswer = `{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Let me look."},{"type":"tool_use","id":"t1","name":"get_weather","input":{"city":"Paris"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":5}}`

const converseAnswer = `{"output":{"message":{"role":"assistant","content":[{"text":"Let me look."},{"toolUse":{"toolUseId":"t1","name":"get_weather","input":{"city":"Paris"}}}]}},"stopReason":"tool_use","usage":{"inputTokens":10,"outputTokens":5,"totalTokens":15},"metrics":{"latencyMs":3},"unheardOf":{"kept":1.50}}`

// converseFrames end with a member that nobody has heard of.
var converseFrames = func() string {
	var b []byte
	for _, e := range [][2]string{
		{"messageStart", `{"p":"ab","role":"assistant"}`},
		{"contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"Let me look."}}`},
		{"contentBlockStop", `{"contentBlockIndex":0}`},
		{"contentBlockStart", `{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"t1","name":"get_weather"}}}`},
		{"contentBlockDelta", `{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"city\":"}}}`},
		{"contentBlockDelta", `{"contentBlockIndex":1,"delta":{"toolUse":{"input":"\"Paris\"}"}}}`},
		{"contentBlockStop", `{"contentBlockIndex":1}`},
		{"messageStop", `{"stopReason":"tool_use"}`},
		{"metadata", `{"usage":{"inputTokens":10,"outputTokens":5,"totalTokens":15},"metrics":{"latencyMs":3},"unheardOf":{"kept":1.50}}`},
	} {
		b = frame.AppendEvent(b, e[0], []byte(e[1]))
	}
	return string(b)
}()

const messagesWeather = `event: message_start
data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Let me look."}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"get_weather","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"city\":\"Paris\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":5}}

event: message_stop
data: {"type":"message_stop"}

`

const chatWeather = `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Let me look."},"finish_reason":null}]}

data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Paris\"}"}}]},"finish_reason":null}]}

data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}

data: [DONE]

`

// weather is the question. Its tool has a schema.
func weather(model string) *bedrockruntime.ConverseInput {
	return &bedrockruntime.ConverseInput{
		ModelId:  &model,
		System:   []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: "Be brief"}},
		Messages: []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "Weather?"}}}},
		ToolConfig: &types.ToolConfiguration{Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
			Name: aws.String("get_weather"), InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(map[string]any{
				"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}},
			})},
		}}}},
		InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(99)},
	}
}

// upstreams are the headers by which a client names each provider.
func upstreams(url string) map[string]map[string]string {
	target := func(id string, more ...string) map[string]string {
		h := map[string]string{"X-Portkey-Provider": id, "X-Portkey-Custom-Host": url, "X-Api-Key": "theirs"}
		for i := 0; i < len(more); i += 2 {
			h[more[i]] = more[i+1]
		}
		return h
	}
	return map[string]map[string]string{
		"openai": target("openai"), "anthropic": target("anthropic"), "google": target("google"),
		"bedrock": target("bedrock", "X-Portkey-Aws-Access-Key-Id", "AKIDEXAMPLE", "X-Portkey-Aws-Secret-Access-Key", "theirs"),
	}
}

func TestTheSDKOfAmazonReachesEveryProvider(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{Keys: gateway.StaticKeys(secret.New("the-key"))}, bilingual)
	for id, headers := range upstreams(up.URL) {
		client := amazon(front, "the-key", headers)
		for _, model := range []string{"anthropic.claude-sonnet-4-5-20250929-v1:0", "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5"} {
			out, err := client.Converse(t.Context(), weather(model))
			if err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			blocks := out.Output.(*types.ConverseOutputMemberMessage).Value.Content
			call, ok := blocks[len(blocks)-1].(*types.ContentBlockMemberToolUse)
			if !ok || *call.Value.Name != "get_weather" || out.StopReason != types.StopReasonToolUse || *out.Usage.OutputTokens != 5 {
				t.Errorf("%s: the SDK reads %+v", id, out)
			}
			if got := streamed(t, client, model); got != `Let me look.|get_weather {"city":"Paris"}|tool_use|10+5` {
				t.Errorf("%s: the SDK reads the stream as %s", id, got)
			}
		}
	}
}

// streamed asks for a stream, and tells what the SDK reads.
func streamed(t *testing.T, client *bedrockruntime.Client, model string) string {
	t.Helper()
	in := weather(model)
	out, err := client.ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{
		ModelId: in.ModelId, Messages: in.Messages, System: in.System, ToolConfig: in.ToolConfig, InferenceConfig: in.InferenceConfig,
	})
	if err != nil {
		return err.Error()
	}
	s := out.GetStream()
	defer s.Close()
	var b strings.Builder
	for e := range s.Events() {
		switch e := e.(type) {
		case *types.ConverseStreamOutputMemberContentBlockStart:
			b.WriteString("|" + *e.Value.Start.(*types.ContentBlockStartMemberToolUse).Value.Name + " ")
		case *types.ConverseStreamOutputMemberContentBlockDelta:
			switch d := e.Value.Delta.(type) {
			case *types.ContentBlockDeltaMemberText:
				b.WriteString(d.Value)
			case *types.ContentBlockDeltaMemberToolUse:
				b.WriteString(*d.Value.Input)
			}
		case *types.ConverseStreamOutputMemberMessageStop:
			b.WriteString("|" + string(e.Value.StopReason))
		case *types.ConverseStreamOutputMemberMetadata:
			fmt.Fprintf(&b, "|%d+%d", *e.Value.Usage.InputTokens, *e.Value.Usage.OutputTokens)
		}
	}
	if err := s.Err(); err != nil {
		b.WriteString("|" + err.Error())
	}
	return b.String()
}

func TestConverseOnBedrockIsForwardedAsItIs(t *testing.T) {
	t.Parallel()
	const sent = "{ \"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"Weather? get_weather Be brief\"}]}],\n\"unheardOf\":9007199254740993,\"model\":7}"
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) != sent || !strings.HasPrefix(r.URL.EscapedPath(), "/model/arn%3Aaws%3Abedrock%3A%3A1%3Aprompt%2FA%3A1/converse") {
			t.Errorf("upstream was sent %s at %s", body, r.URL.EscapedPath())
		}
		if auth := r.Header.Get("Authorization"); !strings.Contains(auth, "Credential=AKIDEXAMPLE/") || r.Header.Get("X-Amz-Security-Token") != "" {
			t.Errorf("upstream was asked by %q", auth)
		}
		r.Body = io.NopCloser(strings.NewReader(sent))
		bilingual(w, r)
	})
	headers := upstreams(up.URL)["bedrock"]
	delete(headers, "X-Api-Key")
	headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=CLIENT/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=00"
	headers["X-Amz-Security-Token"] = "the client's"
	for path, want := range map[string]string{"converse": converseAnswer, "converse-stream": converseFrames} {
		status, got := post(t, front, "/model/arn%3Aaws%3Abedrock%3A%3A1%3Aprompt%2FA%3A1/"+path, sent, headers)
		if status != http.StatusOK || got != want {
			t.Errorf("%s: got %d\n%q\nwant\n%q", path, status, got, want)
		}
	}
}

func TestErrorsAreWhatTheSDKOfAmazonKnows(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{Keys: gateway.StaticKeys(secret.New("the-key"))}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		write(w, `{"error":{"message":"slow down","type":"rate_limit_error"}}`)
	})
	code := func(client *bedrockruntime.Client) string {
		_, err := client.Converse(t.Context(), weather("m"))
		e, ok := errors.AsType[smithy.APIError](err)
		if !ok || e.ErrorMessage() == "" {
			t.Fatalf("the SDK reads %v", err)
		}
		return e.ErrorCode()
	}
	if got := code(amazon(front, "the-key", upstreams(up.URL)["openai"])); got != "ThrottlingException" {
		t.Errorf("a limit is a %s", got)
	}
	if got := code(amazon(front, "wrong", nil)); got != "UnrecognizedClientException" {
		t.Errorf("a wrong key is a %s", got)
	}
	if got := code(amazon(front, "the-key", nil)); got != "ValidationException" {
		t.Errorf("a request without target is a %s", got)
	}
}

// TestABrokenStreamIsAnException cuts a stream of chat after its first words.
func TestABrokenStreamIsAnException(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		write(w, strings.SplitAfter(chatWeather, "\n\n")[0])
	})
	got := streamed(t, amazon(front, "AKID", upstreams(up.URL)["openai"]), "m")
	if !strings.HasPrefix(got, "Let me look.|") || !strings.Contains(got, "ModelStreamErrorException") || strings.Contains(got, "end_turn") {
		t.Errorf("the SDK reads %s", got)
	}
}
