package main

import (
	"io"
	"net"
	"net/http"
	"net/url"
)

// localOnly guards a gateway that asks for no key. It is on loopback then, but
// the visitor's browser is there as well: a web page could have its own name
// resolve to 127.0.0.1, or send requests across sites that need no answer to
// cost money. So the name must mean this machine, and a browser must say that
// the request comes from a page of this machine.
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !isLoopback(hostName(r.Host)):
			forbid(w, "without a key this gateway answers on loopback names only")
		case crossSite(r.Header):
			forbid(w, "without a key this gateway does not answer pages of other sites")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func hostName(hostPort string) string {
	u := url.URL{Host: hostPort}
	return u.Hostname()
}

func crossSite(h http.Header) bool {
	if site := h.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return true // same-site: another port of this machine
	}
	origin := h.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || !isLoopback(u.Hostname())
}

func forbid(w http.ResponseWriter, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusForbidden)
	_, _ = io.WriteString(w, `{"error":{"message":"`+why+`","type":"permission_error","param":null,"code":null}}`)
}

// listenHost is the host part of a listen address.
func listenHost(addr string) (string, error) {
	host, _, err := net.SplitHostPort(addr)
	return host, err
}
