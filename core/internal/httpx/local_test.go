package httpx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLocalAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		handler http.HandlerFunc
		status  int
		body    string
	}{
		{"body", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }, 200, "hello"},
		{"nothing", func(http.ResponseWriter, *http.Request) {}, 200, ""},
		{"status only", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, 404, ""},
		{"the first status counts", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429); w.WriteHeader(200) }, 429, ""},
		{"informational status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(201) }, 201, ""},
		{"empty write", func(w http.ResponseWriter, _ *http.Request) { w.Write(nil); io.WriteString(w, "x") }, 200, "x"},
		{"request", func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			fmt.Fprint(w, r.Method, " ", r.Host, " ", r.RequestURI, " ", r.Header.Get("X"), " ", string(body))
		}, 200, "POST echo.example /v1/a%2Fb?q=1 y {}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := request(t, http.MethodPost, "http://echo.example/v1/a%2Fb?q=1", "{}")
			req.Header.Set("X", "y")
			resp, err := NewClient(Local(tt.handler)).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != tt.status || string(body) != tt.body {
				t.Errorf("got %d %q, %v; want %d %q", resp.StatusCode, body, err, tt.status, tt.body)
			}
		})
	}
}

func TestLocalHeadersAreThoseOfTheFirstWrite(t *testing.T) {
	t.Parallel()
	resp, err := Local(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		w.Header().Set("Too-Late", "1")
	})).RoundTrip(request(t, http.MethodGet, "http://x", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header; got.Get("Content-Type") != "text/event-stream" || got.Get("Too-Late") != "" {
		t.Errorf("got %v", got)
	}
}

// Each piece arrives when it is written, and the handler waits for its
// reader: nothing is buffered.
func TestLocalStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		resp, err := Local(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for i := range 3 {
				time.Sleep(time.Second)
				fmt.Fprint(w, i)
			}
			time.Sleep(time.Second)
		})).RoundTrip(request(t, http.MethodGet, "http://x", ""))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for p := make([]byte, 10); ; {
			n, err := resp.Body.Read(p)
			if err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(string(p[:n]), " after ", time.Since(begin)))
		}
		resp.Body.Close()
		if want := "0 after 1s, 1 after 2s, 2 after 3s"; strings.Join(got, ", ") != want || time.Since(begin) != 4*time.Second {
			t.Errorf("got %v, end after %v; want %s", got, time.Since(begin), want)
		}
	})
}

func TestLocalHandlerEndsWhenTheBodyIsClosed(t *testing.T) {
	tests := []struct {
		name    string
		handler func(w http.ResponseWriter, r *http.Request) error
		want    error
	}{
		{"while it writes", func(w http.ResponseWriter, _ *http.Request) error {
			for {
				if _, err := io.WriteString(w, "x"); err != nil {
					return err
				}
			}
		}, io.ErrClosedPipe},
		{"while it waits", func(w http.ResponseWriter, r *http.Request) error {
			io.WriteString(w, "x")
			<-r.Context().Done()
			return r.Context().Err()
		}, context.Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // which fails if a goroutine is left
				var ended error
				resp, err := NewClient(Local(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					ended = tt.handler(w, r)
				}))).Do(request(t, http.MethodGet, "http://x", ""))
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Read(make([]byte, 1))
				resp.Body.Close()
				resp.Body.Close()
				if !errors.Is(ended, tt.want) {
					t.Errorf("the handler ended with %v, want %v", ended, tt.want)
				}
			})
		})
	}
}

func TestLocalIsCanceledWithItsRequest(t *testing.T) {
	for _, started := range []bool{false, true} {
		t.Run(fmt.Sprint("after headers: ", started), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				c := NewClient(Local(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if started {
						w.(http.Flusher).Flush()
					}
					<-r.Context().Done()
				})))
				resp, err := c.Do(request(t, http.MethodGet, "http://x", "").WithContext(ctx))
				if started {
					if err != nil {
						t.Fatal(err)
					}
					defer resp.Body.Close()
					_, err = resp.Body.Read(make([]byte, 1))
				}
				if e, ok := errors.AsType[*Error](err); !ok || e.Class != Timeout {
					t.Errorf("got %v, want class %q", err, Timeout)
				}
			})
		})
	}
}

func TestLocalPanicsAreErrors(t *testing.T) {
	for _, started := range []bool{false, true} {
		t.Run(fmt.Sprint("after headers: ", started), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := NewClient(Local(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					if started {
						io.WriteString(w, "half")
					}
					panic("a fault")
				})))
				resp, err := c.Do(request(t, http.MethodGet, "http://x", ""))
				class := Unreachable
				if started {
					if err != nil {
						t.Fatal(err)
					}
					class = Broken
					defer resp.Body.Close()
					var got []byte
					if got, err = io.ReadAll(resp.Body); string(got) != "half" {
						t.Errorf("got %q, want %q", got, "half")
					}
				}
				if e, ok := errors.AsType[*Error](err); !ok || e.Class != class || !strings.Contains(err.Error(), "a fault") {
					t.Errorf("got %v, want class %q", err, class)
				}
			})
		})
	}
}
