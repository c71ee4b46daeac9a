package metrics

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sluice/core/usage"
)

// schema compiles a file of testdata.
func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// check validates a document.
func check(t *testing.T, s *jsonschema.Schema, doc string) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
	if err == nil {
		err = s.Validate(v)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, doc)
	}
}

// emfLine writes a record and returns its line.
func emfLine(t *testing.T, r *usage.Record) string {
	t.Helper()
	var out bytes.Buffer
	e, err := NewEMF("my-stack", usage.NewLines(&out))
	if err != nil {
		t.Fatal(err)
	}
	sink(t, e, r)
	line, ok := strings.CutSuffix(out.String(), "\n")
	if !ok || strings.Contains(line, "\n") {
		t.Fatalf("not one line: %q", out.String())
	}
	return line
}

func TestALineOfMetricsSaysWhatHappened(t *testing.T) {
	t.Parallel()
	const want = `{"_aws":{"Timestamp":1772600767089,"CloudWatchMetrics":[{"Namespace":"my-stack","Dimensions":[["gen_ai.provider.name","sluice.status_class"]],"Metrics":[` +
		`{"Name":"sluice.requests","Unit":"Count"},{"Name":"gen_ai.client.operation.duration","Unit":"Seconds"},{"Name":"gen_ai.server.time_to_first_token","Unit":"Seconds"},` +
		`{"Name":"gen_ai.usage.input_tokens","Unit":"Count"},{"Name":"gen_ai.usage.output_tokens","Unit":"Count"},{"Name":"sluice.cost","Unit":"None"},` +
		`{"Name":"sluice.cache.hits","Unit":"Count"},{"Name":"sluice.guardrail.denials","Unit":"Count"},{"Name":"sluice.retries","Unit":"Count"},` +
		`{"Name":"sluice.fallbacks","Unit":"Count"},{"Name":"sluice.warm_turn.cache_read","Unit":"None"}]}]},` +
		`"gen_ai.provider.name":"aws.bedrock","sluice.status_class":"2xx","sluice.requests":1,"gen_ai.client.operation.duration":2.5,"gen_ai.server.time_to_first_token":1,` +
		`"gen_ai.usage.input_tokens":1050,"gen_ai.usage.output_tokens":31,"sluice.cost":1.23470289,"sluice.cache.hits":0,"sluice.guardrail.denials":1,"sluice.retries":1,` +
		`"sluice.fallbacks":1,"sluice.warm_turn.cache_read":0.8,"gen_ai.operation.name":"chat","gen_ai.request.model":"claude","http.response.status_code":200,` +
		`"sluice.dialect":"anthropic","sluice.cache.result":"miss","sluice.record.id":"019cb6f7-0b51-7000-8000-00000000abcd","sluice.request.id":"req-1","sluice.trace.id":"req-1",` +
		`"sluice.workspace":"acme","sluice.key":"default"}`
	if got := emfLine(t, streamed()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestLinesAreInTheEmbeddedMetricFormat holds lines against what its page says:
// the schema, and that what is referred to is there.
func TestLinesAreInTheEmbeddedMetricFormat(t *testing.T) {
	t.Parallel()
	hostile := streamed()
	hostile.Model, hostile.Request, hostile.Trace = strings.Repeat("é", 300_000), "a\nb\"c\xff", strings.Repeat("x", 300_000)
	bare := &usage.Record{Time: came}
	left := streamed()
	left.Left, left.Broken, left.Error, left.Cost.Gap = true, true, "truncated", "unpriced"
	s := schema(t, "emf.schema.json")
	for name, r := range map[string]*usage.Record{"a stream": streamed(), "a hit": hit(), "refused": refused(), "hostile": hostile, "bare": bare, "left": left} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line := emfLine(t, r)
			check(t, s, line)
			if len(line) > 256<<10 {
				t.Errorf("%d bytes", len(line))
			}
			holdsReferences(t, line)
		})
	}
}

func holdsReferences(t *testing.T, line string) {
	t.Helper()
	var meta struct {
		AWS struct {
			CloudWatchMetrics []struct {
				Dimensions [][]string
				Metrics    []struct{ Name string }
			}
		} `json:"_aws"`
	}
	root := map[string]any{}
	if err := json.Unmarshal([]byte(line), &meta); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(line), &root); err != nil {
		t.Fatal(err)
	}
	for _, d := range meta.AWS.CloudWatchMetrics {
		if len(d.Dimensions) != 1 || len(d.Dimensions[0]) != 2 {
			t.Errorf("dimensions %q: each combination costs", d.Dimensions)
		}
		for _, name := range d.Dimensions[0] {
			if v, ok := root[name].(string); !ok || v == "" {
				t.Errorf("dimension %s is %v", name, root[name])
			}
		}
		for _, m := range d.Metrics {
			if _, ok := root[m.Name].(float64); !ok {
				t.Errorf("metric %s is %v", m.Name, root[m.Name])
			}
		}
	}
}

func TestTheSchemaOfLinesRefusesWhatCloudWatchDoes(t *testing.T) {
	t.Parallel()
	s := schema(t, "emf.schema.json")
	for name, change := range map[string][2]string{
		"no timestamp":   {`"Timestamp":1772600767089,`, ``},
		"in seconds":     {`1772600767089`, `1772600767`},
		"an odd unit":    {`"Unit":"Seconds"`, `"Unit":"s"`},
		"no name":        {`"Name":"sluice.requests",`, ``},
		"no namespace":   {`"Namespace":"my-stack",`, ``},
		"flat dimension": {`[["gen_ai.provider.name","sluice.status_class"]]`, `["gen_ai.provider.name"]`},
	} {
		line := strings.Replace(emfLine(t, streamed()), change[0], change[1], 1)
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(v) == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestNamespacesThatCloudWatchDoesNotTake(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", ":stack", "a b", "é", strings.Repeat("n", 256)} {
		if _, err := NewEMF(name, usage.NewLines(&bytes.Buffer{})); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
}
