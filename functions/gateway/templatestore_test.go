package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sluice/core/store/dynamostore"
)

func TestTablesAreAsTheDriverMakesThem(t *testing.T) {
	t.Parallel()
	tpl, driver := template(t), tableOfTheDriver(t)
	tables := ofType(tpl, "AWS::DynamoDB::Table")
	if !slices.Equal(tables, []string{"DataTable", "StateTable"}) {
		t.Errorf("tables: %v", tables)
	}
	for _, name := range tables {
		table := at(tpl, "Resources", name, "Properties")
		for _, property := range []string{"BillingMode", "KeySchema", "AttributeDefinitions", "TimeToLiveSpecification"} {
			if driver[property] == nil || !same(at(table, property), driver[property]) {
				t.Errorf("%s: the %s is %s, the driver wants %s", name, property, text(at(table, property)), text(driver[property]))
			}
		}
		expect(t, table, map[string]any{
			"LocalSecondaryIndexes": nil,
			"TableName":             nil, // one that was left behind would be in the way of the next stack
		})
	}
}

// tableOfTheDriver is what dynamostore.Create asks DynamoDB for.
func tableOfTheDriver(t *testing.T) object {
	t.Helper()
	asked := make(object)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil { // adds to what is there
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		io.WriteString(w, `{"Table":{"TableStatus":"ACTIVE"}}`)
	}))
	defer s.Close()
	client := dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &s.URL, Credentials: aws.AnonymousCredentials{}})
	if err := dynamostore.Create(t.Context(), client, "any"); err != nil {
		t.Fatal(err)
	}
	return asked
}

