// Command gateway is the data plane as a Lambda function behind a streaming
// function URL. Without a Runtime API it is a server on loopback, on PORT.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"sluice/core/gateway"
	"sluice/core/usage"
	"sluice/functions/internal/aws"
	"sluice/functions/internal/lambdahttp"
)

// version is set by the linker.
var version = "dev"

func main() {
	if err := run(context.Background(), os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer) error {
	log := aws.Logger(getenv, stderr)
	slog.SetDefault(log)
	c, err := aws.Gateway(getenv)
	if err != nil {
		return err
	}
	lines := usage.NewLines(stdout)
	told, err := aws.Telemetry(getenv, version, lines, log)
	if err != nil {
		return err
	}
	records, err := aws.NewRecords(getenv, c.Data, lines, log)
	if err != nil {
		return err
	}
	if records.Logs != nil {
		records.Logs.Settle = settle
	}
	c.Version, c.Log = version, log
	c.Sinks, c.Bodies, c.Logs = append(records.Sinks, told...), records.Bodies, records.Logs
	h, err := gateway.New(c)
	if err != nil {
		return err
	}
	return lambdahttp.Start(ctx, h, lambdahttp.Options{Log: log}, getenv)
}

// settle is how long the feed of the live log waits for the worker: records come
// to it some seconds after they were written, in batches.
const settle = 15 * time.Second
