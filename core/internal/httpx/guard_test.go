package httpx

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

func guard(t testing.TB, p Policy) *Guard {
	t.Helper()
	g, err := NewGuard(p)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		refused []string
		allowed []string
	}{
		{"scheme",
			[]string{"file:///etc/passwd", "data:text/plain,x", "gopher://example.com", "ftp://example.com", "ftps://example.com", "ws://example.com", "example.com", "//example.com", "http:example.com", "http://", "https:///v1", "://", "http"},
			[]string{"https://example.com", "http://example.com/v1", "HTTPS://API.Example.COM/V1", "  https://example.com\n"}},
		{"nothing and control characters",
			[]string{"", "   ", "http://exa\x00mple.com", "http://example.com/\r\nx", "http://example.com/\x7f"}, nil},
		{"another gateway", []string{"https://api.portkey.ai/v1", "https://example.com/?u=api.portkey"}, nil},
		{"credentials", []string{"https://user:pass@example.com", "https://user@example.com", "https://example.com/@x", "https://@example.com"}, nil},
		{"characters of the host",
			[]string{"http://exa_mple.com", "http://ex%61mple.com", "http://exämple.com", "http://[::1]", "http://[2606:4700::1111]/v1", "http://[fd00::1]:80", "http://[::ffff:169.254.169.254]", `http://example.com\.evil.com`, "http://exam ple.com", "http://a,b.com", "http://①②⑦.0.0.1"},
			[]string{"http://my-model.example-1.com", "http://redis:6379"}},
		{"form of the host",
			[]string{"http://example.com.", "http://localhost.", "http://a.b.c.d.e.f.g.h.i.j.com"},
			[]string{"http://a.b.c.d.e.f.g.h.i.com"}},
		{"port",
			[]string{"http://example.com:0", "http://example.com:65536", "http://example.com:-1", "http://example.com:http", "http://example.com:99999999999999999999"},
			[]string{"http://example.com:1", "http://example.com:65535", "http://example.com:/x", "http://example.com:8080/v1"}},
		{"metadata services",
			[]string{"http://0.0.0.0", "http://169.254.169.254/latest/meta-data/", "http://169.254.169.1", "http://169.254.169.254.example.com", "http://metadata", "http://metadata.google.internal", "http://metadata.azure.com", "http://instance-data/latest"},
			[]string{"http://metadata.example.com"}},
		{"names inside networks",
			[]string{"http://printer.local", "http://a.localdomain", "https://db.internal", "http://a.intranet", "http://a.lan", "http://a.home", "http://a.corp", "http://a.test", "http://a.invalid", "http://a.onion", "http://a.localhost", "http://localhost:9001", "http://local", "http://LOCALHOST"},
			[]string{"http://local.example.com", "http://mycorp.example"}},
		{"addresses that are not public",
			[]string{"http://10.0.0.5/v1", "https://172.16.0.1", "http://172.31.255.255", "https://192.168.1.1/v1", "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next", "http://127.255.255.254", "http://169.254.100.1:9001", "http://100.64.0.1", "http://100.127.255.255", "http://0.1.2.3", "http://224.0.0.1", "http://255.255.255.255", "http://240.0.0.1", "http://192.0.2.7", "http://198.51.100.7", "http://203.0.113.7", "http://198.18.0.1", "http://192.0.0.8"},
			[]string{"http://8.8.8.8/v1", "http://172.32.0.1", "http://100.128.0.1", "http://1.1.1.1:8080"}},
		{"other spellings of an IPv4 address",
			[]string{"http://2130706433", "http://0x7f000001", "http://0X7F000001", "http://127.1", "http://0177.0.0.1", "http://127.0.0.01", "http://0x7f.1", "http://1.2.3.4.5", "http://8.8.8.0x8", "http://8.8.8.08", "http://1.2.3.256", "http://017700000001", "http://0x"},
			[]string{"http://8.8.8.8.example.com", "http://0x7f.example"}},
	}
	g := guard(t, Policy{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, u := range tt.refused {
				e, ok := errors.AsType[*Error](g.CheckURL(u))
				if !ok || e.Class != Refused {
					t.Errorf("%q: got %v, want a refusal", u, e)
				}
			}
			for _, u := range tt.allowed {
				if err := g.CheckURL(u); err != nil {
					t.Errorf("%q: got %v, want it allowed", u, err)
				}
			}
		})
	}
}

