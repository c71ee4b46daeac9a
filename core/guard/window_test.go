package guard_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"sluice/core/guard"
)

// TestAWindowIsWideEnough holds windowed checks to their word on random texts:
// a text fails exactly if some part of it of the window's length does.
func TestAWindowIsWideEnough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ id, params, letters string }{
		{"default.contains", `{"words":["ab","字字","aaa"],"operator":"none"}`, "ab字"},
		{"default.alllowercase", `{}`, "aB字"},
		{"default.regexMatch", `{"rule":"a{2}[^a]?字","not":true}`, "ab字"},
		{"default.regexMatch", `{"rule":"(b|字字)(a|)b","not":true}`, "ab字"},
		{"default.regexReplace", `{"rule":"/a.b|字{3}/g","failOnDetection":true}`, "ab字"},
	} {
		check := makeCheck(t, guard.Env{}, c.id, c.params).(guard.Windowed)
		fails := func(text string) bool {
			v, err := check.Check(t.Context(), said(text))
			if err != nil {
				t.Fatal(err)
			}
			return !v.Pass
		}
		random, failed := rand.New(rand.NewPCG(1, 2)), 0
		for range 3000 {
			text := []rune{}
			for range 1 + random.IntN(12) {
				text = append(text, []rune(c.letters)[random.IntN(3)])
			}
			part := false
			for i := range text {
				part = part || fails(string(text[i:min(len(text), i+check.Window())]))
			}
			if whole := fails(string(text)); whole != part {
				t.Fatalf("%s %s on %q: the whole fails: %v, a part: %v", c.id, c.params, string(text), whole, part)
			} else if whole {
				failed++
			}
		}
		if failed < 100 || failed > 2950 {
			t.Errorf("%s %s: %d of 3000 failed, which shows little", c.id, c.params, failed)
		}
	}
}

// TestNoCheckTellsCredentials sends a request with credentials in its headers
// through every check, with answers of all kinds.
func TestNoCheckTellsCredentials(t *testing.T) {
	t.Parallel()
	params := map[string]string{
		"default.regexMatch": `{"rule":"h"}`, "default.contains": `{"words":["h"]}`, "default.endsWith": `{"suffix":"x"}`, "default.containsCode": `{"format":"Go"}`,
		"default.jsonSchema": `{"schema":{}}`, "default.jsonKeys": `{"keys":["a"]}`, "default.modelWhitelist": `{"models":["x"]}`, "default.modelwhitelist": `{"models":["x"]}`,
		"default.modelRules": `{"rules":{"defaults":["x"]}}`, "default.requiredMetadataKeys": `{"metadataKeys":["x"]}`, "default.regexReplace": `{"rule":"h"}`,
		"default.jwt": `{"jwksUri":"https://i/?k=` + canary + `"}`, "default.webhook": hook, "default.log": strings.Replace(hook, "webhookURL", "logURL", 1),
	}
	asked := 0
	for _, id := range guard.NewLibrary().IDs() {
		for _, answer := range []string{`{"verdict":true}`, `{"keys":[]}`, `no`} {
			for _, status := range []int{200, 500} {
				e, h := replying(status, answer)
				c, faults := tryCheck(t, e, id, params[id])
				if len(faults) > 0 {
					continue // a check with its own test
				}
				asked++
				for _, in := range []*guard.Input{question(), answered()} {
					v, err := c.Check(t.Context(), in)
					told := string(v.Data) + strings.Join(v.Texts, "") + string(v.Request) + string(h.body)
					if err != nil {
						told += err.Error()
					}
					if strings.Contains(told, canary) {
						t.Errorf("%s tells a credential: %s", id, told)
					}
				}
			}
		}
	}
	if asked < 22*6 {
		t.Errorf("%d checks were asked", asked)
	}
}
