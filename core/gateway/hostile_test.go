package gateway_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"sluice/core"
	"sluice/core/gateway"
	"sluice/core/llm"
)

// packers write the content encodings that are taken.
var packers = map[string]func(io.Writer) io.WriteCloser{
	"gzip": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"zstd": func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			panic(err)
		}
		return z
	},
	"br": func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
}

// packed packs a body that is said in pieces, so that none is ever whole.
func packed(t *testing.T, encoding, before string, piece []byte, times int, after string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := packers[encoding](&b)
	_, _ = z.Write([]byte(before))
	for range times {
		_, _ = z.Write(piece)
	}
	_, _ = z.Write([]byte(after))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPackedBodiesHaveTheSameLimit(t *testing.T) {
	t.Parallel()
	h, err := gateway.New(gateway.Config{MaxBody: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	const before, after = `{"model":"echo","max_tokens":9,"messages":[{"role":"user","content":"`, `"}]}`
	megabyte := bytes.Repeat([]byte("a"), 1<<20)
	for encoding := range packers {
		tests := []struct {
			name string
			body []byte
			want int
		}{
			{"small", packed(t, encoding, before, []byte("hi"), 1, after), 200},
			{"a bomb", packed(t, encoding, before, megabyte, 16, after), 413},
			{"a bomb of nothing", packed(t, encoding, before+`"}]}`, bytes.Repeat([]byte(" "), 1<<20), 8, ""), 413},
			{"cut", packed(t, encoding, before, []byte("hi"), 1, after)[:40], 400},
			{"not packed at all", []byte(before + after), 400},
			{"something behind it", append(packed(t, encoding, before, []byte("hi"), 1, after), "tail"...), 400},
		}
		for _, tt := range tests {
			for _, path := range bothRoutes {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(tt.body))
				r.Header = http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {encoding}, "X-Portkey-Provider": {"echo"}}
				w := httptest.NewRecorder()
				began := time.Now()
				if h.ServeHTTP(w, r); w.Code != tt.want {
					t.Errorf("%s, %s, %s (%d bytes): %d %s, want %d", encoding, tt.name, path, len(tt.body), w.Code, w.Body, tt.want)
				}
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("%s, %s, %s took %s", encoding, tt.name, path, took)
				}
			}
		}
	}
}

// TestBodiesThatMeanHarmAreRefused has inputs that break parsers, or that two
// parsers read in two ways.
func TestBodiesThatMeanHarmAreRefused(t *testing.T) {
	t.Parallel()
	h, err := gateway.New(gateway.Config{})
	if err != nil {
		t.Fatal(err)
	}
	const messages = `"max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`
	deep := func(open, end string, n int) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	tests := map[string]string{
		"model twice":                          `{"model":"echo","model":"forbidden",` + messages,
		"model twice, escaped":                 `{"model":"echo","\u006dodel":"forbidden",` + messages,
		"stream twice":                         `{"model":"echo","stream":false,"stream":true,` + messages,
		"a member twice, deep inside":          `{"model":"echo","metadata":{"a":{"b":1,"b":2}},` + messages,
		"arrays in arrays":                     `{"model":"echo","x":` + deep("[", "]", 200_000) + `,` + messages,
		"objects in objects":                   `{"model":"echo","x":` + deep(`{"a":`, "}", 200_000) + `,` + messages,
		"arrays that never end":                `{"model":"echo","x":` + strings.Repeat("[", 1_000_000),
		"a byte order mark":                    "\ufeff" + `{"model":"echo",` + messages,
		"broken UTF-8":                         `{"model":"ec` + "\xff" + `ho",` + messages,
		"half a surrogate":                     `{"model":"\ud800",` + messages,
		"a comment":                            `{"model":"echo",/* */` + messages,
		"a comma too many":                     `{"model":"echo",,` + messages,
		"NaN":                                  `{"model":"echo","temperature":NaN,` + messages,
		"a number in hex":                      `{"model":"echo","temperature":0x10,` + messages,
		"a zero byte":                          "{\"model\":\"echo\x00\"," + messages,
		"two bodies":                           `{"model":"echo",` + messages + `{"model":"forbidden",` + messages,
		"another body behind a line break":     `{"model":"echo",` + messages + "\n[]",
		"a model of many":                      `{"model":["echo","forbidden"],` + messages,
		"a body that is a string of the right": `"{\"model\":\"echo\"}"`,
	}
	for name, body := range tests {
		for _, path := range bothRoutes {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
			r.Header = http.Header{"Content-Type": {"application/json"}, "X-Portkey-Provider": {"echo"}}
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
				t.Errorf("%s, %s: %d %.200s", name, path, w.Code, w.Body)
			}
		}
	}
}

// TestHugeNumbersDoNoHarm forwards and translates numbers that no type holds.
func TestHugeNumbersDoNoHarm(t *testing.T) {
	t.Parallel()
	h, err := gateway.New(gateway.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{"1e400", "-1e400", "123456789012345678901234567890", "1" + strings.Repeat("0", 100_000), "0." + strings.Repeat("3", 100_000), "9223372036854775808", "-0"} {
		for _, member := range []string{"max_tokens", "temperature", "top_p", "seed", "n", "x_unknown"} {
			for _, path := range bothRoutes {
				body := `{"model":"echo","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"` + member + `":` + n + `}`
				if member == "max_tokens" {
					body = strings.Replace(body, `"max_tokens":9,`, "", 1)
				}
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
				r.Header = http.Header{"Content-Type": {"application/json"}, "X-Portkey-Provider": {"echo"}}
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, r); w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
					t.Errorf("%s %.40s, %s: %d %.200s", member, n, path, w.Code, w.Body)
				}
			}
		}
	}
}

// TestABugInTheMiddleOfAStreamEndsItAsBroken breaks the one thing between a
// committed reply and its client.
func TestABugInTheMiddleOfAStreamEndsItAsBroken(t *testing.T) {
	e := listen(t)
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		write(w, chunk("one")+chunk("two")+chatEnd)
	}))
	defer up.Close()
	front := e.front(t, gateway.Config{Around: func(next core.Handler) core.Handler {
		return core.HandlerFunc(func(ctx context.Context, c *core.Call) (*core.Reply, error) {
			reply, err := next.Handle(ctx, c)
			if err == nil {
				reply.Rewrite(func(seq core.EventSeq) core.EventSeq {
					return func(yield func(llm.Event, error) bool) {
						for ev, err := range seq {
							if ev.Text == "two" {
								panic(fmt.Sprint(c.Header))
							}
							if !yield(ev, err) {
								return
							}
						}
					}
				})
			}
			return reply, err
		})
	}})
	for _, path := range bothRoutes {
		answer := e.ask(t, front, path, `{"model":"m","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`, map[string]string{
			"X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer " + canary("bearer"),
		})
		noCanary(t, "the answer", answer)
		if got := string(answer); !strings.Contains(got, "one") || !strings.Contains(got, `"internal error"`) || strings.Contains(got, "[DONE]") || strings.Contains(got, "message_stop") {
			t.Errorf("%s: got %s", path, got)
		}
		said := e.until(t, `"broken":true`)
		noCanary(t, "log or record", said)
		if n := bytes.Count(said, []byte(`"broken":true`)); n != 1 || !bytes.Contains(said, []byte("panic: map[")) {
			t.Errorf("%s: %d records of a broken stream, log %s", path, n, said)
		}
	}
}
