package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"sluice/functions/internal/lambdaemu"
)

// A mapping is what stands between stream and function in the template.
type mapping struct {
	BatchSize      int `yaml:"BatchSize"`
	FilterCriteria struct {
		Filters []struct {
			Pattern string `yaml:"Pattern"`
		} `yaml:"Filters"`
	} `yaml:"FilterCriteria"`
	pattern any
}

func newMapping(t *testing.T) *mapping {
	t.Helper()
	b, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Resources struct {
			WorkerFunction struct {
				Properties struct {
					Events struct {
						Records struct {
							Properties mapping `yaml:"Properties"`
						} `yaml:"Records"`
					} `yaml:"Events"`
				} `yaml:"Properties"`
			} `yaml:"WorkerFunction"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	m := doc.Resources.WorkerFunction.Properties.Events.Records.Properties
	if len(m.FilterCriteria.Filters) != 1 || m.BatchSize == 0 {
		t.Fatalf("the template has %+v", m)
	}
	m.pattern = decode[any](t, []byte(m.FilterCriteria.Filters[0].Pattern))
	return &m
}

// fits is the part of Lambda's filter syntax that the template uses.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
func fits(pattern, v any) bool {
	switch p := pattern.(type) {
	case map[string]any:
		m, _ := v.(map[string]any)
		for name, inner := range p {
			if !fits(inner, m[name]) {
				return false
			}
		}
		return true
	case []any:
		return slices.ContainsFunc(p, func(rule any) bool {
			if m, ok := rule.(map[string]any); ok {
				text, _ := v.(string)
				return len(m) == 1 && m["prefix"] != nil && strings.HasPrefix(text, m["prefix"].(string))
			}
			return rule == v
		})
	}
	panic(fmt.Sprintf("a pattern with %T", pattern))
}

// A poller reads the stream of a stack, as Lambda does.
type poller struct {
	s        *stack
	mapping  *mapping
	iterator string
}

func (s *stack) poll(t *testing.T) *poller {
	t.Helper()
	p := &poller{s: s, mapping: newMapping(t)}
	d := decode[struct {
		StreamDescription struct{ Shards []struct{ ShardId string } }
	}](t, p.call(t, "DescribeStream", map[string]any{"StreamArn": s.stream}))
	if n := len(d.StreamDescription.Shards); n != 1 {
		t.Fatalf("the stream has %d shards", n)
	}
	p.iterator = decode[struct{ ShardIterator string }](t, p.call(t, "GetShardIterator", map[string]any{
		"StreamArn": s.stream, "ShardId": d.StreamDescription.Shards[0].ShardId, "ShardIteratorType": "TRIM_HORIZON",
	})).ShardIterator
	return p
}

func (p *poller) call(t *testing.T, operation string, in any) []byte {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", p.s.url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDBStreams_20120810."+operation)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=id/20261123/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s: %d %s %v", operation, resp.StatusCode, out, err)
	}
	return out
}

// next are the changes since the last call that the function is to see, and
// how many there were in all.
func (p *poller) next(t *testing.T) (changes []any, all int) {
	t.Helper()
	for {
		out := decode[struct {
			Records           []any
			NextShardIterator string
		}](t, p.call(t, "GetRecords", map[string]any{"ShardIterator": p.iterator}))
		p.iterator = out.NextShardIterator
		if len(out.Records) == 0 {
			return changes, all
		}
		all += len(out.Records)
		for _, r := range out.Records {
			if fits(p.mapping.pattern, r) {
				changes = append(changes, r)
			}
		}
	}
}

// deliver hands changes to the function, batch by batch, until it has said of
// one that it failed, or an invocation did.
func (p *poller) deliver(t *testing.T, e *lambdaemu.Emulator, changes []any) error {
	t.Helper()
	for batch := range slices.Chunk(changes, p.mapping.BatchSize) {
		event, err := json.Marshal(map[string]any{"Records": batch})
		if err != nil {
			t.Fatal(err)
		}
		out, err := e.Invoke(t.Context(), event)
		if err != nil {
			return err
		}
		if string(out) != `{"batchItemFailures":[]}` {
			return fmt.Errorf("failures: %s", out)
		}
	}
	return nil
}
