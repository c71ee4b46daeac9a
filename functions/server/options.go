package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"sluice/core/usage"
)

// options are the settings of the process. A flag wins over its variable.
type options struct {
	listen    string
	store     string // where things are kept: inFile or onAWS
	data      string // folder of the file
	key       string // gateway key; empty: open, on loopback only
	config    string // default routing config, as JSON
	providers string // file with the operator's credentials for providers
	trusted   []string
	maxBody   int64
}

func parseOptions(args []string, getenv func(string) string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("sluice", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.listen, "listen", cmp.Or(getenv("SLUICE_LISTEN"), "127.0.0.1:8787"), "address to listen on (SLUICE_LISTEN)")
	fs.StringVar(&o.data, "data", cmp.Or(getenv("SLUICE_DATA"), defaultData(getenv)), "folder for what is kept (SLUICE_DATA)")
	fs.StringVar(&o.store, "store", cmp.Or(getenv("SLUICE_STORE"), inFile),
		"file: keep things in the data folder; aws: in the DynamoDB tables that STATE_TABLE and DATA_TABLE name (SLUICE_STORE)")
	fs.Int64Var(&o.maxBody, "max-body", 64<<20, "largest request body, in bytes")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	o.key, o.providers = getenv("SLUICE_KEY"), getenv("SLUICE_PROVIDERS")
	for h := range strings.SplitSeq(getenv("SLUICE_TRUSTED_HOSTS"), ",") {
		if h = strings.TrimSpace(h); h != "" {
			o.trusted = append(o.trusted, h)
		}
	}
	var err error
	if o.config, err = readConfig(getenv("SLUICE_CONFIG")); err != nil {
		return o, err
	}
	return o, o.check()
}

func defaultData(getenv func(string) string) string {
	base := getenv("XDG_DATA_HOME")
	if home, err := os.UserHomeDir(); base == "" && err == nil {
		base = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(base, "sluice")
}

// readConfig takes JSON or the path of a file that holds it.
func readConfig(v string) (string, error) {
	if v = strings.TrimSpace(v); v == "" || strings.HasPrefix(v, "{") {
		return v, nil
	}
	b, err := os.ReadFile(v)
	if err != nil {
		return "", fmt.Errorf("SLUICE_CONFIG is neither JSON nor a file: %w", err)
	}
	return string(b), nil
}

// local reports whether only this machine can ask. Then it may also be asked
// for: elsewhere, loopback is somebody else's.
func (o options) local() bool {
	host, err := listenHost(o.listen)
	return err == nil && isLoopback(host)
}

// logSettings are those of the environment. A server without a key is one
// person's: what went over the line is theirs to see.
func (o options) logSettings(getenv func(string) string) func(string) string {
	return func(name string) string {
		v := getenv(name)
		if name == "SLUICE_LOG_BODIES" && v == "" && o.key == "" {
			return string(usage.KeepFull)
		}
		return v
	}
}

// check refuses to be an open relay: beyond loopback a key is needed.
func (o options) check() error {
	if o.store != inFile && o.store != onAWS {
		return fmt.Errorf("store %q: want %s or %s", o.store, inFile, onAWS)
	}
	host, err := listenHost(o.listen)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", o.listen, err)
	}
	if o.key == "" && !isLoopback(host) {
		return errors.New("refusing to listen on " + o.listen + " without a key: set SLUICE_KEY, or listen on 127.0.0.1")
	}
	return nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
