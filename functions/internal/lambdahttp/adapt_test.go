package lambdahttp

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sluice/core"
)

// invoke sends the sample of a GET request, or edit's idea of it, to h.
func invoke(t *testing.T, h http.HandlerFunc, edit ...func(*events.LambdaFunctionURLRequest)) *events.LambdaFunctionURLStreamingResponse {
	t.Helper()
	e := sample(t, "models")
	for _, f := range edit {
		f(e)
	}
	resp, err := Adapt(h, Options{Log: slog.New(slog.DiscardHandler)})(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func read(t *testing.T, r *events.LambdaFunctionURLStreamingResponse) (body string, err error) {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	r.Close()
	return string(b), err
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		handler http.HandlerFunc
		status  int
		fields  map[string]string
		body    string
	}{
		{"a type is found as net/http finds it", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") },
			200, map[string]string{"Content-Type": "text/plain; charset=utf-8"}, "hello"},
		{"an encoded body gets no type", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, "hello")
		}, 200, map[string]string{"Content-Encoding": "gzip"}, "hello"},
		{"headers are joined", func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Vary"] = []string{"Origin", "Accept"}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Split", "a\r\nb")
			io.WriteString(w, "{}")
		}, 200, map[string]string{"Vary": "Origin, Accept", "Content-Type": "application/json", "X-Split": "a  b"}, "{}"},
		{"headers of the connection are the front's", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Content-Length", "5")
			w.Header().Set("Connection", "close")
			w.Header().Set("Transfer-Encoding", "chunked")
			w.Header().Set(http.TrailerPrefix+"X-Late", "1")
			io.WriteString(w, "hello")
		}, 200, map[string]string{"Content-Type": "text/plain"}, "hello"},
		{"headers set too late do not count", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusTeapot)
			w.Header().Set("X-Late", "1")
			w.WriteHeader(http.StatusOK)
			io.WriteString(w, "hello")
		}, 418, map[string]string{"Content-Type": "text/plain"}, "hello"},
		{"informational status is not the answer", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusAccepted)
		}, 202, map[string]string{"Content-Type": "application/json"}, "{}"},

		{"nothing at all", func(w http.ResponseWriter, r *http.Request) {}, 200, map[string]string{"Content-Type": "application/json"}, "{}"},
		{"204", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) }, 200, map[string]string{"Content-Type": "application/json"}, "{}"},
		{"204, flushed, with a body", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(204)
			http.NewResponseController(w).Flush()
			io.WriteString(w, "x")
		}, 200, map[string]string{"Content-Type": "application/json"}, "{}"},
		{"304", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"1"`)
			w.WriteHeader(304)
			if _, err := io.WriteString(w, "x"); err != http.ErrBodyNotAllowed {
				t.Errorf("write to 304: got %v", err)
			}
		}, 304, map[string]string{"Etag": `"1"`}, "\n"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/x")
			w.WriteHeader(302)
		}, 302, map[string]string{"Location": "/x", "Content-Type": "application/json"}, "{}"},
		{"bare 403", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(403) }, 403, map[string]string{"Content-Type": "application/json"}, "{}"},
		{"bare 403 of another type", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(403)
			w.Write(nil)
		}, 403, map[string]string{"Content-Type": "text/html"}, "\n"},
		{"flushed and empty", func(w http.ResponseWriter, r *http.Request) { w.(http.Flusher).Flush() }, 200, map[string]string{}, "\n"},

		{"panic before the answer", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Half", "done")
			w.WriteHeader(200)
			panic("secret")
		}, 500, map[string]string{"Content-Type": "application/json"}, `{"error":{"message":"internal error","type":"server_error"}}`},
		{"aborted before the answer", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) },
			500, map[string]string{"Content-Type": "application/json"}, `{"error":{"message":"internal error","type":"server_error"}}`},
		{"panic after 204", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204); panic("secret") },
			500, map[string]string{"Content-Type": "application/json"}, `{"error":{"message":"internal error","type":"server_error"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp := invoke(t, tt.handler)
			body, err := read(t, resp)
			if err != nil || resp.StatusCode != tt.status || body != tt.body {
				t.Errorf("got %d %q (%v), want %d %q", resp.StatusCode, body, err, tt.status, tt.body)
			}
			if got, want := encode(resp.Headers), encode(tt.fields); got != want {
				t.Errorf("headers: got %s, want %s", got, want)
			}
		})
	}
}

