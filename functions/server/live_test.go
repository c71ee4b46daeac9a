package main

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestTheLiveLogFollowsTheServerToItsEnd: what the server has answered comes
// down the stream, and the stream does not keep the server from ending.
func TestTheLiveLogFollowsTheServerToItsEnd(t *testing.T) {
	t.Parallel()
	var stream *bufio.Reader
	t.Run("a server", func(t *testing.T) {
		url, _, _ := start(t, nil)
		stream = follow(t, url+"/v1/sluice/live")
		if status, body := post(t, url+"/v1/chat/completions", hello, map[string]string{"X-Portkey-Provider": "echo", "X-Portkey-Trace-Id": "trace-1"}); status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
		for {
			line, err := stream.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(line, "data: ") {
				if !strings.Contains(line, `"trace_id":"trace-1"`) || !strings.Contains(line, `"ai_org":"echo"`) {
					t.Errorf("got %s", line)
				}
				return
			}
		}
	})
	if rest, err := io.ReadAll(stream); err != nil {
		t.Errorf("the stream was cut: %v behind %q", err, rest)
	}
}

// follow opens a stream of events.
func follow(t *testing.T, url string) *bufio.Reader {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	return bufio.NewReader(resp.Body)
}
