package jobs

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/upstream"
)

// Fireworks keeps files as datasets of an account. Its batches are batch
// inference jobs, its fine-tuning supervised fine-tuning jobs.
//
// https://docs.fireworks.ai/api-reference/create-dataset
// https://docs.fireworks.ai/api-reference/get-dataset-upload-endpoint
// https://docs.fireworks.ai/api-reference/create-batch-inference-job
// https://docs.fireworks.ai/api-reference/create-supervised-fine-tuning-job
type Fireworks struct{ HTTP upstream.Doer }

var _ upstream.Service = Fireworks{}

// fireworksAPI is where accounts are managed; inference is elsewhere.
const fireworksAPI = "https://api.fireworks.ai/v1"

// A fireworksCall is one call.
type fireworksCall struct {
	*request
	Fireworks
}

// Serve answers a call on kept things.
func (f Fireworks) Serve(ctx context.Context, call *core.Call, t upstream.Target) (*core.Reply, error) {
	c := fireworksCall{newRequest(call, t), f}
	if c.option("fireworks_account_id") == "" {
		return nil, llm.Errorf(llm.BadRequest, "what fireworks-ai keeps belongs to an account: name yours in the header x-portkey-fireworks-account-id, or as fireworks_account_id in the config")
	}
	switch c.Operation {
	case llm.Files:
		return c.files(ctx)
	case llm.Batches:
		return c.batches(ctx)
	case llm.FineTune:
		return c.tunings(ctx)
	}
	return nil, c.Unsupported("fireworks-ai")
}

// send asks the API of the account.
func (c *fireworksCall) send(ctx context.Context, method, path string, query url.Values, body []byte) (json.Object, error) {
	base := cmp.Or(c.target.Settings.CustomHost, fireworksAPI)
	req, err := http.NewRequestWithContext(ctx, method, base+"/accounts/"+url.PathEscape(c.option("fireworks_account_id"))+path, bytes.NewReader(body))
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "the URL of fireworks-ai cannot be built")
	}
	req.URL.RawQuery = query.Encode()
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if err := c.target.Spec.Authorize(ctx, req, c.target.Settings); err != nil {
		return nil, err
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	return read(resp, "fireworks-ai")
}

func (c *fireworksCall) files(ctx context.Context) (*core.Reply, error) {
	one := "/datasets/" + url.PathEscape(c.ID)
	switch f := c.Function(); {
	case f == "uploadFile":
		return c.upload(ctx)
	case f == "listFiles":
		return listPages(ctx, c.request, c.send, "/datasets", url.Values{"pageSize": {"100"}}, "datasets", dataset)
	case f == "deleteFile":
		if _, err := c.send(ctx, http.MethodDelete, one, nil, nil); err != nil {
			return nil, err
		}
		w := json.NewWriter("{")
		w.Str("id", c.ID)
		w.Str("object", "file")
		w.Bool("deleted", true)
		w.Close('}')
		return answer(w.B), nil
	case f == "retrieveFile":
		o, err := c.send(ctx, http.MethodGet, one, nil, nil)
		if err != nil {
			return nil, err
		}
		return answer(dataset(o).json()), nil
	case f == "retrieveFileContent" && c.Sub == "content":
		return c.content(ctx, c.ID)
	}
	return nil, c.Unsupported("fireworks-ai")
}

func dataset(o json.Object) file {
	id := base(json.Unquote(o.Get("name")))
	return file{id: id, filename: cmp.Or(json.Unquote(o.Get("displayName")), id+".jsonl"), purpose: forTuning, created: seconds(o.Get("createTime"))}
}

