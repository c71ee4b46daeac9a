package gateway

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// slowly is a client that takes its time for every piece.
type slowly struct {
	http.ResponseWriter
	pause time.Duration
}

func (s *slowly) Write(p []byte) (int, error) {
	time.Sleep(s.pause)
	return s.ResponseWriter.Write(p)
}

func (s *slowly) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func TestAClientThatReadsSlowlyIsNoStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := inMemory(t, Config{KeepAlive: time.Hour}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for _, piece := range []string{answeredRole, answeredText, answeredText, answeredFinish} {
				say(w, piece)
			}
		})
		r := request(t.Context(), strings.Replace(target("openai", "a.example.com"), "{", `{"timeouts":{"idle":2000},`, 1), waitingRoutes[1].path, waitingRoutes[1].body)
		w := httptest.NewRecorder()
		h.ServeHTTP(&slowly{w, 5 * time.Second}, r)
		if got := w.Body.String(); !strings.HasSuffix(got, "data: [DONE]\n\n") {
			t.Errorf("got %s", got)
		}
	})
}

// A long upload is no silence: the limit for the headers begins at its end.
func TestTheWaitForHeadersBeginsBehindTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := inMemory(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
			for p := make([]byte, 64<<10); ; time.Sleep(time.Second) {
				if _, err := io.ReadFull(r.Body, p); err != nil {
					break
				}
			}
			sound(w, r, "")
		})
		began := time.Now()
		body := `{"model":"m","messages":[{"role":"user","content":"` + strings.Repeat("long ", 128<<10) + `"}]}`
		w := ask(t.Context(), h, strings.Replace(target("openai", "a.example.com"), "{", `{"timeouts":{"connect":2000,"headers":3000},`, 1), waitingRoutes[0].path, body)
		if took := time.Since(began); w.Code != http.StatusOK || took < 8*time.Second {
			t.Errorf("%d %s after %s", w.Code, w.Body, took)
		}
	})
}

// What a client or its config asks for goes before the default of ten minutes,
// and not before what a config says of the first content.
func TestARequestTimeoutMayBeLong(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]struct {
		after  time.Duration
		status int
	}{
		`"request_timeout":900000`:                                 {15 * time.Minute, http.StatusRequestTimeout},
		`"request_timeout":9000`:                                   {9 * time.Second, http.StatusRequestTimeout},
		`"request_timeout":9000,"timeouts":{"first_content":5000}`: {5 * time.Second, http.StatusGatewayTimeout},
		`"strategy":null`:                                          {10 * time.Minute, http.StatusGatewayTimeout},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &silent{stall: stall{host: "a.example.com"}, times: 9}
			began := time.Now()
			w := ask(t.Context(), inMemory(t, Config{}, s.ServeHTTP), strings.Replace(target("openai", "a.example.com"), "{", "{"+settings+",", 1), "/v1/chat/completions", hi)
			if took := time.Since(began); took != want.after || w.Code != want.status {
				t.Errorf("%s: %d %s after %s, want %d after %s", settings, w.Code, w.Body, took, want.status, want.after)
			}
		})
	}
}

// An error is known by its status: a body that does not come is not waited for
// as an answer is.
func TestAnErrorWhoseBodyDoesNotComeKeepsItsStatus(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"", `{"error":{"message":"slow do`} {
		synctest.Test(t, func(t *testing.T) {
			h := inMemory(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(http.StatusTooManyRequests)
				say(w, words)
				<-r.Context().Done()
			})
			began := time.Now()
			w := ask(t.Context(), h, target("openai", "a.example.com"), "/v1/chat/completions", hi)
			if took := time.Since(began); took > 10*time.Second || w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "7" {
				t.Errorf("%q: %d %v %s after %s", words, w.Code, w.Header(), w.Body, took)
			}
		})
	}
}
