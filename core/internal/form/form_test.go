package form

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const formType = "multipart/form-data; boundary=x"

func make2(t testing.TB, fill func(w *multipart.Writer)) (string, []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	fill(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

func sound(t testing.TB) (string, []byte) {
	return make2(t, func(w *multipart.Writer) {
		f, _ := w.CreateFormFile("file", "a b\"c.mp3")
		_, _ = f.Write([]byte("\x00\r\n--not the boundary\r\n\xff"))
		_ = w.WriteField("model", "whisper-1")
		_ = w.WriteField("timestamp_granularities[]", "word")
		_ = w.WriteField("timestamp_granularities[]", "segment")
	})
}

func TestFieldsAreFoundWhereTheyStand(t *testing.T) {
	t.Parallel()
	contentType, body := sound(t)
	fields, err := Fields(contentType, body)
	if err != nil || len(fields) != 4 {
		t.Fatalf("%+v, %v", fields, err)
	}
	if f := fields[0]; f.Name != "file" || f.Filename != `a b"c.mp3` || f.ContentType != "application/octet-stream" || string(body[f.Start:f.End]) != "\x00\r\n--not the boundary\r\n\xff" {
		t.Errorf("%+v %q", f, body[f.Start:f.End])
	}
	if v, err := Value(contentType, body, "model"); v != "whisper-1" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	if v, err := Value(contentType, body, "file"); v != "" || err != nil {
		t.Errorf("a file was taken for a text: %q, %v", v, err)
	}
}

func TestOnlyTheFieldThatIsSetChanges(t *testing.T) {
	t.Parallel()
	contentType, body := sound(t)
	got, err := Set(contentType, body, "model", "other")
	if want := bytes.Replace(body, []byte("whisper-1"), []byte("other"), 1); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	got, err = Set(contentType, body, "lang\"uage", "de")
	if err != nil {
		t.Fatal(err)
	}
	_, boundary, _ := strings.Cut(contentType, "boundary=")
	read, err := multipart.NewReader(bytes.NewReader(got), boundary).ReadForm(1 << 20)
	if err != nil || read.Value["lang%22uage"][0] != "de" || read.Value["model"][0] != "whisper-1" || len(read.File["file"]) != 1 {
		t.Errorf("%+v, %v", read, err)
	}
}

// A reader that takes the last of two fields must not see another value.
func TestAFieldThatIsSetIsThereOnce(t *testing.T) {
	t.Parallel()
	part := func(name, value string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	file := "--x\r\nContent-Disposition: form-data; name=\"model\"; filename=\"f\"\r\n\r\nbytes\r\n"
	body := part("a", "1") + part("model", "dear") + file + part("model", "dearer") + part("b", "2") + part("model", "") + "--x--\r\n"
	want := part("a", "1") + part("model", "cheap") + file + part("b", "2") + "--x--\r\n"
	got, err := Set(formType, []byte(body), "model", "cheap")
	if err != nil || string(got) != want {
		t.Errorf("%v\n got %q\nwant %q", err, got, want)
	}
}

func TestFieldsAndFilesAreRemoved(t *testing.T) {
	t.Parallel()
	part := func(disposition, value string) string {
		return "--x\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + value + "\r\n"
	}
	a, file, b := part(`name="a"`, "1"), part(`name="mask"; filename="m.png"`, "bytes"), part(`name="b"`, "2")
	body := []byte("preamble\r\n" + a + file + b + a + "--x--\r\nepilogue")
	for names, want := range map[string]string{
		"a": "preamble\r\n" + file + b + "--x--\r\nepilogue", "mask": "preamble\r\n" + a + b + a + "--x--\r\nepilogue",
		"a b mask": "preamble\r\n--x--\r\nepilogue", "c": string(body),
	} {
		got, err := Remove(formType, body, func(name string) bool { return slices.Contains(strings.Fields(names), name) })
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n got %q\nwant %q", names, err, got, want)
		}
	}
	if got, err := Remove(formType, []byte("--x"), func(string) bool { return true }); !errors.Is(err, ErrMalformed) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWhatIsNoFormIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ contentType, body string }{
		{"application/json", "{}"},
		{"multipart/form-data", "--x--"},
		{formType, ""},
		{formType, "--y--"},
		{formType, "--x"},
		{formType, "--x\r\n"},
		{formType, "--x\r\nContent-Disposition: form-data; name=a\r\n"},
		{formType, "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nvalue without an end"},
		{formType, "--xy\r\n\r\n\r\n--x--"},
	} {
		if fields, err := Fields(tt.contentType, []byte(tt.body)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s %q: %+v, %v", tt.contentType, tt.body, fields, err)
		}
	}
}

func TestAPreambleAndAnEmptyFormAreLegal(t *testing.T) {
	t.Parallel()
	fields, err := Fields(formType, []byte("to be ignored\r\n--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--x--\r\n"))
	if err != nil || len(fields) != 1 || fields[0].Name != "a" || fields[0].Start != fields[0].End {
		t.Errorf("%+v, %v", fields, err)
	}
	if fields, err := Fields(formType, []byte("--x--")); err != nil || len(fields) != 0 {
		t.Errorf("%+v, %v", fields, err)
	}
}

// FuzzFields holds the scanner against the standard library's reader: what
// that one can read, this one reads alike.
func FuzzFields(f *testing.F) {
	_, body := sound(f)
	f.Add(body)
	seeds, _ := filepath.Glob("testdata/*.form")
	for _, name := range seeds {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--x--\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		fields, err := Fields(formType, body)
		if err != nil {
			return
		}
		set, err := Set(formType, body, "model", "other")
		if err != nil {
			t.Fatalf("read, but not set: %v", err)
		}
		if v, err := Value(formType, set, "model"); err != nil || v != "other" {
			t.Fatalf("set, and then %q, %v in %q", v, err, set)
		}
		r := multipart.NewReader(bytes.NewReader(body), "x")
		for _, field := range fields {
			p, err := r.NextRawPart()
			if err != nil {
				return // the library is stricter about headers
			}
			value, err := io.ReadAll(p)
			if err == nil && !bytes.Equal(value, body[field.Start:field.End]) {
				t.Fatalf("%q, the library has %q", body[field.Start:field.End], value)
			}
		}
	})
}