func TestCheckURLOfTrustedHosts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name             string
		policy           Policy
		allowed, refused []string
	}{
		{"loopback", Policy{AllowLoopback: true},
			[]string{"http://localhost:11434", "http://127.0.0.1:8080/v1", "http://127.9.9.9", "http://a.b.localhost"},
			[]string{"http://127.1", "http://0x7f000001", "http://[::1]", "http://localhost.", "http://notlocalhost.local", "http://10.0.0.1", "http://user@localhost", "ftp://localhost", "http://localhost:0"}},
		{"name", Policy{Trusted: []string{"LLM.internal ", "", "redis"}},
			[]string{"http://llm.internal", "http://LLM.internal:8080"},
			[]string{"http://other.internal", "http://x.llm.internal", "http://llm.internal.local"}},
		{"name and port", Policy{Trusted: []string{"llm.internal:8080", "tls.internal:443", "plain.internal:80"}},
			[]string{"http://llm.internal:8080/v1", "https://tls.internal", "http://plain.internal"},
			[]string{"http://llm.internal", "https://llm.internal:8081", "http://tls.internal", "https://plain.internal"}},
		{"localhost by name", Policy{Trusted: []string{"localhost"}},
			[]string{"http://localhost", "http://ollama.localhost:11434"},
			[]string{"http://127.0.0.1"}},
		{"address", Policy{Trusted: []string{"10.0.0.5", "192.168.1.9:8000"}},
			[]string{"http://10.0.0.5", "http://10.0.0.5:99", "http://192.168.1.9:8000"},
			[]string{"http://10.0.0.6", "http://192.168.1.9", "http://10.0.0.05"}},
		{"network", Policy{Trusted: []string{"10.1.2.3/16"}},
			[]string{"http://10.1.255.255:8000"},
			[]string{"http://10.2.0.1"}},
		{"https only", Policy{HTTPSOnly: true, AllowLoopback: true, Trusted: []string{"llm.internal"}},
			[]string{"https://example.com", "https://example.com:443/v1", "http://localhost:8080", "http://llm.internal"},
			[]string{"http://example.com", "https://example.com:8443", "http://example.com:443"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := guard(t, tt.policy)
			for _, u := range tt.allowed {
				if err := g.CheckURL(u); err != nil {
					t.Errorf("%s: got %v, want it allowed", u, err)
				}
			}
			for _, u := range tt.refused {
				if err := g.CheckURL(u); err == nil {
					t.Errorf("%s was allowed", u)
				}
			}
		})
	}
}

func TestNewGuardRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"http://example.com", "*.example.com", "host:0", "host:99999", "host:http", "a b", "10.0.0.0/33", ":8080"} {
		if _, err := NewGuard(Policy{Trusted: []string{s}}); err == nil {
			t.Errorf("%q was accepted", s)
		}
	}
}