func TestStateOutlivesTheStackAndDataDoesNot(t *testing.T) {
	t.Parallel()
	tpl := template(t)
	kept := map[string]any{"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
	expect(t, at(tpl, "Resources", "StateTable"), kept)
	expect(t, at(tpl, "Resources", "OverflowBucket"), kept) // items of the state point into it
	expect(t, at(tpl, "Resources", "DataTable"), map[string]any{"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"})
	expect(t, tpl, map[string]any{
		"Resources.StateTable.Properties.PointInTimeRecoverySpecification": object{"PointInTimeRecoveryEnabled": true},
		"Resources.StateTable.Properties.StreamSpecification":              nil,
		"Resources.DataTable.Properties.PointInTimeRecoverySpecification":  nil,
		"Resources.DataTable.Properties.StreamSpecification":               object{"StreamViewType": "NEW_AND_OLD_IMAGES"},
	})
}

func TestOverflowIsPrivateAndTidiesUp(t *testing.T) {
	t.Parallel()
	bucket := at(template(t), "Resources", "OverflowBucket", "Properties")
	expect(t, bucket, map[string]any{
		"BucketName":              nil, // names are the whole world's
		"AccessControl":           nil,
		"WebsiteConfiguration":    nil,
		"VersioningConfiguration": nil, // what is deleted would go on costing
		"OwnershipControls":       object{"Rules": []any{object{"ObjectOwnership": "BucketOwnerEnforced"}}},
		"PublicAccessBlockConfiguration": object{
			"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
		},
		"BucketEncryption": object{"ServerSideEncryptionConfiguration": []any{
			object{"ServerSideEncryptionByDefault": object{"SSEAlgorithm": "AES256"}},
		}},
	})
	var expired, aborted bool
	for _, r := range list(at(bucket, "LifecycleConfiguration", "Rules")) {
		days, expires := at(r, "ExpirationInDays").(int)
		if at(r, "Status") != "Enabled" || expires && at(r, "Prefix") != "expiring/" {
			t.Errorf("a rule that is off, or removes what has no expiry: %s", text(r))
		}
		expired = expired || expires && days >= 365
		aborted = aborted || at(r, "Prefix") == nil && same(at(r, "AbortIncompleteMultipartUpload"), object{"DaysAfterInitiation": 1})
	}
	if !expired || !aborted {
		t.Errorf("objects expire after the longest life of a record: %t; broken uploads are removed: %t", expired, aborted)
	}
}

// Files of clients are reached by signed URLs and under two prefixes only, and
// do not stay for ever.
func TestFilesOfClientsComeAndGo(t *testing.T) {
	t.Parallel()
	tpl := template(t)
	bucket := at(tpl, "Resources", "FilesBucket", "Properties")
	expect(t, bucket, map[string]any{
		"PublicAccessBlockConfiguration.RestrictPublicBuckets": true,
		"PublicAccessBlockConfiguration.BlockPublicPolicy":     true,
		"OwnershipControls.Rules":                              []any{object{"ObjectOwnership": "BucketOwnerEnforced"}},
		"BucketName":                                           nil,
	})
	rules := list(at(bucket, "LifecycleConfiguration", "Rules"))
	want := []any{
		object{"Id": "uploads", "Status": "Enabled", "Prefix": "uploads/", "ExpirationInDays": 1},
		object{"Id": "files", "Status": "Enabled", "Prefix": "files/", "ExpirationInDays": ref("FilesRetentionDays")},
		object{"Id": "parts", "Status": "Enabled", "AbortIncompleteMultipartUpload": object{"DaysAfterInitiation": 1}},
	}
	if !same(rules, want) {
		t.Errorf("rules %s", text(rules))
	}
	cors := list(at(bucket, "CorsConfiguration", "CorsRules"))
	if len(cors) != 1 || !same(at(cors[0], "AllowedMethods"), []any{"PUT"}) || !same(at(cors[0], "AllowedOrigins"), ref("CorsAllowOrigins")) {
		t.Errorf("pages may %s", text(cors))
	}
	for _, s := range statements(t, tpl, "GatewayRole") {
		if r := text(at(s, "Resource")); strings.Contains(r, "FilesBucket.Arn}") && (strings.Contains(r, "Arn}/*") || !strings.Contains(r, "/uploads/*")) {
			t.Errorf("the role may use %s", r)
		}
	}
}

// actions are IAM's for calls that are authorised by others than their names
// say.
var actions = map[string][]string{
	"dynamodb:TransactWriteItems": {"dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}, // what is in it
	"s3:GetObject":                {"s3:GetObject", "s3:ListBucket"},                                                                 // else a missing object is called forbidden
}

func TestRoleMayDoToTheTablesWhatTheDriverDoes(t *testing.T) {
	t.Parallel()
	tables := []any{object{"Fn::GetAtt": "StateTable.Arn"}, object{"Fn::GetAtt": "DataTable.Arn"}}
	resources := map[string]any{
		"dynamodb:": tables, "s3:": object{"Fn::Sub": "${OverflowBucket.Arn}/*"}, "s3:ListBucket": object{"Fn::GetAtt": "OverflowBucket.Arn"},
	}
	var got []string
	for _, s := range statements(t, template(t), "GatewayRole") {
		if strings.Contains(text(at(s, "Resource")), "FilesBucket") {
			continue // not the driver's
		}
		for _, a := range list(at(s, "Action")) {
			action := a.(string)
			service, _, _ := strings.Cut(action, ":")
			want := resources[action]
			if want == nil {
				want = resources[service+":"]
			}
			if want == nil {
				continue
			}
			if got = append(got, action); !same(at(s, "Resource"), want) {
				t.Errorf("%s on %s, want %s", action, text(at(s, "Resource")), text(want))
			}
		}
	}
	slices.Sort(got)
	if want := callsOfTheDriver(t); !slices.Equal(got, want) {
		t.Errorf("the role may %v, the driver does %v", got, want)
	}
}

// callsOfTheDriver are the actions that dynamostore needs, but for making
// tables, which the stack does.
func callsOfTheDriver(t *testing.T) (list []string) {
	t.Helper()
	files, err := filepath.Glob("../../core/store/dynamostore/*.go")
	if err != nil {
		t.Fatal(err)
	}
	call := regexp.MustCompile(`\b(t\.db|s\.client)\.([A-Z]\w+)\(ctx`)
	services := map[string]string{"t.db": "dynamodb:", "s.client": "s3:"}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil || strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range call.FindAllStringSubmatch(string(b), -1) {
			action := services[m[1]] + m[2]
			if more := actions[action]; more != nil {
				list = append(list, more...)
			} else {
				list = append(list, action)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func TestFunctionAndOutputsNameTheTables(t *testing.T) {
	t.Parallel()
	expect(t, template(t), map[string]any{
		"Resources.GatewayFunction.Properties.Environment.Variables.STATE_TABLE":     ref("StateTable"),
		"Resources.GatewayFunction.Properties.Environment.Variables.DATA_TABLE":      ref("DataTable"),
		"Resources.GatewayFunction.Properties.Environment.Variables.OVERFLOW_BUCKET": ref("OverflowBucket"),
		"Outputs.StateTableName.Value":                                               ref("StateTable"),
		"Outputs.DataTableName.Value":                                                ref("DataTable"),
		"Outputs.OverflowBucketName.Value":                                           ref("OverflowBucket"),
		"Outputs.DataStreamArn.Value":                                                object{"Fn::GetAtt": "DataTable.StreamArn"},
	})
}
