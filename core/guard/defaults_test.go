package guard_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/internal/worktest"
)

// A row is a check of one text, or of in.
type row struct {
	name, id, params string
	text             string
	in               *guard.Input
	pass             bool
	err              string // part of it
	data             string // members that the data has, as JSON
}

func runRows(t *testing.T, e guard.Env, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.id+" "+r.name, func(t *testing.T) {
			in := r.in
			if in == nil {
				in = said(r.text)
			}
			c := makeCheck(t, e, r.id, r.params)
			var v guard.Verdict
			var err error
			took := worktest.CPU(func() { v, err = c.Check(t.Context(), in) })
			if took > 4*time.Second {
				t.Errorf("took %v", took)
			}
			if r.in == nil && len(r.text) > 1<<19 {
				growsWithTheText(t, c, r.text, took)
			}
			if (err != nil) != (r.err != "") || err != nil && !strings.Contains(err.Error(), r.err) {
				t.Fatalf("error %v, want %q", err, r.err)
			}
			if v.Pass != r.pass {
				t.Errorf("pass is %v: %s", v.Pass, v.Data)
			}
			hasMembers(t, v.Data, r.data)
		})
	}
}

// growsWithTheText compares the work for a text with that for the eighth that
// it begins with, which must be a third of its share or more.
func growsWithTheText(t *testing.T, c guard.Check, text string, took time.Duration) {
	t.Helper()
	in := said(strings.ToValidUTF8(text[:len(text)/8], ""))
	eighth := worktest.CPU(func() { _, _ = c.Check(t.Context(), in) })
	if took > 24*eighth+50*time.Millisecond {
		t.Errorf("took %v, and %v for an eighth of the text", took, eighth)
	}
}

// said is the input of a check of an answer.
func said(texts ...string) *guard.Input {
	in := &guard.Input{Event: guard.After, Operation: "chatComplete"}
	for _, text := range texts {
		in.Texts = append(in.Texts, guard.Text{Place: guard.Content, Role: "assistant", Text: text})
	}
	return in
}

func makeCheck(t testing.TB, e guard.Env, id, params string) guard.Check {
	t.Helper()
	c, faults := tryCheck(t, e, id, params)
	if len(faults) > 0 {
		t.Fatalf("faults %v", faults)
	}
	if _, ok := c.(guard.Windowed); ok {
		return c
	}
	return lawful{c, t}
}

// lawful holds a check to the law that what replaces says so.
type lawful struct {
	check guard.Check
	t     testing.TB
}

func (l lawful) Check(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
	v, err := l.check.Check(ctx, in)
	if r, ok := l.check.(guard.Replacer); (!ok || !r.Replaces()) && (v.Texts != nil || v.Request != nil || v.Response != nil) {
		l.t.Errorf("%T replaces and has not said that it may", l.check)
	}
	return v, err
}

func tryCheck(t testing.TB, e guard.Env, id, params string) (guard.Check, []guard.Fault) {
	t.Helper()
	spec := guard.NewLibrary()[id]
	if spec == nil {
		t.Fatalf("there is no check %s", id)
	}
	if params == "" {
		params = "{}"
	}
	p := guard.NewParams(json.Value(params))
	return spec.New(p, e), p.Faults()
}

// hasMembers compares the members of want.
func hasMembers(t *testing.T, data json.Value, want string) {
	t.Helper()
	for _, m := range json.ObjectOf(json.Value(want)) {
		if got := json.ObjectOf(data).Get(m.Name); string(got) != string(m.Value) {
			t.Errorf("%s is %s, want %s", m.Name, got, m.Value)
		}
	}
}

// membersAre compares the names of all members with the reference's.
func membersAre(t *testing.T, data json.Value, want string) {
	t.Helper()
	if got := strings.Join(json.Names(data), " "); got != want {
		t.Errorf("members %s, want %s", got, want)
	}
}

// long is a text of 1 MB.
func long(piece string) string { return strings.Repeat(piece, 1<<20/len(piece)) }

