package main

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/store/boltstore"
	"sluice/core/store/driver"
)

func TestASecondServerOnTheSameFolderNamesTheFirst(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	start(t, nil, "--data", data)
	err := run(t.Context(), []string{"--listen", "127.0.0.1:0", "--data", data}, func(string) string { return "" }, io.Discard, io.Discard)
	if err == nil {
		t.Fatal("it started")
	}
	for _, want := range []string{filepath.Join(data, fileName), "in use by process " + strconv.Itoa(os.Getpid()), "--data"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

// serveOnce runs a server from its start to its end.
func serveOnce(t *testing.T, data string) {
	t.Helper()
	t.Run("a server", func(t *testing.T) { start(t, nil, "--data", data) })
}

func TestWhatIsKeptSurvivesARestart(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "new", "data")
	serveOnce(t, data)
	if info, err := os.Stat(data); err != nil || runtime.GOOS != "windows" && info.Mode() != fs.ModeDir|0o700 {
		t.Errorf("the folder is %v, %v", info.Mode(), err)
	}
	record := driver.Record{Key: driver.Key{Part: "part", Sort: "sort"}, Data: []byte("kept")}
	with := func(use func(*boltstore.Table)) {
		t.Helper()
		table, err := boltstore.Open(filepath.Join(data, fileName), 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer table.Close()
		use(table)
	}
	with(func(table *boltstore.Table) {
		if _, err := table.Put(t.Context(), record); err != nil {
			t.Fatal(err)
		}
	})
	serveOnce(t, data)
	serveOnce(t, data)
	with(func(table *boltstore.Table) {
		if got, err := table.Get(t.Context(), record.Key); err != nil || string(got.Data) != "kept" {
			t.Errorf("got %q, %v", got.Data, err)
		}
	})
}

func TestAFolderThatCannotBeUsedIsNamed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := run(t.Context(), []string{"--listen", "127.0.0.1:0", "--data", file}, func(string) string { return "" }, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

func TestWhatHasExpiredIsRemovedWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := openStorage(options{store: inFile, data: t.TempDir()}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		for _, sort := range []string{"early", "late"} {
			expires := map[string]time.Duration{"early": time.Minute, "late": time.Hour}[sort]
			if _, err := s.data.Put(t.Context(), driver.Record{Key: driver.Key{Part: "part", Sort: sort}, Expires: time.Now().Add(expires)}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			s.upkeep(ctx, slog.New(slog.DiscardHandler))
			close(ended)
		}()
		time.Sleep(11 * time.Minute)
		if n, err := s.file.Sweep(t.Context()); n != 0 || err != nil {
			t.Errorf("%d records were left, %v", n, err)
		}
		time.Sleep(time.Hour)
		stop()
		<-ended
		if n, err := s.file.Sweep(t.Context()); n != 0 || err != nil {
			t.Errorf("%d records were left after an hour, %v", n, err)
		}
	})
}

func TestTheStoreOnAWS(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"SLUICE_STORE": "aws", "STATE_TABLE": "state", "DATA_TABLE": "data",
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
	}
	data := t.TempDir()
	url, _, _ := start(t, env, "--data", data)
	if status, body := post(t, url+"/v1/chat/completions", hello, echo); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	if files, err := os.ReadDir(data); err != nil || len(files) > 0 {
		t.Errorf("the data folder has %v, %v", files, err)
	}
	o, err := parseOptions(nil, func(k string) string { return env[k] }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openStorage(o, func(k string) string { return env[k] })
	if err != nil || s.state == nil || s.data == nil || s.state == s.data || s.file != nil {
		t.Errorf("got %+v, %v, want two tables and no file", s, err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

func TestTheGatewayGetsTheStore(t *testing.T) {
	t.Parallel()
	st, err := openStorage(options{store: inFile, data: t.TempDir()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer st.close()
	s := server{storage: st}
	c := s.config(func(string) string { return "" })
	if c.State != st.state || c.Data != st.data || c.State == nil {
		t.Errorf("got %v and %v", c.State, c.Data)
	}
}
