// Command server runs the whole gateway in one process: on a laptop, in a
// container. It needs no account, no key and no configuration.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "sluice:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	defer ballast()()
	o, err := parseOptions(args, getenv, stderr)
	if err != nil {
		return err
	}
	st, err := openStorage(o, getenv)
	if err != nil {
		return err
	}
	s, err := newServer(o, st, getenv, stdout, stderr)
	if err == nil {
		err = s.serve(ctx)
	}
	return cmp.Or(err, st.close())
}