func TestCounts(t *testing.T) {
	t.Parallel()
	runRows(t, guard.Env{}, []row{
		{name: "in range", id: "default.sentenceCount", params: `{"minSentences":1,"maxSentences":2}`, text: "One. Two?", pass: true, data: `{"sentenceCount":2,"minCount":1,"maxCount":2,"not":false,"verdict":true,"textExcerpt":"One. Two?"}`},
		{name: "too many", id: "default.sentenceCount", params: `{"maxSentences":2}`, text: "One. Two. Three!", data: `{"sentenceCount":3,"minCount":0}`},
		{name: "too few", id: "default.sentenceCount", params: `{"min_sentences":1}`, text: "no end", data: `{"maxCount":99999}`},
		{name: "not", id: "default.sentenceCount", params: `{"maxSentences":2,"not":true}`, text: "1. 2. 3.", pass: true},
		{name: "empty text has none", id: "default.sentenceCount", params: `{"maxSentences":2}`, pass: true, data: `{"sentenceCount":0,"textExcerpt":""}`},
		{name: "Chinese", id: "default.sentenceCount", params: `{"minSentences":2,"maxSentences":2}`, text: "你好。吃了吗？", pass: true},
		{name: "Japanese", id: "default.sentenceCount", params: `{"minSentences":3,"maxSentences":3}`, text: "はい。そうです！本当？", pass: true},
		{name: "long", id: "default.sentenceCount", params: `{"maxSentences":2}`, text: long("So. "), data: `{"sentenceCount":262144}`},

		{name: "defaults", id: "default.wordCount", text: "one two", pass: true, data: `{"wordCount":2,"minWords":0,"maxWords":99999}`},
		{name: "too few", id: "default.wordCount", params: `{"minWords":2,"maxWords":4}`, text: " one ", data: `{"wordCount":1,"textExcerpt":" one "}`},
		{name: "too many", id: "default.wordCount", params: `{"maxWords":4}`, text: "a b c d e"},
		{name: "not", id: "default.wordCount", params: `{"minWords":1,"maxWords":2,"not":true}`, text: "more than two words", pass: true},
		{name: "wide space", id: "default.wordCount", params: `{"minWords":2}`, text: "東京　大阪", pass: true},
		{name: "Chinese has no spaces", id: "default.wordCount", params: `{"maxWords":1}`, text: "你好，世界。", pass: true, data: `{"wordCount":1}`},
		{name: "empty", id: "default.wordCount", err: "empty"},
		{name: "long", id: "default.wordCount", text: long("word "), data: `{"wordCount":209715}`},

		{name: "in range", id: "default.characterCount", params: `{"minCharacters":5,"maxCharacters":5}`, text: "short", pass: true, data: `{"characterCount":5,"minCharacters":5,"maxCharacters":5,"verdict":true}`},
		{name: "too short", id: "default.characterCount", params: `{"minCharacters":6}`, text: "short", data: `{"maxCharacters":9999999}`},
		{name: "too long", id: "default.characterCount", params: `{"maxCharacters":4}`, text: "short"},
		{name: "not", id: "default.characterCount", params: `{"maxCharacters":4,"not":true}`, text: "short", pass: true},
		{name: "Chinese", id: "default.characterCount", params: `{"maxCharacters":2}`, text: "你好", pass: true},
		{name: "emoji are two", id: "default.characterCount", params: `{"minCharacters":4}`, text: "😀😀", pass: true, data: `{"characterCount":4}`},
		{name: "Japanese", id: "default.characterCount", params: `{"minCharacters":4,"maxCharacters":4}`, text: "日本語だ", pass: true, data: `{"characterCount":4}`},
		{name: "empty", id: "default.characterCount", err: "empty"},
		{name: "long", id: "default.characterCount", text: long("字"), pass: true},
	})
}

func TestLetterCase(t *testing.T) {
	t.Parallel()
	runRows(t, guard.Env{}, []row{
		{name: "pass", id: "default.alluppercase", text: "LOUD 123!", pass: true, data: `{"verdict":true,"not":false,"textExcerpt":"LOUD 123!"}`},
		{name: "fail", id: "default.alluppercase", text: "Loud"},
		{name: "not", id: "default.alluppercase", params: `{"not":true}`, text: "Loud", pass: true},
		{name: "no letters", id: "default.alluppercase", text: "大きい ß 12", pass: true},
		{name: "empty", id: "default.alluppercase", err: "empty"},
		{name: "long", id: "default.alluppercase", text: long("A") + "a"},
		{name: "pass", id: "default.alllowercase", text: "quiet 123!", pass: true},
		{name: "fail", id: "default.alllowercase", text: "Loud", data: `{"explanation":"The text contains uppercase characters."}`},
		{name: "not", id: "default.alllowercase", params: `{"not":true}`, text: "quiet"},
		{name: "no letters", id: "default.alllowercase", text: "安静", pass: true},
		{name: "empty", id: "default.alllowercase", err: "empty"},
		{name: "long", id: "default.alllowercase", text: long("a"), pass: true},
	})
}

