package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/functions/internal/lambdaemu"
)

const (
	starts  = 30 // of each function
	nothing = "./testdata/nothing"
)

// BenchmarkStart is what a user waits for when no process is there: from the
// request at the function URL, over the start of the process, to the first
// byte of its answer. The gateway takes turns with a function that links the
// same packages of AWS and does nothing, so that a busy machine is as bad for
// either. The ratio is that of the medians; it should stay under 1.3.
func BenchmarkStart(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("processes are frozen as on Lambda, and figures can be compared, on Linux only")
	}
	dir := b.TempDir()
	gateway, baseline := buildStripped(b, dir, "."), buildStripped(b, dir, nothing)
	requests := []struct{ name, method, path, body string }{
		{"health", "GET", "/v1/health", ""},
		{"whole", "POST", "/v1/chat/completions", strings.Replace(strings.Replace(chat, `"echo"`, `"echo-fast"`, 1),`true`,`false`,1)},
		{"echo chat", "POST", "/v1/chat/completions", strings.Replace(chat, `"echo"`, `"echo-fast"`, 1)},
	}
	for _, q := range requests {
		b.Run(q.name, func(b *testing.B) {
			var ours, theirs []time.Duration
			take := func(times *[]time.Duration, binary string) {
				*times = append(*times, firstByte(b, binary, q.method, q.path, q.body))
			}
			for b.Loop() { // once: it takes longer than a benchmark has to
				for i := range starts {
					if i%2 == 0 {
						take(&ours, gateway)
					}
					take(&theirs, baseline)
					if i%2 == 1 {
						take(&ours, gateway)
					}
				}
			}
			b.ReportMetric(0, "ns/op")
			ratio := reportTimes(b, "", ours) / reportTimes(b, "nothing-", theirs)
			b.ReportMetric(ratio, "ratio")
		})
	}
}

// reportTimes returns the median in milliseconds.
func reportTimes(b *testing.B, prefix string, times []time.Duration) float64 {
	slices.Sort(times)
	n := len(times)
	median := (times[(n-1)/2] + times[n/2]).Seconds() * 1000 / 2
	b.ReportMetric(median, prefix+"median-ms")
	b.ReportMetric(times[0].Seconds()*1000, prefix+"min-ms")
	b.ReportMetric(times[n-1].Seconds()*1000, prefix+"max-ms")
	return median
}

// firstByte asks a function whose process is not there yet.
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
		b.Fatalf("%s: got %d, %v", binary, resp.StatusCode, err)
	}
	return took
}

// buildStripped builds as the Makefile does, but for this machine.
func buildStripped(tb testing.TB, dir, pkg string) (binary string) {
	tb.Helper()
	binary = filepath.Join(dir, "function-"+filepath.Base(pkg))
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-tags", "lambda.norpc", "-o", binary, pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("building %s: %v\n%s", pkg, err, out)
	}
	return binary
}

var _ = bytes.NewReader
var _ = cmp.Or[int]
var _ = fmt.Sprint
