package rollup

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sluice/core/store/driver"
	"sluice/core/store/dynamostore"
	"sluice/core/store/mototest"
	"sluice/core/usage"
)

// These name, in a child process, the table it is to count in.
const (
	childURL   = "ROLLUP_TEST_URL"
	childTable = "ROLLUP_TEST_TABLE"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		_, table := dynamo(url, os.Getenv(childTable))
		fmt.Fprintln(os.Stderr, countForEver(table))
		os.Exit(1)
	}
	mototest.Main(m)
}

func dynamo(url, name string) (*dynamodb.Client, driver.Table) {
	keys := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
	})
	client := dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: keys, HTTPClient: &http.Client{}})
	return client, dynamostore.New(dynamostore.Config{Client: client, Table: name, Timeout: time.Minute})
}

// countForEver delivers records in batches, in any order, again and again, as
// a stream does at its worst. It says on standard output when it begins, and
// when a batch is done.
func countForEver(table driver.Table) error {
	ctx := context.Background()
	var records []*usage.Record
	for r, err := range (someLogs{table}).Between(ctx, time.Time{}, time.Now()) {
		if err != nil {
			return err
		}
		records = append(records, r)
	}
	s := &Sums{Table: table}
	fmt.Println("ready")
	for {
		batch := make([]*usage.Record, 1+mathrand.IntN(6))
		for i := range batch {
			batch[i] = records[mathrand.IntN(len(records))]
		}
		if err := s.Count(ctx, batch); err != nil {
			return err
		}
		fmt.Println("counted")
	}
}

// kills is how many processes are killed, with SLUICE_FULL four times as many.
const kills = 10

// TestKilledProcessesCountEachRecordOnce kills processes that count into one
// table in DynamoDB, two at a time. Whenever they are killed, the sums are those of
// the records that are marked; and the consumer that comes last counts the rest.
func TestKilledProcessesCountEachRecordOnce(t *testing.T) {
	t.Parallel()
	url, name := mototest.URL(t), "rollup-"+rand.Text()
	client, table := dynamo(url, name)
	if err := dynamostore.Create(t.Context(), client, name); err != nil {
		t.Fatal(err)
	}
	logs := someLogs{table}
	records := someRecords(mathrand.New(mathrand.NewPCG(9, 9)), 100)
	crowded(records[:50], 2) // of the others most have a set of their own
	for _, r := range records {
		r.Workspace = "" // the emulator is slow: fewer sums
		if err := logs.store(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	rounds := kills / 2
	if os.Getenv("SLUICE_FULL") != "" {
		rounds *= 4
	}
	for round := range rounds {
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() { runAndKill(t, url, name) })
		}
		group.Wait()
		if round%4 == 3 {
			settled(t, table, records)
		}
	}
	if n := len(settled(t, table, records)); n == 0 || n == len(records) {
		t.Errorf("%d of %d records were counted by those that were killed", n, len(records))
	}
	c := &Consumer{Logs: logs, Sums: &Sums{Table: table}, Log: slog.New(slog.DiscardHandler)}
	if err := c.rescan(t.Context(), time.Time{}); err != nil {
		t.Fatal(err)
	}
	check(t, table, records)
}

// runAndKill kills a process within its first batches.
func runAndKill(t *testing.T, url, name string) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childURL+"="+url, childTable+"="+name)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Error(err)
		return
	}
	lines := bufio.NewScanner(out)
	for range 1 + mathrand.IntN(2) {
		lines.Scan()
	}
	time.Sleep(mathrand.N(100 * time.Millisecond))
	cmd.Process.Kill()
	for lines.Scan() {
	}
	if cmd.Wait(); cmd.ProcessState.ExitCode() == 1 {
		t.Error("the process ended by itself")
	}
}

// settled checks that the sums are those of the records that are marked, and
// returns these. What a killed process has sent may still take effect.
func settled(t *testing.T, table driver.Table, records []*usage.Record) []*usage.Record {
	t.Helper()
	for {
		before := marked(t, table, records)
		err := compare(t.Context(), table, before)
		if after := marked(t, table, records); !slices.Equal(before, after) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return before
	}
}

func marked(t *testing.T, table driver.Table, records []*usage.Record) []*usage.Record {
	t.Helper()
	left, err := (&Sums{Table: table}).Uncounted(t.Context(), records)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(slices.Clone(records), func(r *usage.Record) bool { return slices.Contains(left, r) })
}
