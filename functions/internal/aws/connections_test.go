package aws

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

func TestConnectionsOfAFrozenProcessAreNotUsedAgain(t *testing.T) {
	t.Parallel()
	var opened atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	tr := &transport{}
	client := http.Client{Transport: tr}
	steps := []struct {
		name   string
		frozen time.Duration
		want   int32 // connections so far
	}{
		{"first", 0, 1},
		{"warm", 0, 1},
		{"after a short pause", 40 * time.Second, 1},
		{"after a long one", time.Minute, 2},
		{"warm again", 0, 2},
	}
	for _, st := range steps {
		tr.used.Add(-int64(st.frozen / time.Second))
		resp, err := client.Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := opened.Load(); got != st.want {
			t.Errorf("%s: %d connections, want %d", st.name, got, st.want)
		}
	}
}
