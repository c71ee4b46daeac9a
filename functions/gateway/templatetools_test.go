package main

import (
	"encoding/json"
	"maps"
	"os/exec"
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	t.Parallel()
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("cfn-lint is not installed: pip install cfn-lint")
	}
	if out, err := exec.CommandContext(t.Context(), lint, "-c", "I", "--non-zero-exit-code", "warning", templateFile).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// transform is SAM's own translation, with a place for the code made up.
const transform = `
import json, os, sys
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse
class Policies:
    def load(self): return {}
t = yaml_parse(open(sys.argv[1]))
for r in t["Resources"].values():
    if r["Type"] == "AWS::Serverless::Function": r["Properties"]["CodeUri"] = "s3://bucket/key"
print(json.dumps(transform(t, {}, Policies())))
`

func TestWhatSAMMakesOfIt(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil || exec.CommandContext(t.Context(), python, "-c", "import samtranslator").Run() != nil {
		t.Skip("aws-sam-translator is not installed: pip install aws-sam-translator")
	}
	var stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), python, "-c", transform, templateFile)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	var tpl object
	if err := json.Unmarshal(out, &tpl); err != nil {
		t.Fatal(err)
	}
	types := make(map[string]int)
	for _, r := range tpl["Resources"].(object) {
		types[at(r, "Type").(string)]++
	}
	want := map[string]int{
		"AWS::IAM::Role": 2, "AWS::Lambda::Function": 2, "AWS::Lambda::Permission": 2, "AWS::Lambda::Url": 1,
		"AWS::Logs::LogGroup": 2, "AWS::SecretsManager::Secret": 1, "AWS::DynamoDB::Table": 2, "AWS::S3::Bucket": 2,
		"AWS::Lambda::EventSourceMapping": 1, "AWS::SQS::Queue": 1, "AWS::S3Vectors::VectorBucket": 1,
	}
	if !maps.Equal(types, want) {
		t.Errorf("got %v, want %v", types, want)
	}
	expect(t, tpl, map[string]any{
		"Resources.GatewayFunctionUrl.Properties.InvokeMode":               "RESPONSE_STREAM",
		"Resources.GatewayFunctionUrl.Properties.AuthType":                 ref("UrlAuthType"),
		"Resources.GatewayFunction.Properties.TracingConfig":               nil,
		"Resources.GatewayFunction.Properties.Runtime":                     "provided.al2023",
		"Resources.GatewayFunction.Properties.Architectures":               []any{"arm64"},
		"Resources.GatewayFunction.Properties.LoggingConfig.LogGroup":      ref("GatewayLogGroup"),
		"Resources.WorkerFunctionRecords.Properties.EventSourceArn":        object{"Fn::GetAtt": []any{"DataTable", "StreamArn"}},
		"Resources.WorkerFunctionRecords.Properties.FunctionName":          ref("WorkerFunction"),
		"Resources.WorkerFunctionRecords.Properties.FunctionResponseTypes": []any{"ReportBatchItemFailures"},
		"Resources.WorkerFunctionRecords.Properties.DestinationConfig": object{
			"OnFailure": object{"Destination": object{"Fn::GetAtt": []any{"WorkerFailures", "Arn"}}},
		},
		"Outputs.Url.Value": object{"Fn::GetAtt": []any{"GatewayFunctionUrl", "FunctionUrl"}},
	})
}
