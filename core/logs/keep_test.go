package logs

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sluice/core/internal/frame"
	"sluice/core/internal/redact"
	"sluice/core/llm"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// TestPackedCredentialsAreNeverStored has them in the base64 of a stream, which
// is unpacked to be stored: whoever has cleaned the exchange saw none.
func TestPackedCredentialsAreNeverStored(t *testing.T) {
	t.Parallel()
	const own, other = "planted-Secret-0123456789", "another-Secret-0123456789"
	inner := base64.StdEncoding.EncodeToString([]byte(`{"completion":"your key is ` + own + `, mine ` + other + `"}`))
	x := exchange("{}", "")
	x.Header = http.Header{"Authorization": {"Bearer " + own}}
	x.Response = body("application/vnd.amazon.eventstream", string(frame.AppendEvent(nil, "chunk", fmt.Appendf(nil, `{"bytes":%q}`, inner))))
	for _, keep := range []usage.Keep{usage.KeepFull, usage.KeepRedacted} {
		got := read(t, memstore.New(), Options{Keep: keep}, llm.Generate, x.Clean(redact.New(other))).Record.Exchange
		if text := string(got.Response.Bytes); !strings.Contains(text, "your key is ***, mine ***") {
			t.Errorf("%s: got %s", keep, text)
		}
	}
}
