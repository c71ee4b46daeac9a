package jobs

import (
	"strings"
	"time"

	"sluice/core/internal/json"
)

// A batch is OpenAI's batch object.
//
// https://platform.openai.com/docs/api-reference/batch/object
type batch struct {
	id, endpoint, input, output, errors string
	status                              string
	model                               string
	fault                               string // what went wrong, of one that failed
	created, ended, expires             int64  // Unix seconds, 0 unknown
	total, done, failed                 int64
	metadata                            json.Value
}

func (b batch) write(w *json.Writer) {
	w.Str("id", b.id)
	w.Str("object", "batch")
	w.Str("endpoint", b.endpoint)
	w.StrIf("model", b.model)
	b.writeErrors(w)
	w.Nullable("input_file_id", b.input)
	w.Str("completion_window", "24h")
	w.Str("status", b.status)
	w.Nullable("output_file_id", b.output)
	w.Nullable("error_file_id", b.errors)
	w.Int("created_at", b.created)
	instant(w, "expires_at", b.expires)
	for name, status := range map[string]string{"completed_at": "completed", "failed_at": "failed", "expired_at": "expired", "cancelled_at": "cancelled"} {
		if b.status == status {
			instant(w, name, b.ended)
		}
	}
	w.Open("request_counts", '{')
	w.Int("total", b.total)
	w.Int("completed", b.done)
	w.Int("failed", b.failed)
	w.Close('}')
	if b.metadata == nil {
		b.metadata = json.Value("null")
	}
	w.Raw("metadata", b.metadata)
}

func (b batch) writeErrors(w *json.Writer) {
	if b.fault == "" {
		w.Nullable("errors", "")
		return
	}
	w.Open("errors", '{')
	w.Str("object", "list")
	w.Open("data", '[')
	w.Open("", '{')
	w.Str("code", "batch_"+b.status)
	w.Str("message", b.fault)
	w.Close('}')
	w.Close(']')
	w.Close('}')
}

func (b batch) json() []byte {
	w := json.NewWriter("{")
	b.write(&w)
	w.Close('}')
	return w.B
}

// A file is OpenAI's file object.
//
// https://platform.openai.com/docs/api-reference/files/object
type file struct {
	id, filename, purpose string
	size, created         int64
}

func (f file) write(w *json.Writer) {
	w.Str("id", f.id)
	w.Str("object", "file")
	w.Int("bytes", f.size)
	w.Int("created_at", f.created)
	w.Str("filename", f.filename)
	w.Str("purpose", f.purpose)
	w.Str("status", "processed")
}

func (f file) json() []byte {
	w := json.NewWriter("{")
	f.write(&w)
	w.Close('}')
	return w.B
}

// A tuning is OpenAI's fine-tuning job.
//
// https://platform.openai.com/docs/api-reference/fine-tuning/object
type tuning struct {
	id, model, result, status, fault string
	training, validation             string
	created, ended                   int64
	hyper                            json.Value // an object
}

func (t tuning) write(w *json.Writer) {
	w.Str("id", t.id)
	w.Str("object", "fine_tuning.job")
	w.Str("model", t.model)
	w.Nullable("fine_tuned_model", t.result)
	w.Str("status", t.status)
	w.Int("created_at", t.created)
	instant(w, "finished_at", t.ended)
	w.Nullable("training_file", t.training)
	w.Nullable("validation_file", t.validation)
	if t.hyper == nil {
		t.hyper = json.Value("{}")
	}
	w.Raw("hyperparameters", t.hyper)
	w.Raw("result_files", json.Value("[]"))
	w.Nullable("trained_tokens", "")
	if t.fault == "" {
		w.Nullable("error", "")
		return
	}
	w.Open("error", '{')
	w.Str("code", "job_failed")
	w.Str("message", t.fault)
	w.Nullable("param", "")
	w.Close('}')
}

func (t tuning) json() []byte {
	w := json.NewWriter("{")
	t.write(&w)
	w.Close('}')
	return w.B
}

// An item is something that has a place in a list.
type item interface {
	write(w *json.Writer)
	name() string
}

func (b batch) name() string  { return b.id }
func (f file) name() string   { return f.id }
func (t tuning) name() string { return t.id }

// list writes one page.
func list[T item](items []T, more bool) []byte {
	w := json.NewWriter("{")
	w.Str("object", "list")
	w.Open("data", '[')
	for _, i := range items {
		w.Open("", '{')
		i.write(&w)
		w.Close('}')
	}
	w.Close(']')
	first, last := "", ""
	if len(items) > 0 {
		first, last = items[0].name(), items[len(items)-1].name()
	}
	w.Nullable("first_id", first)
	w.Nullable("last_id", last)
	w.Bool("has_more", more)
	w.Close('}')
	return w.B
}

// instant writes a time, null if it is not known.
func instant(w *json.Writer, name string, at int64) {
	if at == 0 {
		w.Nullable(name, "")
		return
	}
	w.Int(name, at)
}

// seconds reads a time of a provider's, 0 if it is none.
func seconds(v json.Value) int64 {
	t, err := time.Parse(time.RFC3339, json.Unquote(v))
	if err != nil {
		return 0
	}
	return t.Unix()
}

// base is what stands behind the last slash.
func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