func TestAddressesThatAreNotPublic(t *testing.T) {
	t.Parallel()
	refused := []string{
		"0.0.0.0", "10.0.0.1", "127.0.0.1", "127.8.8.8", "169.254.100.1", "169.254.169.254", "172.20.0.1", "192.168.0.1",
		"100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "192.88.99.1",
		"224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::7f00:1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
		"64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b:1::1.1.1.1",
		"2001::1", "2001:2::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "3fff::1", "100::1", "5f00::1", "4000::1",
	}
	for _, s := range refused {
		if public(plain(netip.MustParseAddr(s))) {
			t.Errorf("%s counts as public", s)
		}
	}
	for _, s := range []string{"1.1.1.1", "8.8.8.8", "52.94.236.248", "172.32.0.1", "223.255.255.254", "2606:4700::1111", "2600:1f18::1", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"} {
		if !public(plain(netip.MustParseAddr(s))) {
			t.Errorf("%s does not count as public", s)
		}
	}
}

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                 string
		policy               Policy
		host, port, resolved string
		allowed              bool
	}{
		{"public", Policy{}, "example.com", "443", "8.8.8.8:443", true},
		{"name that resolves to a private address", Policy{}, "evil.example", "80", "10.0.0.1:80", false},
		{"name that resolves to metadata, mapped", Policy{}, "evil.example", "80", "[::ffff:169.254.169.254]:80", false},
		{"loopback without permission", Policy{}, "localhost", "9001", "127.0.0.1:9001", false},
		{"loopback by name", Policy{AllowLoopback: true}, "localhost", "80", "127.0.0.1:80", true},
		{"loopback by name, IPv6", Policy{AllowLoopback: true}, "a.localhost", "80", "[::1]:80", true},
		{"loopback by address", Policy{AllowLoopback: true}, "127.0.0.1", "80", "127.0.0.1:80", true},
		{"loopback by address, IPv6", Policy{AllowLoopback: true}, "::1", "80", "[::1]:80", true},
		{"loopback, but another name", Policy{AllowLoopback: true}, "evil.example", "80", "127.0.0.1:80", false},
		{"loopback by another spelling", Policy{AllowLoopback: true}, "127.1", "80", "127.0.0.1:80", false},
		{"localhost that is somewhere else", Policy{AllowLoopback: true}, "localhost", "80", "10.0.0.1:80", false},
		{"trusted name", Policy{Trusted: []string{"llm.internal"}}, "llm.internal", "80", "10.0.0.1:80", true},
		{"trusted name, own machine", Policy{Trusted: []string{"host.docker.internal"}}, "host.docker.internal", "80", "127.0.0.1:80", true},
		{"trusted name, shared address", Policy{Trusted: []string{"llm.internal"}}, "llm.internal", "80", "100.100.1.1:80", true},
		{"trusted name, IPv6", Policy{Trusted: []string{"llm.internal"}}, "llm.internal", "80", "[fd00::5]:80", true},
		{"trusted name, other port", Policy{Trusted: []string{"llm.internal:8080"}}, "llm.internal", "22", "10.0.0.1:22", false},
		{"trusted name that resolves to metadata", Policy{Trusted: []string{"llm.internal"}}, "llm.internal", "80", "169.254.169.254:80", false},
		{"trusted network, any name", Policy{Trusted: []string{"10.0.0.0/8"}}, "llm.example", "80", "10.9.9.9:80", true},
		{"trusted network, mapped", Policy{Trusted: []string{"10.0.0.0/8"}}, "llm.example", "80", "[::ffff:10.9.9.9]:80", true},
		{"trusted address and port", Policy{Trusted: []string{"[fd00::5]:8080"}}, "llm.example", "8080", "[fd00::5]:8080", true},
		{"trusted address, other port", Policy{Trusted: []string{"[fd00::5]:8080"}}, "llm.example", "80", "[fd00::5]:80", false},
		{"trusted link-local address", Policy{Trusted: []string{"169.254.170.2"}}, "169.254.170.2", "80", "169.254.170.2:80", true},
		{"not an address", Policy{}, "example.com", "80", "/run/docker.sock", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := guard(t, tt.policy).checkAddress(tt.host, tt.port, tt.resolved)
			if (err == nil) != tt.allowed {
				t.Errorf("got %v, want allowed: %v", err, tt.allowed)
			}
		})
	}
}

// names is a resolver that knows these names and no others.
func names(addresses map[string]string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			var size [2]byte
			if _, err := io.ReadFull(server, size[:]); err != nil {
				return
			}
			query := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(server, query); err != nil {
				return
			}
			answer := answerTo(query, addresses)
			server.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
		}()
		return client, nil
	}}
}

