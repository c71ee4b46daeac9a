package main

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"sluice/functions/internal/aws"
)

func TestFunctionRunsOnTheCheapRuntimeWithoutFixedCosts(t *testing.T) {
	t.Parallel()
	tpl := template(t)
	functions := ofType(tpl, "AWS::Serverless::Function")
	if len(functions) == 0 {
		t.Fatal("no functions")
	}
	for _, name := range functions {
		f := at(tpl, "Resources", name)
		expect(t, f, map[string]any{
			"Metadata.BuildMethod":                    "makefile",
			"Properties.Runtime":                      "provided.al2023",
			"Properties.Handler":                      "bootstrap",
			"Properties.Architectures":                []any{"arm64"},
			"Properties.LoggingConfig.LogFormat":      "JSON",
			"Properties.Tracing":                      nil, // any value adds a policy to the role
			"Properties.VpcConfig":                    nil, // function URLs do not stream there
			"Properties.ProvisionedConcurrencyConfig": nil,
			"Properties.AutoPublishAlias":             nil,
			"Properties.Policies":                     nil, // the role is written out
		})
		group, _ := at(f, "Properties", "LoggingConfig", "LogGroup", "Ref").(string)
		expect(t, at(tpl, "Resources", group), map[string]any{
			"Type": "AWS::Logs::LogGroup", "Properties.RetentionInDays": ref("LogRetentionDays"),
		})
	}
}

func TestGatewayStreams(t *testing.T) {
	t.Parallel()
	expect(t, at(template(t), "Resources", "GatewayFunction", "Properties"), map[string]any{
		"FunctionUrlConfig.InvokeMode":            "RESPONSE_STREAM",
		"FunctionUrlConfig.AuthType":              ref("UrlAuthType"),
		"FunctionUrlConfig.Cors.AllowOrigins":     ref("CorsAllowOrigins"),
		"FunctionUrlConfig.Cors.AllowMethods":     []any{"*"},
		"FunctionUrlConfig.Cors.AllowCredentials": nil, // with the origin * it would be refused
		"Timeout":    ref("Timeout"),
		"MemorySize": ref("MemorySize"),
	})
	expect(t, at(template(t), "Parameters", "Timeout"), map[string]any{"Default": 900, "MaxValue": 900})
}