// upload makes a dataset: announced, sent to a URL that is given, checked.
// Its size is announced too, so that the rows are held.
func (c *fireworksCall) upload(ctx context.Context) (*core.Reply, error) {
	if c.call.Once() {
		return nil, llm.Errorf(llm.TooLarge, "files for fireworks-ai are announced with their size, and so held: this one is too large for that")
	}
	u, err := c.readUpload()
	if err != nil {
		return nil, err
	}
	if err := u.jsonl(); err != nil {
		return nil, err
	}
	rows, err := io.ReadAll(rewrite(u.file, fireworksRow(u.purpose)))
	if err != nil {
		return nil, unread(err)
	}
	id := "sluice-" + strings.ToLower(rand.Text())
	w := json.NewWriter("{")
	w.Str("datasetId", id)
	w.Raw("dataset", json.Join(nil, json.Named("displayName", json.Quote(u.name)), json.Named("userUploaded", json.Value("{}")),
		json.Named("exampleCount", json.Quote(strconv.Itoa(bytes.Count(rows, []byte("\n")))))))
	w.Close('}')
	if _, err := c.send(ctx, http.MethodPost, "/datasets", nil, w.B); err != nil {
		return nil, err
	}
	if err := c.fill(ctx, id, rows); err != nil {
		return nil, err
	}
	o, err := c.send(ctx, http.MethodGet, "/datasets/"+id, nil, nil)
	if err != nil {
		return nil, err
	}
	f := dataset(o)
	f.id, f.size, f.purpose = id, int64(len(rows)), u.purpose
	return answer(f.json()), nil
}

// fill sends the rows of a dataset.
func (c *fireworksCall) fill(ctx context.Context, id string, rows []byte) error {
	const name = "rows.jsonl"
	body := `{"filenameToSize":{"` + name + `":"` + strconv.Itoa(len(rows)) + `"}}`
	o, err := c.send(ctx, http.MethodPost, "/datasets/"+id+":getUploadEndpoint", nil, []byte(body))
	if err != nil {
		return err
	}
	address := json.Unquote(json.Lookup(o.Get("filenameToSignedUrls"), name))
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, address, bytes.NewReader(rows))
	if err != nil || req.URL.Hostname() == "" {
		return &llm.Error{Kind: llm.Upstream, Provider: "fireworks-ai", Message: "it gave no URL for the upload"}
	}
	size := strconv.Itoa(len(rows))
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("X-Goog-Content-Length-Range", size+","+size)
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode > 299 {
		return &llm.Error{Kind: llm.Upstream, Provider: "fireworks-ai", Message: "its storage refused the upload: " + resp.Status}
	}
	_, err = c.send(ctx, http.MethodPost, "/datasets/"+id+":validateUpload", nil, []byte("{}"))
	return err
}

// fireworksRow keeps what Fireworks reads of a row for a batch; others are
// checked only.
func fireworksRow(purpose string) func(dst, line []byte) ([]byte, error) {
	return func(dst, line []byte) ([]byte, error) {
		if purpose != forBatch {
			if _, err := json.Members(line); err != nil {
				return nil, llm.Errorf(llm.BadRequest, "is not a JSON object")
			}
			return append(dst, line...), nil
		}
		r, err := parseRow(line)
		if err != nil {
			return nil, err
		}
		body, err := json.Splice(r.body, json.Edit{Name: "model"}) // the job has one
		if err != nil {
			return nil, err
		}
		w := json.Writer{B: append(dst, '{')}
		w.Str("custom_id", r.id)
		w.Raw("body", body)
		w.Close('}')
		return w.B, nil
	}
}

// content reads a dataset from the URLs that are given for it.
func (c *fireworksCall) content(ctx context.Context, id string) (*core.Reply, error) {
	o, err := c.send(ctx, http.MethodGet, "/datasets/"+url.PathEscape(id)+":getDownloadEndpoint", nil, nil)
	if err != nil {
		return nil, err
	}
	files := json.ObjectOf(o.Get("filenameToSignedUrls"))
	if len(files) == 0 {
		return nil, &llm.Error{Kind: llm.NotFound, Message: "the dataset " + id + " has no files"}
	}
	all := &chain{next: func() (io.ReadCloser, error) {
		if len(files) == 0 {
			return nil, io.EOF
		}
		address := json.Unquote(files[0].Value)
		files = files[1:]
		return c.download(ctx, address)
	}}
	return stream(all, all), nil
}

func (c *fireworksCall) download(ctx context.Context, address string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, &llm.Error{Kind: llm.Upstream, Provider: "fireworks-ai", Message: "it gave no URL for the download"}
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode > 299 {
		resp.Body.Close()
		return nil, &llm.Error{Kind: llm.Upstream, Provider: "fireworks-ai", Message: "its storage refused the download: " + resp.Status}
	}
	return resp.Body, nil
}
