package aws

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// idleTime is how long a connection may lie unused. AWS closes it some time
// later, and does not tell a frozen process.
const idleTime = 50 * time.Second

// connections are shared by the clients of all services of the process, and
// made when the first one calls. Bedrock has those of the providers.
var connections = sync.OnceValue(func() *http.Client {
	return &http.Client{
		Transport: &transport{Transport: http.Transport{
			Proxy:                 nil, // variables of the environment must not reroute credentials
			DialContext:           (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
			TLSHandshakeTimeout:   3 * time.Second,
			ExpectContinueTimeout: time.Second,
			MaxIdleConns:          64,
			MaxIdleConnsPerHost:   32,
			IdleConnTimeout:       idleTime,
			TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(16)},
		}},
		// S3 redirects to other regions, where the signature is not valid.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
})

// transport drops the connections of a process that was frozen: they may be
// dead, and not every request can be sent again when that turns out.
type transport struct {
	http.Transport
	used atomic.Int64 // when, in seconds by the wall clock: a frozen process does not advance the other
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if now := time.Now().Unix(); now-t.used.Swap(now) > int64(idleTime/time.Second) {
		t.CloseIdleConnections()
	}
	return t.Transport.RoundTrip(r)
}
