package lambdaemu

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// A function may have events that are not of its URL.
func TestInvokeHandsOverAnEvent(t *testing.T) {
	t.Parallel()
	e := start(t, Config{Env: []string{"PLAIN=upper"}})
	for range 2 {
		out, err := e.Invoke(t.Context(), []byte(`"hi"`))
		if err != nil || string(out) != `"HI"` {
			t.Errorf("got %s, %v", out, err)
		}
		idle(t, e)
	}
	if n := len(e.Reports()); n != 2 {
		t.Errorf("%d reports", n)
	}
}

func TestInvokeSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]string{`"error"`: "Unhandled", `"exit"`: "Runtime.ExitError", `"hang"`: "timeout"} {
		e := start(t, Config{Env: []string{"PLAIN=upper"}, Timeout: time.Second})
		if out, err := e.Invoke(t.Context(), []byte(event)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %s, %v", event, out, err)
		}
	}
	e := start(t, Config{})
	large, err := json.Marshal(strings.Repeat("x", maxPayload))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Invoke(t.Context(), large); err == nil || len(e.Reports()) != 0 {
		t.Errorf("an event that is too large: %v", err)
	}
}
