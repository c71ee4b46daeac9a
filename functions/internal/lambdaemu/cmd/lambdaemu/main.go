// Command lambdaemu runs a function on this machine behind a function URL, as
// AWS would: see package lambdaemu.
//
//	lambdaemu -binary bin/gateway -addr 127.0.0.1:8787 -env OPENAI_API_KEY
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"sluice/functions/internal/lambdaemu"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Getenv, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "lambdaemu:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, stderr io.Writer) error {
	c := lambdaemu.Config{Log: stderr}
	flags := flag.NewFlagSet("lambdaemu", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.Binary, "binary", "", "the function, built for this machine")
	flags.StringVar(&c.Addr, "addr", "127.0.0.1:8787", "address of the function URL")
	flags.StringVar(&c.Name, "name", "gateway", "name of the function")
	flags.DurationVar(&c.Timeout, "timeout", 15*time.Minute, "time limit of an invocation")
	flags.IntVar(&c.MaxProcesses, "processes", 4, "how many requests are served at once")
	flags.IntVar(&c.Memory, "memory", 512, "memory in MB, as told to the function")
	flags.BoolVar(&c.Buffered, "buffered", false, "invoke mode BUFFERED")
	flags.Func("env", "KEY=value for the function, or KEY to hand on what it is here; repeat", func(s string) error {
		if !strings.Contains(s, "=") {
			s += "=" + getenv(s)
		}
		c.Env = append(c.Env, s)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	e, err := lambdaemu.Start(ctx, c)
	if err != nil {
		return err
	}
	fmt.Fprintln(stderr, "function URL:", e.URL)
	<-ctx.Done()
	e.Close()
	return nil
}
