package dialecttest

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/golden"
	"sluice/core/internal/json"
)

// Tasks tests every fixture in testdata of an operation that is no
// conversation. The name of a fixture begins with that of the task, and an
// underscore.
//
//	request.json    what a client asks for
//	model           that is called, if the request does not name it
//	sent            the bodies that the provider gets, one a line; and dropped,
//	                the members that it is not told
//	answer.json     what the provider answers; of several requests, one answer
//	                a line
//	answered.json   what the client gets; a time that is our own is 0
//
// sent, dropped and answered.json are computed, and rewritten by -update.
func Tasks(t *testing.T, tasks map[string]dialect.Task) {
	golden.Each(t, "testdata", func(t *testing.T, f *golden.File) {
		name := f.Path[strings.LastIndexAny(f.Path, `/\`)+1:]
		provider, _, _ := strings.Cut(name, "_")
		task, ok := tasks[provider]
		if !ok {
			t.Fatalf("there is no task %q", provider)
		}
		x := prepare(t, task, f)
		sent := bodies(x)
		if again := bodies(prepare(t, task, f)); !bytes.Equal(join(sent), join(again)) {
			t.Errorf("sent %s, then %s", join(sent), join(again))
		}
		f.Want(t, "sent", join(sent))
		f.Want(t, "dropped", []byte(strings.Join(x.Dropped(), "\n")))
		f.Want(t, "answered.json", answered(t, x, f.Get("answer.json")))
	})
}

func prepare(t *testing.T, task dialect.Task, f *golden.File) dialect.TaskExchange {
	t.Helper()
	body := f.Get("request.json")
	model := json.Unquote(json.Lookup(body, "model"))
	if f.Has("model") {
		model = string(f.Get("model"))
	}
	x, err := task.Prepare(core.Incoming{Body: body}, dialect.Target{Model: model})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func bodies(x dialect.TaskExchange) [][]byte {
	if s, ok := x.(dialect.Several); ok {
		return s.Bodies()
	}
	return [][]byte{x.Body()}
}

func join(lines [][]byte) []byte { return bytes.Join(lines, []byte("\n")) }

func answered(t *testing.T, x dialect.TaskExchange, answer []byte) []byte {
	t.Helper()
	var a dialect.TaskAnswer
	var err error
	if s, ok := x.(dialect.Several); ok {
		var all []dialect.Answered
		for line := range bytes.Lines(answer) {
			all = append(all, dialect.Answered{Body: bytes.TrimSpace(line)})
		}
		a, err = s.Answers(all)
	} else {
		a, err = x.Answer(nil, answer)
	}
	if err != nil {
		t.Fatal(err)
	}
	return indent(timeless(t, a.Body))
}

// recent is a time after which only our own clock can have written one.
const recent = 1_760_000_000

// timeless replaces the time of an answer whose provider has said none.
func timeless(t *testing.T, body []byte) []byte {
	t.Helper()
	created, err := strconv.ParseInt(string(json.Lookup(body, "created")), 10, 64)
	if err != nil || created < recent {
		return body
	}
	out, err := json.Splice(body, json.Edit{Name: "created", Value: json.Value("0")})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
