package main

import (
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/functions/internal/lambdaemu"
)

// starts is how often each function starts at least for each request; the
// number of iterations says how often it did.
const starts = 30

// BenchmarkStart is what a user waits for when no process is there: from the
// request at the function URL, over the start of the process, to the first
// byte of the answer. The gateway takes turns with a function that links the
// same packages of AWS and does nothing, so that a busy machine is as bad for
// either. The ratio is that of the medians; at most 1.3 is the aim.
func BenchmarkStart(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("only on Linux processes start and freeze as they do on Lambda")
	}
	idle := filepath.Join(b.TempDir(), "bootstrap")
	if err := buildHere(nothing, idle); err != nil {
		b.Fatal(err)
	}
	fast := strings.Replace(chat, `"echo"`, `"echo-fast"`, 1) // echo waits 20 ms before its first word
	requests := []struct{ name, method, path, body string }{
		{"health", "GET", "/v1/health", ""},
		{"stream", "POST", "/v1/chat/completions", fast},
		{"whole", "POST", "/v1/chat/completions", strings.Replace(fast, `"stream":true`, `"stream":false`, 1)},
	}
	for _, q := range requests {
		b.Run(q.name, func(b *testing.B) {
			var ours, theirs []time.Duration
			pair := func() {
				first := func(binary string) time.Duration { return firstByte(b, binary, q.method, q.path, q.body) }
				if len(ours)%2 == 0 {
					ours, theirs = append(ours, first(binary)), append(theirs, first(idle))
				} else {
					theirs, ours = append(theirs, first(idle)), append(ours, first(binary))
				}
			}
			for b.Loop() {
				pair()
			}
			for len(ours) < starts {
				pair()
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(reportTimes(b, "", ours)/reportTimes(b, "nothing-", theirs), "ratio")
		})
	}
}

// reportTimes returns the median in milliseconds.
func reportTimes(b *testing.B, prefix string, times []time.Duration) float64 {
	slices.Sort(times)
	ms := func(i int) float64 { return times[i].Seconds() * 1000 }
	n := len(times)
	median := (ms((n-1)/2) + ms(n/2)) / 2
	b.ReportMetric(median, prefix+"median-ms")
	b.ReportMetric(ms(0), prefix+"min-ms")
	b.ReportMetric(ms(n-1), prefix+"max-ms")
	return median
}

// firstByte asks a function that has no process yet, with the environment
// that the template gives it.
func firstByte(b *testing.B, binary, method, path, body string) time.Duration {
	b.Helper()
	e, err := lambdaemu.Start(b.Context(), lambdaemu.Config{
		Binary: binary, MaxProcesses: 1, Env: []string{"SLUICE_KEY=the-gateway-key", "GOMEMLIMIT=435MiB"},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	r, err := http.NewRequestWithContext(b.Context(), method, e.URL+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Portkey-Provider", "echo")
	r.Header.Set("X-Portkey-Api-Key", "the-gateway-key")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	began := time.Now()
	resp, err := client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	_, err = io.ReadFull(resp.Body, make([]byte, 1))
	took := time.Since(began)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("%s %s: got %d, %v", binary, path, resp.StatusCode, err)
	}
	return took
}
