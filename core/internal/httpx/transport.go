package httpx

import (
	"cmp"
	"crypto/tls"
	"net/http"
	"time"
)

// idleTimeout is how long a connection may lie unused. Upstreams and the
// network between close after a minute or more, and do not tell a frozen
// process.
const idleTimeout = 50 * time.Second

// NewTransport returns a transport whose connections all pass the guard.
// idlePerHost is the number of idle connections kept for a host, 0 means 16:
// enough for Lambda, where a process serves one request at a time.
//
// It has no timeout for response headers: a model may think for minutes
// before it sends them, and each call bounds that by its context.
func NewTransport(g *Guard, idlePerHost int) *http.Transport {
	return &http.Transport{
		Proxy:                  nil, // variables of the environment must not reroute credentials
		DialContext:            g.DialContext,
		DisableCompression:     true, // a compressed event stream arrives in lumps
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    cmp.Or(idlePerHost, 16),
		IdleConnTimeout:        idleTimeout,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 1 << 20,
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			ClientSessionCache: tls.NewLRUClientSessionCache(128),
		},
	}
}
