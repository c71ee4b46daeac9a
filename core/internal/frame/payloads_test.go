package frame

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestEventsAreCutAnywhereIntoPayloads cuts a stream of events at every byte.
func TestEventsAreCutAnywhereIntoPayloads(t *testing.T) {
	t.Parallel()
	const text = "data: {\"a\":\"é\"}\n\ndata: [DONE]\n\n"
	for i := range len(text) + 1 {
		var raw []byte
		raw = AppendEvent(raw, "PayloadPart", []byte(text[:i]))
		raw = AppendEvent(raw, "PayloadPart", []byte(text[i:]))
		var got []string
		for f, err := range PayloadFormat.Read(iotest.OneByteReader(bytes.NewReader(raw)), 0) {
			if err != nil {
				t.Fatalf("cut at %d: %v", i, err)
			}
			got = append(got, string(f.Data))
		}
		if s := strings.Join(got, " "); s != `{"a":"é"} [DONE]` {
			t.Fatalf("cut at %d: %s", i, s)
		}
	}
}

func TestAnExceptionAmongPayloadsIsAnEvent(t *testing.T) {
	t.Parallel()
	raw := AppendEvent(nil, "PayloadPart", []byte("data: {\"a\":"))
	raw = AppendException(raw, "ModelStreamError", []byte(`{"Message":"no \"memory\"","ErrorCode":"x"}`))
	var last string
	for f, err := range PayloadFormat.Read(bytes.NewReader(raw), 0) {
		if err != nil {
			t.Fatal(err)
		}
		last = string(f.Data)
	}
	if last != `{"error":{"message":"no \"memory\"","type":"ModelStreamError"}}` {
		t.Errorf("read %s", last)
	}
	cut := raw[:len(raw)-3]
	var failed error
	for _, err := range PayloadFormat.Read(bytes.NewReader(cut), 0) {
		failed = err
	}
	if failed != io.ErrUnexpectedEOF {
		t.Errorf("a cut message ends the stream with %v", failed)
	}
}
