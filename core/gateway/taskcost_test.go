package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/usage"
)

// TestTasksCostWhatThePricePageSays has the sums computed by hand from
// https://platform.openai.com/docs/pricing and, of ranking,
// https://cohere.com/pricing.
func TestTasksCostWhatThePricePageSays(t *testing.T) {
	t.Parallel()
	contentType, form := soundForm(t, "whisper-1", 64)
	for _, tt := range []struct {
		name, path, asked, contentType, answer string
		sum, want                              string
	}{
		{"embeddings", "/v1/embeddings", `{"model":"text-embedding-3-large","input":"a"}`, "application/json", `{"data":[{"embedding":[1]}],"usage":{"prompt_tokens":1000,"total_tokens":1000}}`, "1000 × $0.13 a million", "0.00013"},
		{"an image of a token model", "/v1/images/generations", `{"model":"gpt-image-1","prompt":"x"}`, "application/json",
			`{"data":[{"b64_json":"AA=="}],"usage":{"input_tokens":50,"output_tokens":4160,"total_tokens":4210,"input_tokens_details":{"text_tokens":50,"image_tokens":0}}}`, "50×5 + 4160×40 = 166650 µ$", "0.16665"},
		{"an image to edit is dearer than text", "/v1/images/edits", `{"model":"gpt-image-1","prompt":"x"}`, "application/json",
			`{"data":[{"b64_json":"AA=="}],"usage":{"input_tokens":150,"output_tokens":1000,"total_tokens":1150,"input_tokens_details":{"text_tokens":50,"image_tokens":100}}}`, "50×5 + 100×10 + 1000×40 = 41250 µ$", "0.04125"},
		{"images by the piece", "/v1/images/generations", `{"model":"dall-e-3","prompt":"x","n":1,"size":"1024x1792","quality":"hd"}`, "application/json", `{"data":[{"url":"u"}]}`, "$0.12", "0.12"},
		{"the answer says what was made", "/v1/images/generations", `{"model":"dall-e-2","prompt":"x","size":"auto"}`, "application/json", `{"data":[{"url":"u"},{"url":"v"}],"size":"256x256"}`, "2 × $0.016", "0.032"},
		{"an image in parts", "/v1/images/generations", `{"model":"gpt-image-1","prompt":"x","stream":true}`, "text/event-stream",
			"data: {\"type\":\"image_generation.partial_image\"}\n\ndata: {\"type\":\"image_generation.completed\",\"usage\":{\"input_tokens\":50,\"output_tokens\":1000}}\n\n", "50×5 + 1000×40 = 40250 µ$", "0.04025"},
		{"speech", "/v1/audio/speech", `{"model":"tts-1","input":"Grüße","voice":"alloy"}`, "audio/mpeg", "\xff\xfb", "5 characters × $15 a million", "0.000075"},
		{"speech whose tokens nobody counted", "/v1/audio/speech", `{"model":"gpt-4o-mini-tts","input":"Hi","voice":"alloy"}`, "audio/mpeg", "\xff\xfb", "", "unknown: no price for a unit"},
		{"speech in events", "/v1/audio/speech", `{"model":"gpt-4o-mini-tts","input":"Hi","stream_format":"sse"}`, "text/event-stream",
			"data: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":10,\"output_tokens\":100,\"total_tokens\":110}}\n\n", "10×0.60 + 100×12 = 1206 µ$", "0.001206"},
		{"a transcript by the minute", "/v1/audio/transcriptions", "", "application/json", `{"text":"x","usage":{"type":"duration","seconds":90}}`, "1.5 × $0.006", "0.009"},
		{"a verbose transcript", "/v1/audio/translations", "", "application/json", `{"text":"x","duration":8.5}`, "8.5/60 × $0.006", "0.00085"},
		{"a transcript that tells nothing", "/v1/audio/transcriptions", "", "text/plain", "x", "", "unknown: nothing counted"},
		{"moderation", "/v1/moderations", `{"model":"no-such-model","input":"x"}`, "application/json", `{"results":[]}`, "", "unknown: no price"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := &books{}
			front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, answering(tt.contentType, tt.answer))
			body, sent := tt.asked, "application/json"
			if body == "" {
				body, sent = string(form), contentType
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+tt.path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			for k, v := range map[string]string{"Content-Type": sent, "Authorization": "Bearer k", "X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": up.URL} {
				req.Header.Set(k, v)
			}
			resp, err := front.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			r := b.one(t)
			if resp.StatusCode != http.StatusOK || r.Cost == nil || r.Cost.String() != tt.want {
				t.Errorf("%d: %s, want %s: %s\n%+v", resp.StatusCode, r.Cost, tt.want, tt.sum, r.Usage)
			}
			if r.Asked == "" || r.Operation == "" {
				t.Errorf("%+v", r)
			}
		})
	}
}
