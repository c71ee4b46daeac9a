// Command worker is the Lambda function that reads the stream of the data
// table: it makes logs findable and sums them up by the hour.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"sluice/core/rollup"
	"sluice/functions/internal/aws"
	"sluice/functions/internal/consumer"
)

func main() {
	if err := run(context.Background(), os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer) error {
	log := aws.Logger(getenv, stderr)
	slog.SetDefault(log)
	_, data := aws.Store(getenv)
	if data == nil {
		return errors.New("no table: set DATA_TABLE to its name")
	}
	if getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		return errors.New("it runs as a Lambda function only; a server consumes its records itself")
	}
	store, err := aws.Logs(getenv, data, stdout, log)
	if err != nil {
		return err
	}
	c := &consumer.Consumer{Logs: store, Sums: &rollup.Sums{Table: data}}
	(&consumer.Handler{Consumer: c, Table: data, Log: log}).Start(ctx)
	return nil
}