// Without either statement every request gets 403.
func TestPublicURLHasBothPermissions(t *testing.T) {
	t.Parallel()
	tpl := template(t)
	expect(t, tpl, map[string]any{"Conditions.PublicUrl": object{"Fn::Equals": []any{ref("UrlAuthType"), "NONE"}}})
	for _, name := range ofType(tpl, "AWS::Serverless::Function") {
		if at(tpl, "Resources", name, "Properties", "FunctionUrlConfig") == nil {
			continue
		}
		var got []string
		for _, p := range ofType(tpl, "AWS::Lambda::Permission") {
			r := at(tpl, "Resources", p)
			if at(r, "Properties", "FunctionName", "Ref") == name && at(r, "Condition") == "PublicUrl" {
				got = append(got, text(at(r, "Properties")))
			}
		}
		slices.Sort(got)
		want := []string{
			text(object{"Action": "lambda:InvokeFunction", "FunctionName": ref(name), "Principal": "*", "InvokedViaFunctionUrl": true}),
			text(object{"Action": "lambda:InvokeFunctionUrl", "FunctionName": ref(name), "Principal": "*", "FunctionUrlAuthType": "NONE"}),
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// A new account has too little concurrency to reserve any.
func TestConcurrencyIsReservedOnRequestOnly(t *testing.T) {
	t.Parallel()
	expect(t, template(t), map[string]any{
		"Parameters.ReservedConcurrency.Default":                            0,
		"Conditions.HasReserved":                                            object{"Fn::Not": []any{object{"Fn::Equals": []any{ref("ReservedConcurrency"), 0}}}},
		"Resources.GatewayFunction.Properties.ReservedConcurrentExecutions": object{"Fn::If": []any{"HasReserved", ref("ReservedConcurrency"), ref("AWS::NoValue")}},
	})
}

func TestGarbageCollectorKnowsTheMemory(t *testing.T) {
	t.Parallel()
	tpl := template(t)
	expect(t, tpl, map[string]any{
		"Resources.GatewayFunction.Properties.Environment.Variables.GOMEMLIMIT": object{"Fn::FindInMap": []any{"Memory", ref("MemorySize"), "Limit"}},
	})
	sizes := at(tpl, "Parameters", "MemorySize", "AllowedValues").([]any)
	for _, size := range sizes {
		mb := size.(int)
		if got, want := at(tpl, "Mappings", "Memory", fmt.Sprint(mb), "Limit"), fmt.Sprintf("%dMiB", mb*85/100); got != want {
			t.Errorf("%d MB: got %v, want %s", mb, got, want)
		}
	}
	if got := len(at(tpl, "Mappings", "Memory").(object)); got != len(sizes) {
		t.Errorf("%d limits for %d sizes", got, len(sizes))
	}
}

// All variables together have 4 KB.
func TestEnvironmentFits(t *testing.T) {
	t.Parallel()
	tpl := template(t)
	size := 0
	for name, v := range at(tpl, "Resources", "GatewayFunction", "Properties", "Environment", "Variables").(object) {
		most := longest(tpl, v)
		if most == 0 {
			t.Errorf("%s may be of any length", name)
		}
		size += len(name) + most
	}
	if size > 4096 {
		t.Errorf("up to %d bytes", size)
	}
}

// longest is the number of bytes that a value has at most; 0 if it has no
// bound.
func longest(tpl object, v any) int {
	if choice, ok := at(v, "Fn::If").([]any); ok {
		return max(longest(tpl, choice[1]), longest(tpl, choice[2]))
	}
	if constant, ok := v.(string); ok {
		return len(constant)
	}
	if same(v, object{"Fn::Select": []any{1, object{"Fn::Split": []any{"/", object{"Fn::GetAtt": "VectorBucket.VectorBucketArn"}}}}}) {
		return 63 // its name
	}
	name, _ := at(v, "Ref").(string)
	if name == "AWS::StackName" {
		return 128
	}
	switch at(tpl, "Resources", name, "Type") {
	case "AWS::SecretsManager::Secret":
		return 256 // an ARN
	case "AWS::DynamoDB::Table":
		return 128 + len("-") + len(name) + len("-1A2B3C4D5E6F7") // name of the stack, logical id, chance
	case "AWS::S3::Bucket":
		return 63
	}
	if at(v, "Fn::FindInMap") != nil {
		return 16
	}
	parameter := at(tpl, "Parameters", name)
	most, _ := at(parameter, "MaxLength").(int)
	for _, allowed := range list(at(parameter, "AllowedValues")) {
		most = max(most, len(fmt.Sprint(allowed)))
	}
	if number := at(parameter, "MaxValue"); number != nil {
		most = len(fmt.Sprint(number))
	}
	return most
}

func TestVariablesAreThoseThatTheFunctionReads(t *testing.T) {
	t.Parallel()
	set := at(template(t), "Resources", "GatewayFunction", "Properties", "Environment", "Variables").(object)
	read := map[string]bool{"GOMEMLIMIT": true} // by the Go runtime
	values := map[string]string{"SLUICE_METRICS_NAMESPACE": "stack", "SLUICE_LOG_BODIES": "full", "SLUICE_LOG_DAYS": "30"}
	getenv := func(name string) string {
		read[name] = true
		switch {
		case values[name] != "":
			return values[name]
		case name == "OTEL_EXPORTER_OTLP_ENDPOINT":
			return "https://collector.example"
		case strings.HasPrefix(name, "OTEL_"):
			return ""
		case set[name] != nil:
			return "{}"
		}
		return ""
	}
	c, err := aws.Gateway(getenv)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := aws.Telemetry(getenv, "v", nil, slog.Default()); err != nil {
		t.Error(err)
	}
	if _, err := aws.NewRecords(getenv, c.Data, nil, nil); err != nil {
		t.Error(err)
	}
	for name := range set {
		if !read[name] {
			t.Errorf("nobody reads %s", name)
		}
	}
}

// Each metric costs.
func TestMetricsCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	expect(t, template(t), map[string]any{
		"Parameters.RequestMetrics.Default": "true",
		"Conditions.HasRequestMetrics":      object{"Fn::Equals": []any{ref("RequestMetrics"), "true"}},
		"Resources.GatewayFunction.Properties.Environment.Variables.SLUICE_METRICS_NAMESPACE": object{"Fn::If": []any{"HasRequestMetrics", ref("AWS::StackName"), ""}},
	})
}

func TestKeyIsGeneratedAndNowhereElse(t *testing.T) {
	t.Parallel()
	tpl := template(t)
	if got := ofType(tpl, "AWS::SecretsManager::Secret"); !slices.Equal(got, []string{"GatewayKey"}) {
		t.Errorf("secrets: %v; each has its price", got)
	}
	expect(t, at(tpl, "Resources", "GatewayKey", "Properties"), map[string]any{
		"Name":         object{"Fn::Sub": "${AWS::StackName}/gateway-key"},
		"SecretString": nil,
		"KmsKeyId":     nil, // a key of one's own costs $1 a month
		"GenerateSecretString.ExcludePunctuation": true, // it goes into headers and shells
	})
	if n, _ := at(tpl, "Resources", "GatewayKey", "Properties", "GenerateSecretString", "PasswordLength").(int); n < 43 {
		t.Errorf("%d letters and digits are less than 256 bits", n)
	}
	expect(t, tpl, map[string]any{"Resources.GatewayFunction.Properties.Environment.Variables.SLUICE_KEY_SECRET": ref("GatewayKey")})
	if all := text(tpl); strings.Contains(all, "resolve:secretsmanager") || strings.Contains(all, "SLUICE_KEY\"") {
		t.Error("the key itself is in the template")
	}
}

func TestRoleMayDoWhatTheGatewayDoes(t *testing.T) {
	t.Parallel()
	tpl := template(t)
	expect(t, tpl, map[string]any{
		"Resources.GatewayFunction.Properties.Role":          object{"Fn::GetAtt": "GatewayRole.Arn"},
		"Resources.GatewayRole.Properties.ManagedPolicyArns": nil,
		"Resources.GatewayRole.Properties.RoleName":          nil, // would ask for CAPABILITY_NAMED_IAM
	})
	var got []string
	for _, s := range statements(t, tpl, "GatewayRole") {
		for _, a := range list(at(s, "Action")) {
			got = append(got, a.(string))
		}
		for _, r := range list(at(s, "Resource")) {
			if r == "*" {
				t.Errorf("%s on everything", text(at(s, "Action")))
			}
		}
		if at(s, "Effect") != "Allow" {
			t.Errorf("effect of %s", text(s))
		}
	}
	want := []string{
		"bedrock:ApplyGuardrail", "bedrock:CountTokens", "bedrock:CreateModelInvocationJob", "bedrock:GetModelInvocationJob",
		"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream", "bedrock:StopModelInvocationJob",
		"dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
		"iam:PassRole", "lambda:InvokeFunction", "logs:CreateLogStream", "logs:PutLogEvents", "s3:AbortMultipartUpload",
		"s3:DeleteObject", "s3:DeleteObject", "s3:GetObject", "s3:GetObject", "s3:ListBucket", "s3:ListBucket", "s3:PutObject", "s3:PutObject",
		"s3vectors:CreateIndex", "s3vectors:DeleteVectors", "s3vectors:GetVectors", "s3vectors:PutVectors", "s3vectors:QueryVectors",
		"secretsmanager:GetSecretValue", "secretsmanager:GetSecretValue", "secretsmanager:GetSecretValue", "sts:AssumeRole",
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRoleMayDoMoreOnRequestOnly(t *testing.T) {
	t.Parallel()
	tpl := template(t)
	given := func(v any) object { return object{"Fn::Not": []any{object{"Fn::Equals": []any{v, ""}}}} }
	expect(t, tpl, map[string]any{
		"Conditions.HasProvidersSecret":            given(ref("ProvidersSecret")),
		"Conditions.HasOtlpHeadersSecret":          given(ref("OtlpHeadersSecret")),
		"Parameters.OtlpHeadersSecret.Default":     "",
		"Conditions.HasAssumeRoles":                given(object{"Fn::Join": []any{"", ref("AssumeRoleArns")}}),
		"Conditions.HasBatchRole":                  given(ref("BatchRoleArn")),
		"Conditions.HasGuardrailFunctions":         given(ref("GuardrailFunctionArns")),
		"Conditions.HasVectorBucket":               object{"Fn::Equals": []any{ref("SemanticVectors"), "s3vectors"}},
		"Parameters.BatchRoleArn.Default":          "",
		"Parameters.GuardrailFunctionArns.Default": "",
		"Parameters.ProvidersSecret.Default":       "",
		"Parameters.SemanticCache.Default":         "",
		"Parameters.SemanticVectors.Default":       "table",
		"Resources.VectorBucket.Condition":         "HasVectorBucket",
		"Parameters.AssumeRoleArns.Default":        "",
	})
	account := func(rest string) any {
		return object{"Fn::Sub": "arn:${AWS::Partition}:bedrock:*:" + rest}
	}
	want := map[string]object{
		"HasBatchRole iam:PassRole": {
			"Effect": "Allow", "Action": "iam:PassRole", "Resource": ref("BatchRoleArn"),
			"Condition": object{"StringEquals": object{"iam:PassedToService": "bedrock.amazonaws.com"}},
		},
		"HasBatchRole bedrock:CreateModelInvocationJob": {
			"Effect": "Allow", "Action": []any{"bedrock:CreateModelInvocationJob", "bedrock:GetModelInvocationJob", "bedrock:StopModelInvocationJob"},
			"Resource": []any{
				account(":foundation-model/*"), account("${AWS::AccountId}:inference-profile/*"), account("${AWS::AccountId}:model-invocation-job/*"),
			},
		},
		"HasProvidersSecret secretsmanager:GetSecretValue": {
			"Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
			"Resource": object{"Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${ProvidersSecret}-??????"},
		},
		"HasOtlpHeadersSecret secretsmanager:GetSecretValue": {
			"Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
			"Resource": object{"Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${OtlpHeadersSecret}-??????"},
		},
		"HasGuardrailFunctions lambda:InvokeFunction": {
			"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": object{"Fn::Split": []any{",", ref("GuardrailFunctionArns")}},
		},
		"HasVectorBucket s3vectors:CreateIndex": {
			"Effect": "Allow", "Action": []any{"s3vectors:CreateIndex", "s3vectors:DeleteVectors", "s3vectors:GetVectors", "s3vectors:PutVectors", "s3vectors:QueryVectors"},
			"Resource": []any{object{"Fn::GetAtt": "VectorBucket.VectorBucketArn"}, object{"Fn::Sub": "${VectorBucket.VectorBucketArn}/index/*"}},
		},
		"HasAssumeRoles sts:AssumeRole": {
			"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ref("AssumeRoleArns"),
			"Condition": object{"StringEquals": object{"sts:ExternalId": ref("AssumeRoleExternalId")}},
		},
	}
	got := make(map[string]object)
	for _, s := range policies(tpl, "GatewayRole") {
		if branch, ok := at(s, "Fn::If").([]any); ok && same(branch[2], ref("AWS::NoValue")) {
			got[branch[0].(string)+" "+list(at(branch[1], "Action"))[0].(string)] = branch[1].(object)
		}
	}
	if !same(got, want) {
		t.Errorf("got %s, want %s", text(got), text(want))
	}
}

// policies are the statements of a role as they stand.
func policies(tpl object, role string) (all []any) {
	for _, p := range list(at(tpl, "Resources", role, "Properties", "Policies")) {
		all = append(all, list(at(p, "PolicyDocument", "Statement"))...)
	}
	return all
}

// statements are those of a stack in which all conditions are true.
func statements(t *testing.T, tpl object, role string) (all []any) {
	t.Helper()
	for _, s := range policies(tpl, role) {
		if branch, ok := at(s, "Fn::If").([]any); ok {
			s = branch[1]
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		t.Errorf("%s may do nothing", role)
	}
	return all
}

// Quick launch has nothing to import and nobody to ask.
func TestStackStandsAlone(t *testing.T) {
	t.Parallel()
	tpl := template(t)
	if all := text(tpl); strings.Contains(all, "Fn::ImportValue") || strings.Contains(all, "Fn::Transform") || tpl["Transform"] != "AWS::Serverless-2016-10-31" {
		t.Error("imports, or macros other than SAM's")
	}
	shown := make(map[string]bool)
	for _, g := range at(tpl, "Metadata", "AWS::CloudFormation::Interface", "ParameterGroups").([]any) {
		for _, p := range list(at(g, "Parameters")) {
			shown[p.(string)] = true
		}
	}
	params := tpl["Parameters"].(object)
	for name, p := range params {
		if at(p, "Default") == nil || at(p, "Description") == nil || !shown[name] {
			t.Errorf("parameter %s has no default or description or is in no group", name)
		}
	}
	if len(shown) != len(params) {
		t.Errorf("groups name %d parameters, there are %d", len(shown), len(params))
	}
	for _, want := range []string{"Url", "KeyCommand", "RoleArn"} {
		if at(tpl, "Outputs", want, "Value") == nil {
			t.Errorf("no output %s", want)
		}
	}
}

// Whatever else is added here has to be thought about: does it cost money
// while nothing happens?
func TestNothingCostsMoneyWhileIdle(t *testing.T) {
	t.Parallel()
	paid := map[string]map[string]any{ // by what is stored and done, if these are so
		"AWS::DynamoDB::Table": {
			"Properties.BillingMode": "PAY_PER_REQUEST", "Properties.SSESpecification": nil, // a key of one's own costs $1 a month
			"Properties.GlobalSecondaryIndexes": nil, "Properties.TableClass": nil,
			"Properties.ContributorInsightsSpecification": nil, "Properties.KinesisStreamSpecification": nil,
		},
		"AWS::Logs::LogGroup":          {"Properties.KmsKeyId": nil},
		"AWS::S3::Bucket":              {"Properties.InventoryConfigurations": nil, "Properties.IntelligentTieringConfigurations": nil, "Properties.MetricsConfigurations": nil},
		"AWS::S3Vectors::VectorBucket": {"Properties.EncryptionConfiguration": object{"SseType": "AES256"}},
		"AWS::SecretsManager::Secret":  {"Properties.KmsKeyId": nil, "Properties.ReplicaRegions": nil},
		"AWS::SQS::Queue":              {"Properties.KmsMasterKeyId": nil},
	}
	free := []string{"AWS::IAM::Role", "AWS::Lambda::Permission", "AWS::Serverless::Function"}
	for name, r := range template(t)["Resources"].(object) {
		typ := at(r, "Type").(string)
		want, keeps := paid[typ]
		if !keeps && !slices.Contains(free, typ) {
			t.Errorf("%s is a %s", name, typ)
		}
		expect(t, r, want)
		if keeps && (at(r, "DeletionPolicy") == nil || at(r, "UpdateReplacePolicy") == nil) {
			t.Errorf("%s does not say what happens to it", name)
		}
	}
}
