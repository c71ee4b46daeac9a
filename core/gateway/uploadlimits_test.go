package gateway_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/blob"
	"sluice/core/internal/json"
	"sluice/core/store/folderstore"
)

// put sends a file to a place, as the place says.
func put(t *testing.T, place, content string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, member(t, place, "url"), strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range json.ObjectOf(json.Value(member(t, place, "headers"))) {
		req.Header.Set(m.Name, json.Unquote(m.Value))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestAPlaceTakesOneFile(t *testing.T) {
	t.Parallel()
	for depot, config := range depots(t) {
		front, _ := serve(t, config, func(http.ResponseWriter, *http.Request) {})
		_, place := ask(t, front, "POST", "/v1/sluice/uploads", strings.NewReader(`{}`))
		if got := put(t, place, "first"); got != 200 {
			t.Errorf("%s: %d", depot, got)
		}
		if got := put(t, place, "second"); got != 409 && got != 412 {
			t.Errorf("%s: a second file: %d", depot, got)
		}
		if _, got := ask(t, front, "GET", "/v1/files/"+member(t, place, "id")+"/content", nil); got != "first" {
			t.Errorf("%s: got %s", depot, got)
		}
	}
}

// S3 holds a client to the size itself; the emulator does not.
func TestAFileHasTheSizeThatItsPlaceIsFor(t *testing.T) {
	t.Parallel()
	front, _ := serve(t, gateway.Config{Files: folderstore.New(t.TempDir())}, func(http.ResponseWriter, *http.Request) {})
	for content, want := range map[string]int{"1234": 400, "12345": 200, "123456": 400} {
		_, place := ask(t, front, "POST", "/v1/sluice/uploads", strings.NewReader(`{"bytes":5}`))
		if got := put(t, place, content); got != want {
			t.Errorf("%q: %d", content, got)
		}
		place = strings.Replace(place, "bytes=5", "bytes=6", 1)
		if got := put(t, place, "123456"); got != 403 {
			t.Errorf("another size than was signed: %d", got)
		}
	}
	resp, got := ask(t, front, "POST", "/v1/sluice/uploads", strings.NewReader(`{"bytes":5368709121}`))
	if resp.StatusCode != 413 {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}

// A file that stands in a request many times takes room each time.
func TestAFileCountsEachTimeItIsPutIn(t *testing.T) {
	t.Parallel()
	front, _ := serve(t, gateway.Config{Files: folderstore.New(t.TempDir())}, func(http.ResponseWriter, *http.Request) { t.Error("the provider was called") })
	id := send(t, front, "a.bin", "", strings.Repeat("x", 12<<20))
	part := `{"type":"file","file":{"file_id":"` + id + `"}}`
	body := `{"model":"m","messages":[{"role":"user","content":[` + part + "," + part + "," + part + `]}]}`
	resp, got := ask(t, front, "POST", "/v1/chat/completions", strings.NewReader(body), "Authorization", "Bearer k", "X-Portkey-Provider", "openai")
	if resp.StatusCode != 413 || !strings.Contains(got, "together larger") {
		t.Errorf("%d %.200s", resp.StatusCode, got)
	}
}

func TestPathsOfUploadsNameTheirMethods(t *testing.T) {
	t.Parallel()
	front, _ := serve(t, gateway.Config{Files: folderstore.New(t.TempDir())}, func(http.ResponseWriter, *http.Request) {})
	id := send(t, front, "a.bin", "", "x")
	for _, tt := range [][3]string{
		{"GET", "/v1/sluice/uploads", "POST"}, {"GET", "/v1/sluice/uploads/" + id, "PUT"},
		{"PUT", "/v1/files/" + id, "DELETE, GET, HEAD"}, {"DELETE", "/v1/files/" + id + "/content", "GET, HEAD"},
	} {
		resp, got := ask(t, front, tt[0], tt[1], nil)
		if resp.StatusCode != 405 || resp.Header.Get("Allow") != tt[2] {
			t.Errorf("%s: %d, Allow %q: %s", tt, resp.StatusCode, resp.Header.Get("Allow"), got)
		}
	}
}

// counting counts what is open.
type counting struct {
	blob.Store
	open atomic.Int64
}

func (c *counting) Open(ctx context.Context, n blob.Name) (io.ReadCloser, blob.Object, error) {
	body, about, err := c.Store.Open(ctx, n)
	if err != nil {
		return nil, about, err
	}
	c.open.Add(1)
	return &counted{body, c}, about, nil
}

type counted struct {
	io.ReadCloser
	store *counting
}

func (c *counted) Close() error {
	c.store.open.Add(-1)
	return c.ReadCloser.Close()
}

func TestAFileIsClosedWhenItsRequestIsRefused(t *testing.T) {
	t.Parallel()
	store := &counting{Store: folderstore.New(t.TempDir())}
	front, _ := serve(t, gateway.Config{Files: store}, func(http.ResponseWriter, *http.Request) { t.Error("the provider was called") })
	id := send(t, front, "a.jsonl", "", "x")
	resp, got := ask(t, front, "POST", "/v1/files", strings.NewReader(`{"purpose":"batch","file":"`+id+`"}`), "Content-Type", "application/json", "X-Portkey-Config", `{"strategy":{"mode":"nobody-knows"},"targets":[{"provider":"openai"}]}`)
	if n := store.open.Load(); resp.StatusCode != 400 || n != 0 {
		t.Errorf("%d %s; %d files are open", resp.StatusCode, got, n)
	}
}