func TestEndsWith(t *testing.T) {
	t.Parallel()
	runRows(t, guard.Env{}, []row{
		{name: "pass", id: "default.endsWith", params: `{"suffix":"done"}`, text: "all done", pass: true, data: `{"suffix":"done","not":false,"verdict":true,"textExcerpt":"all done"}`},
		{name: "full stop", id: "default.endsWith", params: `{"suffix":"done"}`, text: "all done.", pass: true},
		{name: "fail", id: "default.endsWith", params: `{"suffix":"done"}`, text: "done?"},
		{name: "not", id: "default.endsWith", params: `{"suffix":"please","not":true}`, text: "now please"},
		{name: "last of several texts", id: "default.endsWith", params: `{"suffix":"done"}`, in: said("done", "", "no"), pass: false},
		{name: "Japanese", id: "default.endsWith", params: `{"suffix":"です"}`, text: "そうです", pass: true},
		{name: "full stop of Japanese", id: "default.endsWith", params: `{"suffix":"です"}`, text: "そうです。", pass: true},
		{name: "Chinese", id: "default.endsWith", params: `{"suffix":"吗"}`, text: "好吗？"},
		{name: "empty", id: "default.endsWith", params: `{"suffix":"x"}`, err: "empty"},
		{name: "long", id: "default.endsWith", params: `{"suffix":"é"}`, text: long("é"), pass: true},
	})
}

func TestContains(t *testing.T) {
	t.Parallel()
	runRows(t, guard.Env{}, []row{
		{name: "any", id: "default.contains", params: `{"words":["apple","pear"]}`, text: "an apple", pass: true, data: `{"foundWords":["apple"],"missingWords":["pear"],"operator":"any"}`},
		{name: "any fails", id: "default.contains", params: `{"words":["apple","pear"],"operator":"any"}`, text: "Apple", data: `{"foundWords":[]}`},
		{name: "all", id: "default.contains", params: `{"words":["apple","pear"],"operator":"all"}`, in: said("apple", "pear"), pass: true, data: `{"missingWords":[]}`},
		{name: "all fails", id: "default.contains", params: `{"words":["apple","pear"],"operator":"all"}`, text: "apple only"},
		{name: "none", id: "default.contains", params: `{"words":["apple"],"operator":"none"}`, text: "a pear", pass: true},
		{name: "none fails", id: "default.contains", params: `{"words":"pear","operator":"none"}`, text: "spears"},
		{name: "Chinese", id: "default.contains", params: `{"words":["苹果"],"operator":"none"}`, text: "我喜欢苹果。"},
		{name: "Japanese", id: "default.contains", params: `{"words":["秘密","りんご"],"operator":"all"}`, text: "りんごは秘密です", pass: true},
		{name: "empty, any", id: "default.contains", params: `{"words":["x"]}`},
		{name: "empty", id: "default.contains", params: `{"words":["x"],"operator":"none"}`, pass: true},
		{name: "long", id: "default.contains", params: `{"words":["aaaaaaaaaaaaaaaab"],"operator":"none"}`, text: long("a"), pass: true},
	})
}

