package route

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/core/upstream"
)

func TestTimeoutsFlowDownOneByOneAndTheTotalDoesNot(t *testing.T) {
	t.Parallel()
	root, err := Parse([]byte(`{"timeouts":{"connect":1000,"headers":2000,"firstContent":3000,"idle":4000,"total":5000,"hedaers":1},
		"strategy":{"mode":"fallback"},"targets":[{"provider":"openai"},{"provider":"openai","timeouts":{"headers":2500.5,"first_content":0,"idle":null}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"config.timeouts.hedaers"}; !slices.Equal(root.Unknown, want) {
		t.Errorf("unknown %q, want %q", root.Unknown, want)
	}
	b := &builder{}
	above := b.inherit(settings{}, root)
	for i, want := range []upstream.Timeouts{
		{Connect: time.Second, Headers: 2 * time.Second, FirstContent: 3 * time.Second, Idle: 4 * time.Second},
		{Connect: time.Second, Headers: 2500500 * time.Microsecond, FirstContent: 3 * time.Second, Idle: 4 * time.Second},
	} {
		if got := b.inherit(above, root.Targets[i]).timeouts; got != want {
			t.Errorf("target %d: got %+v, want %+v", i, got, want)
		}
		if got := root.Targets[i].Total; got != 0 {
			t.Errorf("target %d: total %s", i, got)
		}
	}
	if root.Total != 5*time.Second {
		t.Errorf("total %s", root.Total)
	}
}

func TestFaultsOfTimeoutsNameThePath(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		`{"provider":"openai","timeouts":5}`:                     "path: timeouts, message: Expected object, received number",
		`{"provider":"openai","timeouts":{"idle":"5"}}`:          "path: timeouts,idle, message: Expected number, received string",
		`{"provider":"openai","timeouts":{"firstContent":-1}}`:   "path: timeouts,firstContent, message: Number must be between",
		`{"provider":"openai","timeouts":{"total":99999999999}}`: "path: timeouts,total, message: Number must be between",
	} {
		_, err := Parse([]byte(config))
		bad, ok := errors.AsType[*InvalidError](err)
		if !ok || !strings.Contains(strings.Join(bad.Faults, "\n"), want) {
			t.Errorf("%s: got %v, want %q", config, err, want)
		}
	}
}
