package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"sluice/core/gateway"
)

// While an answer is held back for longer than a client should hear nothing,
// the stream is opened; that the answer is denied is then told within it.
func TestAnAnswerThatIsHeldForLongIsDeniedWithinTheStream(t *testing.T) {
	t.Parallel()
	for _, tt := range clientRequests {
		if !strings.HasPrefix(tt.name, "streamed") {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			front, up := serve(t, gateway.Config{KeepAlive: 20 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				for _, piece := range []string{"So FOR", "BID", "DEN it", " is"} {
					write(w, chunk(piece))
					_ = http.NewResponseController(w).Flush()
					time.Sleep(40 * time.Millisecond)
				}
				write(w, chatEnd)
			})
			config := fmt.Sprintf(`{"provider":"groq","api_key":"k","custom_host":%q,"retry":{"attempts":1},"output_guardrails":[{"id":"g","default.contains":{"operator":"none","words":["FORBIDDEN"]},"deny":true}]}`, up.URL)
			status, body := post(t, front, tt.path, tt.body, map[string]string{"X-Portkey-Config": config})
			if status != 200 || strings.Contains(body, "BID") || !strings.Contains(body, "The guardrail checks defined in the config failed") {
				t.Errorf("%d %q", status, body)
			}
		})
	}
}
