package gateway_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"sluice/core/gateway"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/secret"
)

// invokeFrames are the events of messagesWeather in chunks.
var invokeFrames = func() string {
	var b []byte
	for f := range frame.SSE(strings.NewReader(messagesWeather), 0) {
		b = appendChunk(b, string(f.Data))
	}
	return string(b)
}()

func appendChunk(b []byte, payload string) []byte {
	return frame.AppendEvent(b, "chunk", []byte(`{"p":"ab","bytes":"`+base64.StdEncoding.EncodeToString([]byte(payload))+`"}`))
}

// claudeWeather is the question as Claude Code writes it for Bedrock.
const claudeWeather = `{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["interleaved-thinking-2025-05-14"],"max_tokens":99,"system":"Be brief",` +
	`"messages":[{"role":"user","content":"Weather?"}],"tools":[{"name":"get_weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}]}`

func TestInvokeModelReachesEveryProvider(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{Keys: gateway.StaticKeys(secret.New("the-key"))}, bilingual)
	for id, headers := range upstreams(up.URL) {
		client := amazon(front, "the-key", headers)
		model := aws.String("us.anthropic.claude-sonnet-4-5-20250929-v1:0")
		out, err := client.InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{ModelId: model, Body: []byte(claudeWeather)})
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if json.Unquote(json.Lookup(out.Body, "content", "1", "name")) != "get_weather" || json.Unquote(json.Lookup(out.Body, "stop_reason")) != "tool_use" {
			t.Errorf("%s answers %s", id, out.Body)
		}
		stream, err := client.InvokeModelWithResponseStream(t.Context(), &bedrockruntime.InvokeModelWithResponseStreamInput{ModelId: model, Body: []byte(claudeWeather)})
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if got := chunks(stream); !strings.HasPrefix(got, "message_start ") || !strings.HasSuffix(got, " message_delta message_stop") || !strings.Contains(got, "input_json_delta") {
			t.Errorf("%s streams %s", id, got)
		}
	}
}

// chunks tells the types of the events that the SDK reads.
func chunks(out *bedrockruntime.InvokeModelWithResponseStreamOutput) string {
	s := out.GetStream()
	defer s.Close()
	var types_ []string
	for e := range s.Events() {
		if c, ok := e.(*types.ResponseStreamMemberChunk); ok {
			types_ = append(types_, json.Unquote(json.Lookup(c.Value.Bytes, "type")))
			if d := json.Lookup(c.Value.Bytes, "delta", "type"); d != nil {
				types_ = append(types_, json.Unquote(d))
			}
		}
	}
	if err := s.Err(); err != nil {
		types_ = append(types_, err.Error())
	}
	return strings.Join(types_, " ")
}

// TestInvokeModelOnBedrockIsForwardedAsItIs also holds for families that
// nobody has heard of.
func TestInvokeModelOnBedrockIsForwardedAsItIs(t *testing.T) {
	t.Parallel()
	const sent, answer = "{ \"model\":7, \"stream\":\"x\",\n \"messages\":[], \"y\":1.50}", "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"finish_reason\":\"stop\"}],\"z\":1.50}\n"
	frames := string(appendChunk(appendChunk(nil, `{"choices":[{"index":0,"delta":{"content":"Hi"}}]}`), `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"amazon-bedrock-invocationMetrics":{"inputTokenCount":1,"outputTokenCount":2}}`))
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) != sent || r.Header.Get("X-Amzn-Bedrock-Guardrailidentifier") != "g" {
			t.Errorf("upstream was sent %s %v", body, r.Header)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Amzn-Bedrock-Input-Token-Count", "1")
		if strings.HasSuffix(r.URL.Path, "stream") {
			w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
			write(w, frames)
			return
		}
		write(w, answer)
	})
	headers := upstreams(up.URL)["bedrock"]
	headers["X-Amzn-Bedrock-Guardrailidentifier"] = "g"
	headers["Content-Type"] = "application/octet-stream" // as the SDK for JavaScript sends it
	for path, want := range map[string]string{"invoke": answer, "invoke-with-response-stream": frames} {
		if status, got := post(t, front, "/model/acme.new-1/"+path, sent, headers); status != http.StatusOK || got != want {
			t.Errorf("%s: got %d %q, want %q", path, status, got, want)
		}
	}
}