func encode(m map[string]string) string {
	b, _ := json.Marshal(m)
	return string(b)
}

func TestCookiesGoOutOneByOne(t *testing.T) {
	t.Parallel()
	resp := invoke(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1", Path: "/"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
	})
	if want := []string{"a=1; Path=/", "b=2"}; !slices.Equal(resp.Cookies, want) || resp.Headers["Set-Cookie"] != "" {
		t.Errorf("got %q and header %q, want %q", resp.Cookies, resp.Headers["Set-Cookie"], want)
	}
	resp.Close()
}

func TestHeadHasNoBodyOfTheHandler(t *testing.T) {
	t.Parallel()
	resp := invoke(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		if n, err := io.WriteString(w, "hello"); n != 5 || err != nil {
			t.Errorf("write: %d, %v", n, err)
		}
	}, func(e *events.LambdaFunctionURLRequest) { e.RequestContext.HTTP.Method = "HEAD" })
	if body, err := read(t, resp); body != "\n" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
}

func TestPanicInAStreamIsAnErrorEvent(t *testing.T) {
	t.Parallel()
	const event = `data: {"error":{"message":"internal error","type":"server_error"}}` + "\n\n"
	tests := []struct {
		name, typ, sent, want string
	}{
		{"between events", "text/event-stream; charset=utf-8", "data: 1\n\n", "data: 1\n\n" + event},
		{"between events with CRLF", "text/event-stream", "data: 1\r\n\r\n", "data: 1\r\n\r\n" + event},
		{"inside an event", "text/event-stream", "data: 1\n", "data: 1\n\n\n" + event},
		{"flushed only", "text/event-stream", "", event},
		{"no stream of events", "application/json", `{"a":`, `{"a":`},
		{"flushed only, no stream", "application/json", "", "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp := invoke(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", tt.typ)
				w.(http.Flusher).Flush()
				io.WriteString(w, tt.sent)
				panic("secret")
			})
			body, err := read(t, resp)
			if body != tt.want || err != errPanicked || resp.StatusCode != 200 {
				t.Errorf("got %d %q, %v, want 200 %q, %v", resp.StatusCode, body, err, tt.want, errPanicked)
			}
		})
	}
}

func TestPanicsAreLoggedWithTheirStack(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := Adapt(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { panic("why") }), Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	resp, err := h(t.Context(), sample(t, "models"))
	if err != nil {
		t.Fatal(err)
	}
	read(t, resp)
	if got := log.String(); !strings.Contains(got, "panic=why") || !strings.Contains(got, "adapt_test.go") {
		t.Errorf("log: %s", got)
	}
}

func TestWritesArriveOneByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		resp := invoke(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.(http.Flusher).Flush()
			for range 3 {
				time.Sleep(time.Second)
				io.WriteString(w, "data: x\n\n")
			}
		})
		if took := time.Since(start); took != 0 {
			t.Errorf("the answer began after %v", took)
		}
		buf := make([]byte, 100)
		for i := range 3 {
			n, err := resp.Body.Read(buf)
			if took := time.Since(start); string(buf[:n]) != "data: x\n\n" || err != nil || took != time.Duration(i+1)*time.Second {
				t.Errorf("event %d: got %q, %v after %v", i, buf[:n], err, took)
			}
		}
		if _, err := resp.Body.Read(buf); err != io.EOF {
			t.Errorf("end: got %v", err)
		}
		resp.Close()
	})
}

func TestHooksRunInCloseAfterTheHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var done []string
		resp := invoke(t, func(w http.ResponseWriter, r *http.Request) {
			core.RunAfter(r.Context(), func(ctx context.Context) {
				if r.Context().Err() == nil || ctx.Err() != nil {
					t.Error("hooks have the context of the request")
				}
				time.Sleep(time.Second)
				done = append(done, "hook")
			})
			core.RunAfter(r.Context(), func(context.Context) { panic("broken hook") })
			core.RunAfter(r.Context(), func(context.Context) { done = append(done, "last") })
			io.WriteString(w, "x")
			time.Sleep(time.Minute)
			if _, err := io.WriteString(w, "y"); err == nil {
				t.Error("write after the transfer broke: no error")
			}
			done = append(done, "handler")
		})
		// The transfer breaks after the first byte: nobody reads on.
		if _, err := resp.Body.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if len(done) != 0 {
			t.Errorf("too early: %v", done)
		}
		resp.Close()
		if want := []string{"handler", "hook", "last"}; !slices.Equal(done, want) {
			t.Errorf("got %v, want %v", done, want)
		}
	})
}

func TestRequestEndsBeforeTheInvocation(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name             string
		invocation, want time.Duration
	}{
		{"long", 15 * time.Minute, 15*time.Minute - 3*time.Second},
		{"short", 4 * time.Second, 3 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), tt.invocation)
				defer cancel()
				resp, err := Adapt(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					core.RunAfter(r.Context(), func(ctx context.Context) {
						if ctx.Err() != nil {
							t.Error("hooks have no time left")
						}
					})
					<-r.Context().Done()
					if took := time.Since(start); took != tt.want || context.Cause(r.Context()) != errTimeUp {
						t.Errorf("ended after %v with %v, want %v", took, context.Cause(r.Context()), tt.want)
					}
				}), Options{})(ctx, sample(t, "models"))
				if err != nil {
					t.Fatal(err)
				}
				read(t, resp)
			})
		})
	}
}

func TestTenantsOnOneEnvironmentDoNotMeet(t *testing.T) {
	t.Parallel()
	h := Adapt(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Only-A") != "" {
			w.Header().Set("X-Only-A", "yes")
		}
		io.Copy(w, r.Body)
	}), Options{})
	for i := range 6 {
		e := sample(t, "chat")
		e.Body = strings.Repeat("b", 10)
		a := i%2 == 0
		if a {
			e.Body, e.Headers["x-only-a"] = strings.Repeat("a", 20), "1"
		}
		resp, err := h(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		body, err := read(t, resp)
		if _, marked := resp.Headers["X-Only-A"]; err != nil || marked != a || body != e.Body {
			t.Errorf("request %d: got %q, %v, %v", i, body, resp.Headers, err)
		}
	}
}

// TestHooksEndBeforeTheInvocation: LA-12. One that hangs leaves time for the
// others, and for saying what it could not do.
func TestHooksEndBeforeTheInvocation(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                   string
		invocation, used, want time.Duration
	}{
		{"with time left", 15 * time.Minute, time.Second, 15*time.Minute - time.Second},
		{"with little time left", 4 * time.Second, 3 * time.Second, 3500 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), tt.invocation)
				defer cancel()
				said := false
				resp, err := Adapt(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					core.RunAfter(r.Context(), func(hook context.Context) {
						<-hook.Done()
						if took := time.Since(start); took != tt.want || ctx.Err() != nil {
							t.Errorf("ended after %v, want %v; the invocation: %v", took, tt.want, ctx.Err())
						}
					})
					core.RunAfter(r.Context(), func(context.Context) { said = ctx.Err() == nil })
					time.Sleep(tt.used)
					io.WriteString(w, "x")
				}), Options{})(ctx, sample(t, "models"))
				if err != nil {
					t.Fatal(err)
				}
				read(t, resp)
				if !said {
					t.Error("the hook behind it has not run in time")
				}
			})
		})
	}
}
