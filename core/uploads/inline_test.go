package uploads

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"sluice/core/internal/blob"
	"sluice/core/internal/json"
	"sluice/core/store/folderstore"
)

func depotWith(t testing.TB, kind, content string) (d *Depot, id string) {
	t.Helper()
	d = New(folderstore.New(t.TempDir()), "b", nil)
	id = Mark + strings.Repeat("a2", 13)
	about := blob.Object{Type: kind, Meta: map[string]string{"filename": "f%20g"}}
	if _, err := d.Store.Write(t.Context(), d.name("w", id), strings.NewReader(content), about); err != nil {
		t.Fatal(err)
	}
	return d, id
}

func TestFilesStandInTheirDialectsPlaces(t *testing.T) {
	t.Parallel()
	data := base64.StdEncoding.EncodeToString([]byte("hé"))
	tests := []struct{ name, kind, body, want string }{
		{"Gemini", "image/png", `{"parts":[{"fileData":{"fileUri":"ID","mimeType":"x/y"}}]}`, `{"parts":[{"inlineData":{"mimeType":"image/png","data":"` + data + `"}}]}`},
		{"Converse", "image/png", `{"image":{"format":"png","source":{"s3Location":{"uri":"ID"}}}}`, `{"image":{"format":"png","source":{"bytes":"` + data + `"}}}`},
		{"a URL of Messages", "image/png", `{"source": {"type":"url","url":"ID"} }`, `{"source": {"type":"base64","media_type":"image/png","data":"` + data + `"} }`},
		{"text in Messages", "text/plain; charset=utf-8", `{"source":{"type":"file","file_id":"ID"}}`, `{"source":{"type":"text","media_type":"text/plain","data":"hé"}}`},
		{"a URL of Responses", "application/pdf", `{"type":"input_file","file_url":"ID"}`, `{"type":"input_file","filename":"f g","file_data":"data:application/pdf;base64,` + data + `"}`},
		{"no place for a file", "image/png", `{"messages":[{"content":"ID"}],"n":1.50, "x":["ID"]}`, `{"messages":[{"content":"ID"}],"n":1.50, "x":["ID"]}`},
		{"not quite an id", "image/png", `{"file_id":"xID"}`, `{"file_id":"xID"}`},
		{"not JSON", "image/png", `{"file_id":"ID"`, `{"file_id":"ID"`},
	}
	for _, tt := range tests {
		d, id := depotWith(t, tt.kind, "hé")
		got, err := d.Inline(t.Context(), "w", []byte(strings.ReplaceAll(tt.body, "ID", id)))
		if want := strings.ReplaceAll(tt.want, "ID", id); err != nil || string(got) != want {
			t.Errorf("%s: got\n%s (%v), want\n%s", tt.name, got, err, want)
		}
		if strings.HasPrefix(tt.name, "no") {
			continue
		}
		if _, err := d.Inline(t.Context(), "another", []byte(`{"file_id":"`+id+`"}`)); err == nil {
			t.Errorf("%s: another workspace has read the file", tt.name)
		}
	}
}

func TestARequestHasALimitOfFiles(t *testing.T) {
	t.Parallel()
	d, id := depotWith(t, "image/png", strings.Repeat("x", MaxInline+1))
	if _, err := d.Inline(t.Context(), "w", []byte(`{"file_id":"`+id+`"}`)); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("got %v", err)
	}
}

func FuzzInline(f *testing.F) {
	d, id := depotWith(f, "image/png", "x")
	for _, body := range []string{`{"file_id":"ID"}`, `{"a":[{"url":"ID","type":"url"}]}`, `{"fileData":{"fileUri":"ID"}}`, `{"s3Location":{"uri":"ID"}}`, `[`, `{"a":"ID"}`} {
		f.Add([]byte(strings.ReplaceAll(body, "ID", id)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := d.Inline(t.Context(), "w", body)
		if err != nil {
			return
		}
		if json.Valid(body) && !json.Valid(got) {
			t.Errorf("%q became %q", body, got)
		}
		if !bytes.Contains(body, []byte(id)) && !bytes.Equal(got, body) && !Mentions(body) {
			t.Errorf("%q became %q without a file", body, got)
		}
	})
}
