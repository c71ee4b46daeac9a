package guard_test

import (
	"testing"

	"sluice/core/guard"
)

// Consumers of results read these members of the reference's.
func TestDataHasTheReferencesMembers(t *testing.T) {
	t.Parallel()
	e, _ := replying(200, `{"verdict":true,"data":1}`)
	for _, tt := range []struct{ id, params, want string }{
		{"regexMatch", `{"rule":"x"}`, "regexPattern not verdict explanation matchDetails textExcerpt"},
		{"contains", `{"words":["x"]}`, "explanation foundWords missingWords operator"},
		{"sentenceCount", ``, "sentenceCount minCount maxCount not verdict explanation textExcerpt"},
		{"wordCount", ``, "wordCount minWords maxWords not verdict explanation textExcerpt"},
		{"characterCount", ``, "characterCount minCharacters maxCharacters not verdict explanation textExcerpt"},
		{"alluppercase", ``, "verdict not explanation textExcerpt"},
		{"alllowercase", ``, "verdict not explanation textExcerpt"},
		{"endsWith", `{"suffix":"x"}`, "suffix not verdict explanation textExcerpt"},
		{"jsonSchema", `{"schema":{}}`, "matchedJson not explanation validationErrors"},
		{"jsonKeys", `{"keys":["a"]}`, "matchedJson verdict explanation presentKeys missingKeys operator textExcerpt"},
		{"containsCode", `{"format":"Go"}`, "explanation searchedFormat not foundFormats textExcerpt"},
		{"validUrls", ``, "verdict not explanation validUrls invalidUrls validationMethod textExcerpt"},
		{"modelWhitelist", `{"models":["m"]}`, "verdict not explanation requestedModel allowedModels"},
		{"modelRules", `{"rules":{"defaults":["m"]}}`, "explanation"},
		{"allowedRequestTypes", `{"allowedTypes":["a"],"blockedTypes":["b"]}`, "currentRequestType allowedTypes blockedTypes verdict explanation source mode"},
		{"requiredMetadataKeys", `{"metadataKeys":["x"]}`, "explanation missing_metadata_keys found_metadata_keys operator"},
		{"jwt", `{"jwksUri":"https://i"}`, "verdict explanation"},
		{"notNull", ``, "isNull contentType textArrayLength explanation verdict"},
		{"webhook", `{"webhookURL":"https://h"}`, "verdict explanation webhookUrl responseData requestContext"},
		{"log", `{"logURL":"https://h"}`, "message"},
		{"addPrefix", ``, "prefix requestType applyToRole addToExisting onlyIfEmpty"},
		{"regexReplace", `{"rule":"x"}`, "regexPattern verdict explanation"},
	} {
		in := question()
		in.Texts = []guard.Text{{Place: guard.Content, Text: `{"a":1} https://a.example/`}}
		v, err := makeCheck(t, e, "default."+tt.id, tt.params).Check(t.Context(), in)
		if err != nil {
			t.Errorf("%s: %v", tt.id, err)
		}
		membersAre(t, v.Data, tt.want)
	}
}

// Which checks the reference lets pass on any error, and which make no sense
// after the model has been called.
func TestSpecs(t *testing.T) {
	t.Parallel()
	open := map[string]bool{"default.requiredMetadataKeys": true, "default.addPrefix": true, "default.regexReplace": true}
	before := map[string]bool{
		"default.modelWhitelist": true, "default.modelRules": true, "default.allowedRequestTypes": true,
		"default.requiredMetadataKeys": true, "default.jwt": true, "default.addPrefix": true,
	}
	for _, id := range []string{
		"regexMatch", "contains", "sentenceCount", "wordCount", "characterCount", "alluppercase", "alllowercase", "endsWith", "jsonSchema", "jsonKeys",
		"containsCode", "validUrls", "modelWhitelist", "modelRules", "allowedRequestTypes", "requiredMetadataKeys", "jwt", "notNull", "webhook", "log",
		"addPrefix", "regexReplace",
	} {
		s := guard.NewLibrary()["default."+id]
		if s == nil || s.Open != open[s.ID] || (len(s.Events) == 1 && s.Events[0] == guard.Before) != before[s.ID] {
			t.Errorf("%s: %+v", id, s)
		}
	}
}