// answerTo answers one DNS query for an A record (RFC 1035, section 4).
func answerTo(query []byte, addresses map[string]string) []byte {
	var labels []string
	at := 12
	for n := int(query[at]); n > 0; n = int(query[at]) {
		labels = append(labels, string(query[at+1:at+1+n]))
		at += 1 + n
	}
	question := query[12 : at+5]
	header := []byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}
	ip, known := addresses[strings.ToLower(strings.Join(labels, "."))]
	if !known {
		header[3] = 0x83 // no such name
		return append(header, question...)
	}
	if query[at+2] != 1 { // not A
		return append(header, question...)
	}
	header[7] = 1
	record := append(header, question...)
	record = append(record, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
	return append(record, netip.MustParseAddr(ip).AsSlice()...)
}

// No connection may be made to what the guard refuses: the listener must not
// see one.
func TestRefusedHostsAreNeverConnectedTo(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	tests := []struct {
		name   string
		policy Policy
		host   string
		class  Class
		status int
	}{
		{"name that resolves to this machine", Policy{AllowLoopback: true}, "rebound.example", Refused, 0},
		{"name that resolves to a private address", Policy{AllowLoopback: true}, "private.example", Refused, 0},
		{"name that resolves to metadata", Policy{AllowLoopback: true}, "metadata.example", Refused, 0},
		{"this machine, not allowed", Policy{}, "127.0.0.1", Refused, 0},
		{"this machine, mapped", Policy{}, "[::ffff:127.0.0.1]", Refused, 0},
		{"this machine by name, not allowed", Policy{}, "localhost", Refused, 0},
		{"no such name", Policy{AllowLoopback: true}, "nowhere.example", Unreachable, 0},
		{"this machine, allowed", Policy{AllowLoopback: true}, "127.0.0.1", 0, 404},
		{"trusted name", Policy{Trusted: []string{"rebound.example"}}, "rebound.example", 0, 404},
		{"trusted name in other case", Policy{Trusted: []string{"rebound.example"}}, "Rebound.Example", 0, 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			connections.Store(0)
			g := guard(t, tt.policy)
			g.dialer.Resolver = names(map[string]string{"rebound.example": "127.0.0.1", "private.example": "10.0.0.1", "metadata.example": "169.254.169.254"})
			c := NewClient(NewTransport(g, 0))
			defer c.CloseIdleConnections()
			resp, err := c.Do(request(t, http.MethodGet, "http://"+tt.host+":"+port+"/latest/meta-data/", ""))
			if tt.status != 0 {
				if err != nil || resp.StatusCode != tt.status {
					t.Fatalf("got %v, %v; want status %d", resp, err, tt.status)
				}
				Drain(resp.Body)
				return
			}
			if e, ok := errors.AsType[*Error](err); !ok || e.Class != tt.class {
				t.Errorf("got %v, want class %q", err, tt.class)
			}
			if n := connections.Load(); n != 0 {
				t.Errorf("%d connections were made", n)
			}
		})
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, u := range []string{"https://example.com/v1", "http://127.1", "http://[::1]", "http://a:b@c", "http://0x7f.1:80", "http://x\\@y", "HTTP://LOCALHOST"} {
		f.Add(u)
	}
	g, err := NewGuard(Policy{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if g.CheckURL(raw) != nil {
			return
		}
		req, err := http.NewRequest(http.MethodPost, strings.TrimSpace(raw), nil)
		if err != nil {
			t.Fatalf("%q was allowed and is no URL: %v", raw, err)
		}
		host := strings.ToLower(req.URL.Hostname())
		if ip, err := netip.ParseAddr(host); err == nil && !public(plain(ip)) {
			t.Errorf("%q was allowed", raw)
		}
		if host == "" || isLoopbackName(host) || req.URL.User != nil {
			t.Errorf("%q was allowed", raw)
		}
	})
}