// TestModelsOfUnknownFormsAreReachedByInvokeModel: vectors, films, and models
// to come. Only a stream without its metrics was cut.
func TestModelsOfUnknownFormsAreReachedByInvokeModel(t *testing.T) {
	t.Parallel()
	const vector = `{"embedding":[0.10,2],"inputTextTokenCount":3}`
	whole := string(appendChunk(appendChunk(nil, `{"message":"a film"}`), `{"message":"","finishReason":"stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":1,"outputTokenCount":2}}`))
	cut := string(appendChunk(nil, `{"message":"a film"}`))
	var stream string
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "stream") {
			w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
			write(w, stream)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		write(w, vector)
	})
	headers := upstreams(up.URL)["bedrock"]
	if status, got := post(t, front, "/model/amazon.titan-embed-text-v2:0/invoke", `{"inputText":"a"}`, headers); status != http.StatusOK || got != vector {
		t.Errorf("a vector: %d %s", status, got)
	}
	const path = "/model/twelvelabs.pegasus-1-2-v1:0/invoke-with-response-stream"
	stream = whole
	if status, got := post(t, front, path, `{"inputPrompt":"a"}`, headers); status != http.StatusOK || got != whole {
		t.Errorf("a film: %d %q", status, got)
	}
	stream = cut
	if _, got := post(t, front, path, `{"inputPrompt":"a"}`, headers); !strings.HasPrefix(got, cut) || !strings.Contains(got, "modelStreamErrorException") {
		t.Errorf("a film that was cut: %q", got)
	}
}

func TestGuardrailsOfBedrockAreNotLostInSilence(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, bilingual)
	headers := upstreams(up.URL)["openai"]
	headers["X-Amzn-Bedrock-Guardrailidentifier"] = "g"
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+"/model/gpt/invoke", strings.NewReader(claudeWeather))
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	resp, err := front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("X-Sluice-Dropped"); resp.StatusCode != http.StatusOK || !strings.Contains(got, "x-amzn-bedrock-guardrailidentifier") {
		t.Errorf("%d, dropped %q", resp.StatusCode, got)
	}
}

func TestTokensAreCountedForClientsOfAmazon(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		switch path := r.URL.EscapedPath(); {
		case path == "/model/anthropic.claude-sonnet-4-5/count-tokens" && strings.HasPrefix(string(body), `{"input":`):
			write(w, `{"inputTokens":7}`)
		case path == "/messages/count_tokens" && strings.Contains(string(body), "Weather?") && !strings.Contains(string(body), "max_tokens"):
			write(w, `{"input_tokens":7}`)
		default:
			t.Errorf("upstream was asked at %s: %s", path, body)
		}
	})
	in := weather("us.anthropic.claude-sonnet-4-5")
	for id, headers := range upstreams(up.URL) {
		if id != "anthropic" && id != "bedrock" {
			continue
		}
		client := amazon(front, "any", headers)
		for name, input := range map[string]types.CountTokensInput{
			"converse": &types.CountTokensInputMemberConverse{Value: types.ConverseTokensRequest{Messages: in.Messages, System: in.System}},
			"invoke":   &types.CountTokensInputMemberInvokeModel{Value: types.InvokeModelTokensRequest{Body: []byte(claudeWeather)}},
		} {
			out, err := client.CountTokens(t.Context(), &bedrockruntime.CountTokensInput{ModelId: in.ModelId, Input: input})
			if err != nil || *out.InputTokens != 7 {
				t.Errorf("%s, %s: %+v %v", id, name, out, err)
			}
		}
	}
}
