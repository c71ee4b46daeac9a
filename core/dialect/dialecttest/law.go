package dialecttest

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/golden"
	"sluice/core/llm"
)

func (c Codec) request(t *testing.T, f *golden.File) {
	body := f.Get("request.json")
	if c.In == nil || c.Out == nil {
		t.Fatal("a dialect with one side has no requests to send round")
	}
	r, err := c.In.DecodeRequest(c.incoming(body))
	if err != nil {
		t.Fatal(err)
	}
	again := c.encode(t, r)
	if d := c.diff(body, again); d != nil {
		t.Errorf("decoded and encoded again:\n%s\nbecame\n%s\ndifferent: %s", body, again, d)
	}
	for i := range 20 {
		if !bytes.Equal(again, c.encode(t, r)) {
			t.Fatalf("encoding number %d gave other bytes: a provider's prompt cache would miss", i+2)
		}
	}
	ClearNative(r)
	f.Want(t, "request.residue", []byte(strings.Join(c.diff(body, c.encode(t, r)), "\n")))
}

func (c Codec) encode(t *testing.T, r *llm.Request) []byte {
	t.Helper()
	x, err := c.Out.Prepare(r, dialect.Target{Model: r.Model})
	if err != nil {
		t.Fatal(err)
	}
	if d := x.Dropped(); len(d) > 0 {
		t.Errorf("dropped within one dialect: %q", d)
	}
	return x.Body()
}

func (c Codec) response(t *testing.T, f *golden.File) {
	body := f.Get("response.json")
	r, err := c.Out.Raw(nil).DecodeResponse(body)
	if err != nil {
		t.Fatal(err)
	}
	if c.In == nil {
		f.Want(t, "events", []byte(Dump(slices.Collect(r.Events()), nil)))
		return
	}
	again, err := c.In.EncodeResponse(r, c.options())
	if err != nil {
		t.Fatal(err)
	}
	if d := c.diff(body, again); d != nil {
		t.Errorf("decoded and encoded again:\n%s\nbecame\n%s\ndifferent: %s", body, again, d)
	}
}

func (c Codec) error(t *testing.T, f *golden.File, name string) {
	status, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(name, "error."), ".json"))
	if err != nil {
		t.Fatalf("section %s names no status", name)
	}
	e := c.Out.Raw(nil).DecodeError(status, http.Header{"Content-Type": {"application/json"}}, f.Get(name))
	f.Want(t, "error", fmt.Appendf(nil, "kind: %s\nstatus: %d\nmessage: %s\ntype: %s\ncode: %s\nparam: %s",
		e.Kind, e.HTTPStatus(), e.Message, e.Type, e.Code, e.Param))
}
