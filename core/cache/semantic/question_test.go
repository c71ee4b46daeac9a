package semantic

import (
	"strings"
	"testing"
)

// Each case is compared with the first request: what is embedded, and whether
// it may be given the same answers.
func TestUserTextIsComparedAndEverythingElseIsEqual(t *testing.T) {
	t.Parallel()
	const first = `{"model":"m","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"}]}`
	f := &Finder{Model: "e"}
	text, place, ok := f.question(scope, called("w", first))
	if !ok || text != "Hi" {
		t.Fatalf("got %q, %v", text, ok)
	}
	for _, tt := range []struct {
		name, body, text string
		same             bool
	}{
		{"other words", `{"model":"m","messages":[{"role":"user","content":"Hello there "}]}`, "Hello there", true},
		{"other instructions", `{"model":"m","messages":[{"role":"system","content":"Be rude."},{"role":"user","content":"Hi"}]}`, "Hi", true},
		{"instructions of the developer", `{"model":"m","messages":[{"role":"developer","content":"Be rude."},{"role":"user","content":"Hi"}]}`, "Hi", true},
		{"as a stream", `{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}]}`, "Hi", true},
		{"in parts", `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}`, "Hi", true},
		{"another model", `{"model":"n","messages":[{"role":"user","content":"Hi"}]}`, "Hi", false},
		{"another temperature", `{"model":"m","temperature":0.5,"messages":[{"role":"user","content":"Hi"}]}`, "Hi", false},
		{"tools", `{"model":"m","tools":[{"type":"function","function":{"name":"f"}}],"messages":[{"role":"user","content":"Hi"}]}`, "Hi", false},
		{"a form", `{"model":"m","response_format":{"type":"json_object"},"messages":[{"role":"user","content":"Hi"}]}`, "Hi", false},
		{"what nobody has heard of", `{"model":"m","unheard":1,"messages":[{"role":"user","content":"Hi"}]}`, "Hi", false},
		{"another user", `{"model":"m","user":"u","messages":[{"role":"user","content":"Hi"}]}`, "Hi", false},
		{"a name", `{"model":"m","messages":[{"role":"user","name":"n","content":"Hi"}]}`, "Hi", false},
		{"an image", `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"Hi"},{"type":"image_url","image_url":{"url":"https://e.com/a.png"}}]}]}`, "Hi", false},
		{"a conversation", `{"model":"m","messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Why"}]}`, "Hi\n\nWhy", false},
	} {
		text, got, ok := f.question(scope, called("w", tt.body))
		if !ok || text != tt.text || (got == place) != tt.same {
			t.Errorf("%s: %v, embedded %q, the same: %v", tt.name, ok, text, got == place)
		}
	}
	if _, got, _ := f.question(scope, called("v", first)); got == place {
		t.Error("another workspace is the same")
	}
	if _, got, _ := (&Finder{Model: "other"}).question(scope, called("w", first)); got == place {
		t.Error("vectors of another model are the same")
	}
}

func TestWhatTheModelHasSaidIsEqual(t *testing.T) {
	t.Parallel()
	f := &Finder{Model: "e"}
	said := func(answer, image string) Place {
		_, p, ok := f.question(scope, called("w", `{"model":"m","messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"`+answer+
			`"},{"role":"user","content":[{"type":"text","text":"Why"},{"type":"image_url","image_url":{"url":"https://e.com/`+image+`.png"}}]}]}`))
		if !ok {
			t.Fatal("not compared")
		}
		return p
	}
	first := said("Yes?", "a")
	if said("Yes?", "a") != first || said("No?", "a") == first || said("Yes?", "b") == first {
		t.Error("what the model has said, or an image, does not count")
	}
}

func TestWhatIsTooLongOrHasNoWordsIsNotCompared(t *testing.T) {
	t.Parallel()
	turn := `{"role":"user","content":"Hi"}`
	turns := func(n int) string { return strings.Repeat(turn+",", n-1) + turn }
	for _, tt := range []struct {
		name, messages string
		want           bool
	}{
		{"four messages", turns(4), true},
		{"and instructions", `{"role":"system","content":"s"},` + turns(4), true},
		{"five messages", turns(5), false},
		{"a long text", `{"role":"user","content":"` + strings.Repeat("word ", 4*8191/5) + `"}`, true},
		{"a longer text", `{"role":"user","content":"` + strings.Repeat("word ", 4*8192/5+4) + `"}`, false},
		{"white space", `{"role":"user","content":" \n "}`, false},
		{"an image alone", `{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://e.com/a.png"}}]}`, false},
		{"instructions alone", `{"role":"system","content":"s"}`, false},
	} {
		if _, _, ok := (&Finder{}).question(scope, called("w", `{"model":"m","messages":[`+tt.messages+`]}`)); ok != tt.want {
			t.Errorf("%s: %v", tt.name, ok)
		}
	}
}
