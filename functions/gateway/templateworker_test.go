package main

import (
	"slices"
	"strings"
	"testing"
)

func TestWorkerIsFedByTheStream(t *testing.T) {
	t.Parallel()
	events := at(template(t), "Resources", "WorkerFunction", "Properties", "Events").(object)
	if len(events) != 1 {
		t.Errorf("%d sources of events", len(events))
	}
	expect(t, events, map[string]any{
		"Records.Type":                                      "DynamoDB",
		"Records.Properties.Stream":                         object{"Fn::GetAtt": "DataTable.StreamArn"},
		"Records.Properties.StartingPosition":               "TRIM_HORIZON", // what came before the mapping
		"Records.Properties.BatchSize":                      100,
		"Records.Properties.MaximumBatchingWindowInSeconds": 5,
		"Records.Properties.ParallelizationFactor":          1,
		"Records.Properties.BisectBatchOnFunctionError":     true,
		"Records.Properties.MaximumRetryAttempts":           5, // without it, for as long as the stream has the batch
		"Records.Properties.FunctionResponseTypes":          []any{"ReportBatchItemFailures"},
		"Records.Properties.TumblingWindowInSeconds":        nil,
		"Records.Properties.DestinationConfig": object{
			"OnFailure": object{"Type": "SQS", "Destination": object{"Fn::GetAtt": "WorkerFailures.Arn"}},
		},
		// Else the worker would be called for its own writes, for ever.
		"Records.Properties.FilterCriteria": object{"Filters": []any{
			object{"Pattern": `{"eventName":["INSERT"],"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"LOG#"}]}}}}`},
		}},
	})
}

func TestFailedBatchesAreKept(t *testing.T) {
	t.Parallel()
	expect(t, at(template(t), "Resources", "WorkerFailures"), map[string]any{
		"Properties.SqsManagedSseEnabled":   true,
		"Properties.MessageRetentionPeriod": 14 * 24 * 60 * 60,
		"Properties.QueueName":              nil,
	})
	expect(t, template(t), map[string]any{"Outputs.WorkerFailuresUrl.Value": ref("WorkerFailures")})
}

func TestWorkerHasWhatItReads(t *testing.T) {
	t.Parallel()
	expect(t, at(template(t), "Resources", "WorkerFunction", "Properties"), map[string]any{
		"FunctionUrlConfig": nil,
		"Role":              object{"Fn::GetAtt": "WorkerRole.Arn"},
		"MemorySize":        512,
		"Timeout":           300,
		"Environment.Variables": object{
			"GOMEMLIMIT": object{"Fn::FindInMap": []any{"Memory", "512", "Limit"}},
			"DATA_TABLE": ref("DataTable"), "OVERFLOW_BUCKET": ref("OverflowBucket"),
			"SLUICE_LOG_DAYS": ref("RequestLogDays"), // entries expire with their records
		},
	})
}

// TestTheRoleMayDoWhatTheWorkerDoes in functions/worker holds these rights
// against what the function asks for.
func TestWorkerMayDoNothingElse(t *testing.T) {
	t.Parallel()
	tpl := template(t)
	expect(t, at(tpl, "Resources", "WorkerRole", "Properties"), map[string]any{"ManagedPolicyArns": nil, "RoleName": nil})
	data, overflow := object{"Fn::GetAtt": "DataTable.Arn"}, object{"Fn::GetAtt": "OverflowBucket.Arn"}
	resources := map[string]any{
		"dynamodb:GetItem": data, "dynamodb:Query": data, "dynamodb:PutItem": data, "dynamodb:UpdateItem": data,
		"s3:GetObject": object{"Fn::Sub": "${OverflowBucket.Arn}/expiring/*"}, "s3:ListBucket": overflow,
		"logs:CreateLogStream": object{"Fn::GetAtt": "WorkerLogGroup.Arn"}, "logs:PutLogEvents": object{"Fn::GetAtt": "WorkerLogGroup.Arn"},
		"sqs:SendMessage": object{"Fn::GetAtt": "WorkerFailures.Arn"},
	}
	for _, action := range []string{"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"} {
		resources["dynamodb:"+action] = object{"Fn::Sub": "${DataTable.Arn}/stream/*"}
	}
	for _, s := range statements(t, tpl, "WorkerRole") {
		for _, a := range list(at(s, "Action")) {
			want, ok := resources[a.(string)]
			if delete(resources, a.(string)); !ok || !same(at(s, "Resource"), want) || at(s, "Effect") != "Allow" {
				t.Errorf("%s on %s, want %s", a, text(at(s, "Resource")), text(want))
			}
			keys := list(at(s, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys"))
			if same(want, data) && (len(keys) == 0 || slices.ContainsFunc(keys, foreign)) {
				t.Errorf("%s on the keys %s", a, text(keys))
			}
		}
	}
	if len(resources) > 0 {
		t.Errorf("it may not: %s", text(resources))
	}
}

// foreign reports whether a pattern of keys is for more than logs and sums.
func foreign(key any) bool {
	k := key.(string)
	return !strings.HasPrefix(k, "LOG") && !strings.HasPrefix(k, "ROLL")
}

func TestLogsOfRequestsAreKeptAsTheParametersSay(t *testing.T) {
	t.Parallel()
	tpl := template(t)
	expect(t, tpl, map[string]any{
		"Parameters.LogBodies.Default":                                                 "none", // what is in prompts is nobody's business
		"Parameters.LogBodies.AllowedValues":                                           []any{"none", "redacted", "full"},
		"Parameters.RequestLogDays.Default":                                            30,
		"Parameters.RequestLogDays.MaxValue":                                           400, // objects of bodies go then
		"Resources.GatewayFunction.Properties.Environment.Variables.SLUICE_LOG_BODIES": ref("LogBodies"),
		"Resources.GatewayFunction.Properties.Environment.Variables.SLUICE_LOG_DAYS":   ref("RequestLogDays"),
	})
}
