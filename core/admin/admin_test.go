package admin

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sluice/core/logs"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// buggy is a table that has a bug.
type buggy struct{ driver.Table }

func (buggy) Get(context.Context, driver.Key) (driver.Record, error) {
	panic("with sk-secret-0123456789 in its words")
}

func TestABugIsAnErrorAndNotACutConnection(t *testing.T) {
	t.Parallel()
	var printed bytes.Buffer
	h := New(Config{
		Auth: &keys{}, Logs: logs.New(buggy{memstore.New()}, logs.Options{}), Log: slog.New(slog.NewTextHandler(&printed, nil)),
	}, http.NotFoundHandler())
	r := httptest.NewRequest(http.MethodGet, "/v1/logs/"+usage.NewID(time.Now()), nil)
	r.Header.Set("X-Portkey-Api-Key", "sk-secret-0123456789")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "internal error") || strings.Contains(w.Body.String(), "words") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got := printed.String(); !strings.Contains(got, "in its words") || !strings.Contains(got, "admin_test.go") || strings.Contains(got, "sk-secret") {
		t.Errorf("printed was %s", got)
	}
}

// TestABugBehindTheBeginningCutsTheConnection: a part must not look like the
// whole.
func TestABugBehindTheBeginningCutsTheConnection(t *testing.T) {
	t.Parallel()
	out := &begun{ResponseWriter: httptest.NewRecorder()}
	out.WriteHeader(http.StatusOK)
	defer func() {
		if recover() == nil {
			t.Error("the rest is missing, and nobody sees it")
		}
	}()
	defer (&call{w: out}).recover(out)
	panic("late")
}