func TestFaultsOfParameters(t *testing.T) {
	t.Parallel()
	tests := []struct{ id, params, param, message string }{
		{"default.sentenceCount", `{"minSentences":"x"}`, "minSentences", "number"},
		{"default.wordCount", `{"minWords":-1}`, "minWords", "negative"},
		{"default.wordCount", `{"minWords":3,"maxWords":2}`, "minWords", "more than"},
		{"default.characterCount", `{"maxCharacters":1.5}`, "maxCharacters", "integer"},
		{"default.alluppercase", `{"not":"yes"}`, "not", "boolean"},
		{"default.alllowercase", `{"not":1}`, "not", "boolean"},
		{"default.endsWith", `{}`, "suffix", "Required"},
		{"default.endsWith", `{"suffix":""}`, "suffix", "empty"},
		{"default.contains", `{}`, "words", "Required"},
		{"default.contains", `{"words":[]}`, "words", "empty"},
		{"default.contains", `{"words":["a",""]}`, "words", "index 1"},
		{"default.contains", `{"words":["a"],"operator":"some"}`, "operator", "any, all, none"},
		{"default.webhook", `{}`, "webhookURL", "Required"},
		{"default.webhook", `{"webhookURL":"file:///etc/passwd"}`, "webhookURL", "http"},
		{"default.webhook", `{"webhookURL":"hook"}`, "webhookURL", "http"},
		{"default.webhook", `{"webhookURL":""}`, "webhookURL", "empty"},
		{"default.webhook", `{"webhookURL":"http://:80/x"}`, "webhookURL", "http"},
		{"default.webhook", `{"webhookURL":7}`, "webhookURL", "string"},
		{"default.webhook", `{"webhookURL":"http://h","timeout":60001}`, "timeout", "between"},
		{"default.webhook", `{"webhookURL":"http://h","timeout":"5"}`, "timeout", "number"},
		{"default.webhook", `{"webhookURL":"http://h","headers":{"a":"b\u0001"}}`, "headers", "no header"},
		{"default.log", `{"logURL":""}`, "logURL", "empty"},
		{"default.log", `{"logURL":"ftp://h"}`, "logURL", "http"},
		{"default.validUrls", `{"dnsUrl":""}`, "dnsUrl", "empty"},
		{"default.validUrls", `{"onlyDNS":"yes"}`, "onlyDNS", "boolean"},
		{"default.validUrls", `{"not":1}`, "not", "boolean"},
		{"default.sentenceCount", `{"maxSentences":1,"not":"no"}`, "not", "boolean"},
		{"default.sentenceCount", `{"minSentences":2,"maxSentences":1}`, "minSentences", "more than"},
		{"default.characterCount", `{"minCharacters":1e30}`, "minCharacters", "integer"},
		{"default.wordCount", `{"maxWords":1e999}`, "maxWords", "number"},
		{"default.endsWith", `{"suffix":"x","not":[]}`, "not", "boolean"},
		{"default.regexMatch", `{"rule":"x","not":"no"}`, "not", "boolean"},
		{"default.regexMatch", `{"rule":["x"]}`, "rule", "string"},
		{"default.regexReplace", `{"rule":"x","redactText":1}`, "redactText", "string"},
		{"default.regexReplace", `{"rule":"x","failOnDetection":"x"}`, "failOnDetection", "boolean"},
		{"default.modelWhitelist", `{"models":["m"],"not":1}`, "not", "boolean"},
		{"default.modelWhitelist", `{"models":[]}`, "models", "empty"},
		{"default.modelRules", `{"rules":{"defaults":["m"]},"not":1}`, "not", "boolean"},
		{"default.modelRules", `{"rules":{"defaults":7}}`, "rules.defaults", "array"},
		{"default.modelRules", `{"rules":"m"}`, "rules", "object"},
		{"default.allowedRequestTypes", `{"blockedTypes":{}}`, "blockedTypes", "array"},
		{"default.requiredMetadataKeys", `{}`, "metadataKeys", "Required"},
		{"default.addPrefix", `{"prefix":1}`, "prefix", "string"},
		{"default.addPrefix", `{"addToExisting":1}`, "addToExisting", "boolean"},
		{"default.containsCode", `{"format":"Go","not":1}`, "not", "boolean"},
		{"default.containsCode", `{"format":""}`, "format", "empty"},
		{"default.jsonKeys", `{"keys":[]}`, "keys", "empty"},
		{"default.jsonKeys", `{"keys":{"a":1}}`, "keys", "array"},
		{"default.jsonSchema", `{"schema":{},"not":1}`, "not", "boolean"},
		{"default.jsonSchema", `{"schema":{"maxLength":1e999}}`, "schema", "Invalid"},
		{"default.webhook", `{"webhookURL":"http://h","timeout":0}`, "timeout", "between"},
		{"default.webhook", `{"webhookURL":"http://h","headers":[]}`, "headers", "object"},
		{"default.webhook", `{"webhookURL":"http://h","headers":"x"}`, "headers", "JSON"},
		{"default.webhook", `{"webhookURL":"http://h","headers":{"a b":"c"}}`, "headers", "no header"},
		{"default.log", `{}`, "logURL", "Required"},
		{"default.log", `{"logURL":"http://h","headers":{"a":"b\r\nc"}}`, "headers", "no header"},
		{"default.addPrefix", `{"prefix":""}`, "prefix", "empty"},
		{"default.addPrefix", `{"applyToRole":"me"}`, "applyToRole", "user, system"},
		{"default.addPrefix", `{"onlyIfEmpty":"x"}`, "onlyIfEmpty", "boolean"},
		{"default.modelWhitelist", `{}`, "models", "Required"},
		{"default.modelWhitelist", `{"models":[1]}`, "models", "string at index 0"},
		{"default.modelRules", `{}`, "rules", "Required"},
		{"default.modelRules", `{"rules":{}}`, "rules", "defaults"},
		{"default.modelRules", `{"rules":{"metadata":{"a":{"b":"c"}}}}`, "rules.metadata.a.b", "array"},
		{"default.modelRules", `{"rules":{"metadata":{"a":[]}}}`, "rules.metadata.a", "object"},
		{"default.allowedRequestTypes", `{"allowedTypes":["a"],"blockedTypes":["a"]}`, "blockedTypes", "allowed too"},
		{"default.allowedRequestTypes", `{"allowedTypes":7}`, "allowedTypes", "array"},
		{"default.requiredMetadataKeys", `{"metadataKeys":[]}`, "metadataKeys", "empty"},
		{"default.requiredMetadataKeys", `{"metadataKeys":["a"],"operator":"one"}`, "operator", "all, any, none"},
		{"default.notNull", `{"not":0}`, "not", "boolean"},
		{"default.containsCode", `{}`, "format", "Required"},
		{"default.containsCode", `{"format":["Go"]}`, "format", "string"},
		{"default.jsonKeys", `{"operator":"any"}`, "keys", "Required"},
		{"default.jsonKeys", `{"keys":["a"],"operator":"x"}`, "operator", "any, all, none"},
		{"default.jsonSchema", `{}`, "schema", "Required"},
		{"default.jsonSchema", `{"schema":"x"}`, "schema", "object"},
		{"default.jsonSchema", `{"schema":{"type":"int"}}`, "schema", "Invalid"},
		{"default.jsonSchema", `{"schema":{"pattern":"(?=a)"}}`, "schema", "Invalid"},
	}
	for _, tt := range tests {
		t.Run(tt.id+" "+tt.params, func(t *testing.T) {
			_, faults := tryCheck(t, guard.Env{}, tt.id, tt.params)
			if len(faults) != 1 || faults[0].Param != tt.param || !strings.Contains(faults[0].Message, tt.message) {
				t.Errorf("faults %v", faults)
			}
		})
	}
}

