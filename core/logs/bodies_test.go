package logs

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"sluice/core/internal/frame"
	"sluice/core/llm"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// read stores a record with bodies and reads it again.
func read(t *testing.T, table driver.Table, o Options, op llm.Operation, x *usage.Exchange) *Log {
	t.Helper()
	s := New(table, o)
	r := record("w", at(0))
	r.Operation, r.Exchange = op, x
	write(t, s, r)
	got, err := s.Get(t.Context(), "w", r.ID)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestBodiesAreKeptAsTheSettingSays(t *testing.T) {
	onAll(t, func(t *testing.T, table driver.Table) {
		request, answer := `{"content":"I am alice@example.com"}`, `{"text":"`+strings.Repeat("long ", 1000)+`"}`
		for _, tt := range []struct {
			keep          usage.Keep
			request, want string
		}{
			{usage.KeepFull, request, request},
			{usage.KeepRedacted, request, `{"content":"I am [EMAIL_1]"}`},
		} {
			got := read(t, table, Options{Keep: tt.keep}, llm.Generate, exchange(request, answer))
			x := got.Record.Exchange
			if got.Kept != tt.keep || string(x.Body.Bytes) != tt.want || string(x.Response.Bytes) != answer || x.Method != "POST" || x.URL != "/v1/chat/completions" {
				t.Errorf("%s: got %+v", tt.keep, got)
			}
			if x.Body.Type != "application/json" || x.Body.Size != int64(len(request)) {
				t.Errorf("%s: got %+v", tt.keep, x.Body)
			}
		}
		for _, keep := range []usage.Keep{"", usage.KeepNone} {
			if got := read(t, table, Options{Keep: keep}, llm.Generate, exchange(request, answer)); got.Record.Exchange != nil || got.Kept != usage.KeepNone {
				t.Errorf("%q: got %+v", keep, got)
			}
		}
		if got := read(t, table, Options{Keep: usage.KeepFull}, llm.Generate, nil); got.Record.Exchange != nil {
			t.Errorf("a request that is not to be kept: %+v", got)
		}
	})
}

const (
	apiKey = "sk-proj-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGh"
	card   = "4111 1111 1111 1111"
	mail   = "alice@example.com"
)

// sse is a stream of chat that says a text in pieces of n bytes.
func sse(text string, n int) string {
	var b strings.Builder
	for len(text) > 0 {
		m := min(n, len(text))
		fmt.Fprintf(&b, "data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", text[:m])
		text = text[m:]
	}
	return b.String() + "data: [DONE]\n\n"
}

// TestWhatIsFoundInOneElementStaysHiddenBesideOthers: the elements of a list and
// the frames of a stream are read together as well, where a number may be part
// of a longer one.
func TestWhatIsFoundInOneElementStaysHiddenBesideOthers(t *testing.T) {
	t.Parallel()
	picture := strings.Repeat("QUJD", 500)
	for body, secrets := range map[string][]string{
		`[{"c":"room 1"},{"c":"` + card + `"}]`:                                        {card},
		`[{"c":"` + card + `"},{"c":"1 room"},{"c":"` + mail + `"}]`:                   {card, mail},
		`[{"n":1},{"n":4111111111111111}]`:                                             {"4111111111111111"},
		`[{"password":"correct-horse"},{"password":"battery-staple"}]`:                 {"correct-horse", "battery-staple"},
		`[{"b64":"` + picture + `"},{"b64":"` + picture + `QUJD"},{"b64":"no image"}]`: {picture},
	} {
		lines := strings.NewReplacer("},{", "}\n{").Replace(body[1:len(body)-1]) + "\n"
		stream := "data: " + strings.ReplaceAll(strings.TrimSpace(lines), "\n", "\n\ndata: ") + "\n\n"
		for kind, body := range map[string]string{"application/json": body, "application/x-ndjson": lines, "text/event-stream": stream} {
			x := exchange("", "")
			x.Body.Type, x.Body.Bytes, x.Body.Size = kind, []byte(body), int64(len(body))
			got := string(kept(&usage.Record{Exchange: x}, usage.KeepRedacted, 1<<16).Body.Text)
			for _, secret := range secrets {
				if strings.Contains(got, secret) {
					t.Errorf("%s: %s is kept as %s", kind, body, got)
				}
			}
		}
	}
}

// TestNestedBodiesTakeLittleMemory has bodies of nothing but brackets, which
// clients may send and get refused.
func TestNestedBodiesTakeLittleMemory(t *testing.T) {
	for _, open := range []string{"[", `{"a":`, `[1,`} {
		body := []byte(strings.Repeat(open, (32<<10)/len(open)))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s := scan(body)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 2000*uint64(len(body)) || len(s.levels) != 0 {
			t.Errorf("%s…: %d bytes took %d", open, len(body), took)
		}
	}
}

// TestRedactedBodiesTellNobody hides secrets and personal data in every shape
// of body, and looks for any of them.
func TestRedactedBodiesTellNobody(t *testing.T) {
	t.Parallel()
	said := "write to " + mail + ", pay with " + card + " and " + apiKey + ", please"
	escaped := strings.NewReplacer("@", `\u0040`, "4", `\u0034`, "s", `\u0073`).Replace(said)
	var anthropic, gemini, lines, aws, invoke []byte
	for i := 0; i < len(said); i += 3 {
		piece := said[i:min(i+3, len(said))]
		anthropic = fmt.Appendf(anthropic, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":%q}}\n\n", piece)
		gemini = fmt.Appendf(gemini, ",{\"candidates\":[{\"content\":{\"parts\":[{\"text\":%q}]}}]}", piece)
		lines = fmt.Appendf(lines, "{\"message\":{\"content\":%q}}\n", piece)
		aws = frame.AppendEvent(aws, "contentBlockDelta", fmt.Appendf(nil, `{"contentBlockIndex":0,"delta":{"text":%q}}`, piece))
		inner := fmt.Appendf(nil, `{"completion":%q}`, piece)
		invoke = frame.AppendEvent(invoke, "chunk", fmt.Appendf(nil, `{"bytes":%q}`, base64.StdEncoding.EncodeToString(inner)))
	}
	gemini[0] = '['
	gemini = append(gemini, ']')
	for name, tt := range map[string]struct{ kind, body string }{
		"json":            {"application/json", fmt.Sprintf(`{"messages":[{"role":"user","content":%q}],"n":1}`, said)},
		"escapes":         {"application/json", `{"content":"` + escaped + `"}`},
		"member twice":    {"application/json", `{"a":"` + escaped + `","a":"` + escaped + `"}`},
		"json in a text":  {"application/json", `{"arguments":"{\"to\":\"` + strings.ReplaceAll(escaped, `\`, `\\`) + `\"}"}`},
		"names":           {"application/json", fmt.Sprintf(`{%q:{%q:1}}`, mail, apiKey)},
		"numbers":         {"application/json", `{"card":4111111111111111,"list":[4111111111111111]}`},
		"named secret":    {"application/json", `{"password":"correct-horse-battery","api_key":"plain-and-unknown"}`},
		"assigned secret": {"text/plain", `password=hJ8kL2mN9pQ4rS7tV1wX`},
		"plain":           {"text/plain", said},
		"no type":         {"", said},
		"form":            {"application/x-www-form-urlencoded", said},
		"sse":             {"text/event-stream", sse(said, 4000)},
		"sse in pieces":   {"text/event-stream; charset=utf-8", sse(said, 4)},
		"sse in bytes":    {"text/event-stream", sse(said, 1)},
		"sse, no json":    {"text/event-stream", ": " + said + "\n\ndata: " + said + "\n\n"},
		"messages":        {"text/event-stream", string(anthropic)},
		"gemini":          {"application/json", string(gemini)},
		"ndjson":          {"application/x-ndjson", string(lines)},
		"converse":        {"application/vnd.amazon.eventstream", string(aws)},
		"invoke":          {"application/vnd.amazon.eventstream", string(invoke)},
		"half a document": {"application/json", `{"a":["` + escaped + `","` + said},
	} {
		x := exchange("", "")
		x.Body, x.Response = body(tt.kind, tt.body), body(tt.kind, tt.body)
		got := read(t, memstore.New(), Options{Keep: usage.KeepRedacted}, llm.Generate, x).Record.Exchange
		for side, b := range map[string]usage.Body{"request": got.Body, "answer": got.Response} {
			if len(b.Bytes) == 0 {
				t.Errorf("%s: nothing is left of the %s", name, side)
			}
			plain := everything(b)
			for _, secret := range []string{mail, "example.com", card, "4111", apiKey, "AbCdEfGh", "4111111111111111", "correct-horse", "plain-and-unknown", "hJ8kL2mN9"} {
				if strings.Contains(plain, secret) {
					t.Errorf("%s: the %s tells %s: %s", name, side, secret, plain)
				}
			}
		}
	}
}

// everything is what a body says: as it is, without escapes, and all its texts
// in a row, as whoever puts a stream together reads it.
func everything(b usage.Body) string {
	all := string(b.Bytes) + "\n"
	row := map[string]string{}
	add := func(data []byte) {
		for _, l := range scan(data).leaves {
			all += l.text + "\n"
			row[l.member] += l.text
		}
	}
	add(b.Bytes)
	for f, err := range frame.SSE(strings.NewReader(string(b.Bytes)), 0) {
		if err == nil {
			add(f.Data)
		}
	}
	for _, text := range row {
		all += text + "\n"
	}
	return all
}

// TestWhatIsHarmlessStays holds redaction to what it is for.
func TestWhatIsHarmlessStays(t *testing.T) {
	t.Parallel()
	for kind, text := range map[string]string{
		"application/json":     `{ "model":"gpt-4o", "messages":[ {"role":"user","content":"Grüße\nan 3 Leute"}], "max_tokens": 100, "stop":null,"x":[true,1.50] }`,
		"text/event-stream":    "event: x\nid: 7\ndata: {\"a\":\"Hello wor\"}\n\n: ping\n\ndata: {\"a\":\"ld\"}\n\ndata: [DONE]\n\n",
		"application/x-ndjson": "{\"a\":\"Hello\"}\n{\"a\":\" world\"}\n",
		"text/plain":           "Hello world",
	} {
		x := exchange("", "")
		x.Body, x.Response = body(kind, text), body(kind, text)
		got := read(t, memstore.New(), Options{Keep: usage.KeepRedacted}, llm.Generate, x).Record.Exchange
		if string(got.Body.Bytes) != text || string(got.Response.Bytes) != text {
			t.Errorf("%s: got %s and %s", kind, got.Body.Bytes, got.Response.Bytes)
		}
	}
}

// TestBodiesHaveALimit cuts at every place, also in the middle of characters
// and of secrets.
func TestBodiesHaveALimit(t *testing.T) {
	t.Parallel()
	long := `{"content":"` + strings.Repeat("größer ", 100) + `"}`
	for limit := 1; limit < 60; limit++ {
		got := read(t, memstore.New(), Options{Keep: usage.KeepFull, MaxBody: limit}, llm.Generate, exchange(long, long)).Record.Exchange
		if b := got.Body; len(b.Bytes) > limit || len(b.Bytes) < limit-1 || !strings.HasPrefix(long, string(b.Bytes)) || !b.Cut() || b.Size != int64(len(long)) {
			t.Errorf("limit %d: got %d bytes %q of %d", limit, len(b.Bytes), b.Bytes, b.Size)
		}
	}
	for _, kind := range []string{"application/json", "text/event-stream", "text/plain"} {
		text := `{"content":"` + strings.Repeat("many words ", 200) + card + " " + apiKey + `"}`
		if kind == "text/event-stream" {
			text = sse(strings.Repeat("many words ", 20)+card+" "+apiKey, 3)
		}
		for cut := len(text) - 120; cut <= len(text); cut += 3 {
			x := exchange("", "")
			x.Body = usage.Body{Type: kind, Bytes: []byte(text[:cut]), Size: int64(len(text)) + 1}
			got := everything(read(t, memstore.New(), Options{Keep: usage.KeepRedacted}, llm.Generate, x).Record.Exchange.Body)
			if strings.Contains(got, "4111") || strings.Contains(got, "sk-pr") || !strings.Contains(got, "many words") {
				t.Errorf("%s, cut at %d: %.300q", kind, cut-len(text), got[max(len(got)-300, 0):])
			}
		}
	}
}

// TestCredentialsOfHeadersAreNeverStored plants them where clients have them,
// for both ways to keep bodies: whoever captures an exchange may have missed
// one.
func TestCredentialsOfHeadersAreNeverStored(t *testing.T) {
	t.Parallel()
	const planted = "planted-Secret-0123456789"
	header := http.Header{}
	for _, name := range []string{"Authorization", "X-Portkey-Api-Key", "X-Api-Key", "Cookie", "X-Amz-Security-Token", "X-Portkey-Virtual-Key",
		"X-Portkey-Vertex-Service-Account-Json", "X-Portkey-Aws-Secret-Access-Key", "X-Goog-Api-Key", "Proxy-Authorization"} {
		header.Set(name, "Bearer "+planted)
	}
	header.Set("X-Portkey-Config", `{"provider":"openai","api_key":"`+planted+`-2"}`)
	header.Set("X-Portkey-Sensitive-Headers", "x-customer, X-Ticket")
	header.Set("X-Customer", "number 17-customer")
	header.Set("X-Ticket", "ticket 18-ticket")
	header.Set("X-Seen", "this one stays")
	x := exchange(`{"quoted":"`+planted+`"}`, `{"error":"the key `+planted+` is wrong"}`)
	x.Header, x.URL = header, "/v1/x?key="+planted+"-3&alt=sse&X-Amz-Signature=0123abcd&X-Amz-Credential=AKID"
	x.ResponseHeader = http.Header{"Set-Cookie": {planted}, "X-Ticket": {"ticket 18-ticket"}, "X-Echo": {planted}, "X-Kept": {"yes"}}
	for _, keep := range []usage.Keep{usage.KeepFull, usage.KeepRedacted} {
		got := read(t, memstore.New(), Options{Keep: keep}, llm.Generate, x).Record.Exchange
		all := fmt.Sprintf("%s %v %v %s %s", got.URL, got.Header, got.ResponseHeader, got.Body.Bytes, got.Response.Bytes)
		for _, secret := range []string{planted, "17-customer", "18-ticket", "0123abcd", "AKID"} {
			if strings.Contains(all, secret) {
				t.Errorf("%s: %s is in %s", keep, secret, all)
			}
		}
		if got.Header.Get("X-Seen") == "" || got.ResponseHeader.Get("X-Kept") == "" || !strings.Contains(got.URL, "alt=sse") || !strings.Contains(got.Header.Get("X-Portkey-Config"), "openai") {
			t.Errorf("%s: too much is gone: %s", keep, all)
		}
	}
	if header.Get("Authorization") == "" {
		t.Error("the exchange itself was changed")
	}
}

// TestVectorsAreNeverStored has the answers of embeddings in each dialect.
func TestVectorsAreNeverStored(t *testing.T) {
	t.Parallel()
	numbers := strings.TrimSuffix(strings.Repeat("-0.0123,", 300), ",")
	packed := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x01\x02\x03\x04", 300)))
	for name, tt := range map[string]struct {
		op   llm.Operation
		body string
		cut  int
	}{
		"openai":         {llm.Embed, `{"object":"list","data":[{"index":0,"embedding":[` + numbers + `]},{"index":1,"embedding":[` + numbers + `]}],"model":"ada"}`, 0},
		"base64":         {llm.Embed, `{"data":[{"embedding":"` + packed + `"}],"model":"ada"}`, 0},
		"cohere":         {llm.Embed, `{"embeddings":{"float":[[` + numbers + `],[` + numbers + `]],"int8":[[` + strings.TrimSuffix(strings.Repeat("12,", 90), ",") + `]]},"model":"ada"}`, 0},
		"gemini":         {llm.Embed, `{"embeddings":[{"values":[` + numbers + `]}],"model":"ada"}`, 0},
		"cut":            {llm.Embed, `{"model":"ada","data":[{"embedding":[` + numbers, 90},
		"cut in base64":  {llm.Embed, `{"model":"ada","data":[{"embedding":"` + packed, 90},
		"relayed":        {llm.Proxy, `{"model":"ada","output":{"embedding":[` + numbers + `]}}`, 0},
		"a batch's rows": {llm.Files, `{"model":"ada","body":{"data":[{"embedding":[` + numbers + `]}]}}` + "\n" + `{"body":{"data":[{"embedding":[` + numbers + `]}]}}`, 0},
	} {
		for _, keep := range []usage.Keep{usage.KeepFull, usage.KeepRedacted} {
			x := exchange(`{"input":"a text"}`, tt.body)
			x.Response.Size += int64(tt.cut)
			got := read(t, memstore.New(), Options{Keep: keep}, tt.op, x).Record.Exchange
			text := string(got.Response.Bytes)
			if strings.Contains(text, "0.0123") || strings.Contains(text, "12,12") || strings.Contains(text, packed[:200]) {
				t.Errorf("%s, %s: %.300s", name, keep, text)
			}
			if tt.cut == 0 && !strings.Contains(text, `"ada"`) || !strings.Contains(string(got.Body.Bytes), "a text") {
				t.Errorf("%s, %s: too much is gone: %.300s", name, keep, text)
			}
		}
	}
	plain := `{"prompt":[1,2,3,4,5,6,7,8,9,10,11,12],"logprobs":[-0.5,-0.25,-0.1,-0.2,-0.3]}`
	got := read(t, memstore.New(), Options{Keep: usage.KeepFull}, llm.Generate, exchange(plain, plain)).Record.Exchange
	if string(got.Body.Bytes) != plain || string(got.Response.Bytes) != plain {
		t.Errorf("other lists are gone: %s", got.Response.Bytes)
	}
}

func TestOnlyTheSizeOfWhatIsNoTextIsKept(t *testing.T) {
	t.Parallel()
	for _, keep := range []usage.Keep{usage.KeepFull, usage.KeepRedacted} {
		x := exchange("", `{"a":1}`)
		x.Body = body("audio/mpeg", "\xff\xfb\x90\x00 sound")
		got := read(t, memstore.New(), Options{Keep: keep}, llm.Transcribe, x).Record.Exchange
		if got.Body.Bytes != nil || got.Body.Type != "audio/mpeg" || got.Body.Size != int64(len(x.Body.Bytes)) || !got.Body.Cut() {
			t.Errorf("%s: got %+v", keep, got.Body)
		}
	}
	image := "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("image", 900)))
	got := read(t, memstore.New(), Options{Keep: usage.KeepRedacted}, llm.Generate, exchange(`{"url":"`+image+`"}`, `{"b64_json":"`+image[22:]+`"}`)).Record.Exchange
	if want := `{"url":"data:image/png;[6000 bytes]"}`; string(got.Body.Bytes) != want || string(got.Response.Bytes) != `{"b64_json":"[6000 bytes]"}` {
		t.Errorf("got %.200s and %.200s", got.Body.Bytes, got.Response.Bytes)
	}
}
