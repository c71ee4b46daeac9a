//go:build unix

package lambdaemu

import (
	"net"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// The function of these tests is also a plain server, like every function of
// ours: without a Runtime API it opens a port.
func TestSameBinaryIsAServerThatDrains(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	free.Close()

	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Env = []string{"PORT=" + port}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, addr)
	notes := filepath.Join(t.TempDir(), "notes")
	if _, body := ask(t, &Emulator{URL: "http://" + addr}, "GET", "/hook", "", "X-Notes", notes); body != "answered" {
		t.Errorf("got %q", body)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil || lines(t, notes, "hook done") != 1 {
		t.Errorf("ended with %v, hook done %d times", err, lines(t, notes, "hook done"))
	}
}

func await(t *testing.T, addr string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