func TestExcerptsAreShortAndWhole(t *testing.T) {
	t.Parallel()
	c := makeCheck(t, guard.Env{}, "default.wordCount", "")
	for text, want := range map[string]string{
		strings.Repeat("a", 100):      strings.Repeat("a", 100),
		strings.Repeat("a", 101):      strings.Repeat("a", 100) + "...",
		strings.Repeat("字", 101):      strings.Repeat("字", 100) + "...",
		"a" + strings.Repeat("😀", 50): "a" + strings.Repeat("😀", 49) + "...",
	} {
		v, err := c.Check(context.Background(), said(text))
		if got := json.Unquote(json.ObjectOf(v.Data).Get("textExcerpt")); err != nil || got != want {
			t.Errorf("%q, %v", got, err)
		}
	}
}

func TestWindows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		id, params string
		want       int
	}{
		{"default.contains", `{"words":["ab","苹果树"],"operator":"none"}`, 3},
		{"default.contains", `{"words":["ab"],"operator":"any"}`, 0},
		{"default.contains", `{"words":["ab"],"operator":"all"}`, 0},
		{"default.alluppercase", `{}`, 1},
		{"default.alllowercase", `{"not":true}`, 0},
	} {
		w, ok := makeCheck(t, guard.Env{}, tt.id, tt.params).(guard.Windowed)
		if !ok || w.Window() != tt.want {
			t.Errorf("%s %s: window %v", tt.id, tt.params, w)
		}
	}
}
