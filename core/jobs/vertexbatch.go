package jobs

import (
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sluice/core"
	"sluice/core/internal/blob"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/provider"
)

func (c *vertexCall) batches(ctx context.Context) (*core.Reply, error) {
	const jobs = "/batchPredictionJobs"
	one := jobs + "/" + url.PathEscape(c.ID)
	switch f := c.Function(); {
	case f == "createBatch":
		return c.createBatch(ctx)
	case f == "listBatches":
		return listPages(ctx, c.request, c.send, jobs, url.Values{"pageSize": {"100"}}, "batchPredictionJobs", vertexBatch)
	case f == "getBatchOutput" && c.Sub == "output":
		return c.batchOutput(ctx, one)
	case f == "cancelBatch" && c.Sub == "cancel":
		if _, err := c.send(ctx, http.MethodPost, one+":cancel", nil, []byte("{}")); err != nil {
			return nil, err
		}
	case f != "retrieveBatch":
		return nil, c.Unsupported("vertex-ai")
	}
	job, err := c.send(ctx, http.MethodGet, one, nil, nil)
	if err != nil {
		return nil, err
	}
	return answer(vertexBatch(job).json()), nil
}

// createBatch makes a job of an uploaded file, for the model of its rows
// unless the client names one.
func (c *vertexCall) createBatch(ctx context.Context) (*core.Reply, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	id, err := required(o, "input_file_id")
	if err != nil {
		return nil, err
	}
	s, err := c.shelf()
	if err != nil {
		return nil, err
	}
	input, err := s.find(id)
	if err != nil {
		return nil, err
	}
	if s.prefix != "" {
		if err := notLent(o, "output_data_config", "provider_options"); err != nil {
			return nil, err
		}
	}
	model := cmp.Or(json.Unquote(o.Get("model")), c.option("vertex_model_name"))
	if model == "" {
		about, err := s.store.Stat(ctx, input)
		if err != nil {
			return nil, err
		}
		model = about.Meta["model"]
	}
	if model == "" {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "Model is required: name it in the body, or in the header x-portkey-provider-model", Param: "model"}
	}
	folder, err := vertexOutputFolder(o, input)
	if err != nil {
		return nil, err
	}
	job, err := c.send(ctx, http.MethodPost, "/batchPredictionJobs", nil, vertexJob(o, input, folder, model))
	if err != nil {
		return nil, err
	}
	reply := answer(vertexBatch(job).json())
	reply.Dropped = given(o, "metadata", "output_expires_after")
	return reply, nil
}

// vertexOutputFolder is where the results go: where the client says, else
// beside the input.
func vertexOutputFolder(o json.Object, input blob.Name) (blob.Name, error) {
	said := o.Get("output_data_config")
	if said == nil || said.Kind() == 'n' {
		input.Key = input.Key[:strings.LastIndexByte(input.Key, '/')+1]
		return input, nil
	}
	folder, _ := blob.Parse(gsScheme, json.Unquote(said))
	if folder.Bucket == "" {
		return folder, &llm.Error{Kind: llm.BadRequest, Message: "output_data_config must be the URL of a folder, such as gs://bucket/folder/", Param: "output_data_config"}
	}
	return folder, nil
}

// vertexJob puts what the client asks for over its provider_options.
func vertexJob(o json.Object, input, folder blob.Name, model string) []byte {
	w := json.NewWriter("{")
	own := []string{"displayName", "model", "inputConfig", "outputConfig"}
	w.Str("displayName", cmp.Or(json.Unquote(o.Get("job_name")), "sluice-"+strings.ToLower(rand.Text())))
	w.Str("model", vertexName(model))
	w.Raw("inputConfig", json.Value(`{"instancesFormat":"jsonl","gcsSource":{"uris":[`+string(json.Quote(input.URL(gsScheme)))+`]}}`))
	w.Raw("outputConfig", json.Value(`{"predictionsFormat":"jsonl","gcsDestination":{"outputUriPrefix":`+string(json.Quote(folder.URL(gsScheme)))+`}}`))
	w.Rest(json.ObjectOf(o.Get("provider_options")), own...)
	w.Close('}')
	return w.B
}

// vertexName is a model as jobs name it.
func vertexName(model string) string {
	publisher, name := provider.VertexModel(model)
	if publisher == "endpoints" || strings.HasPrefix(model, "projects/") {
		return model
	}
	return "publishers/" + publisher + "/models/" + name
}

// vertexStatus are OpenAI's words for a job's state.
var vertexStatus = map[string]string{
	"JOB_STATE_QUEUED": "validating", "JOB_STATE_PENDING": "validating", "JOB_STATE_PAUSED": "validating",
	"JOB_STATE_RUNNING": "in_progress", "JOB_STATE_UPDATING": "in_progress",
	"JOB_STATE_SUCCEEDED": "completed", "JOB_STATE_PARTIALLY_SUCCEEDED": "completed",
	"JOB_STATE_FAILED": "failed", "JOB_STATE_CANCELLING": "cancelling", "JOB_STATE_CANCELLED": "cancelled", "JOB_STATE_EXPIRED": "expired",
}

func vertexBatch(job json.Object) batch {
	state := json.Unquote(job.Get("state"))
	stats := job.Get("completionStats")
	b := batch{
		id: base(json.Unquote(job.Get("name"))), endpoint: chatEndpoint, model: json.Unquote(job.Get("model")),
		status:  cmp.Or(vertexStatus[state], "validating"),
		input:   url.QueryEscape(json.Unquote(json.Lookup(job.Get("inputConfig"), "gcsSource", "uris", "0"))),
		fault:   json.Unquote(json.Lookup(job.Get("error"), "message")),
		created: seconds(job.Get("createTime")), ended: seconds(job.Get("endTime")),
		done: count(json.Lookup(stats, "successfulCount")), failed: count(json.Lookup(stats, "failedCount")),
	}
	b.total = b.done + b.failed + count(json.Lookup(stats, "incompleteCount"))
	if folder := vertexFolder(job); b.status == "completed" && folder != "" {
		b.output = url.QueryEscape(folder + "/predictions.jsonl")
	}
	return b
}

// vertexFolder is where a job has put its results.
func vertexFolder(job json.Object) string {
	return strings.TrimSuffix(json.Unquote(json.Lookup(job.Get("outputInfo"), "gcsOutputDirectory")), "/")
}

// count reads a number that is written as a text; -1 is unknown.
func count(v json.Value) int64 {
	n, err := strconv.ParseInt(json.Unquote(v), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// batchOutput gives all results of a job. Publishers name the files
// differently, so whatever lies in the folder counts.
func (c *vertexCall) batchOutput(ctx context.Context, one string) (*core.Reply, error) {
	job, err := c.send(ctx, http.MethodGet, one, nil, nil)
	if err != nil {
		return nil, err
	}
	b := vertexBatch(job)
	if b.output == "" {
		return nil, noOutput(b)
	}
	s, err := c.shelf()
	if err != nil {
		return nil, err
	}
	folder, err := s.find(vertexFolder(job) + "/")
	if err != nil {
		return nil, err
	}
	files, err := c.storage().list(ctx, folder)
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(n blob.Name) bool { return !strings.HasSuffix(n.Key, ".jsonl") })
	if len(files) == 0 {
		return nil, &llm.Error{Kind: llm.NotFound, Message: "there are no results in " + folder.URL(gsScheme)}
	}
	_, name := provider.VertexModel(b.model)
	out := vertexResults(c.noted(ctx, s, b), name)
	all := &chain{next: func() (io.ReadCloser, error) {
		if len(files) == 0 {
			return nil, io.EOF
		}
		n := files[0]
		files = files[1:]
		body, _, err := s.store.Open(ctx, n)
		return body, err
	}}
	return stream(rewrite(all, out.row), all), nil
}

// noted is what the upload has noted of a batch's input, if it is still there.
func (c *vertexCall) noted(ctx context.Context, s *shelf, b batch) blob.Object {
	n, ok := blob.Parse(gsScheme, b.input)
	if !ok {
		return blob.Object{}
	}
	about, err := s.store.Stat(ctx, n)
	if err != nil {
		return blob.Object{}
	}
	return about
}

// A chain reads files one after the other, each opened when it is its turn.
type chain struct {
	next func() (io.ReadCloser, error)
	open io.ReadCloser
}

func (c *chain) Read(p []byte) (int, error) {
	for {
		if c.open == nil {
			var err error
			if c.open, err = c.next(); err != nil {
				return 0, err
			}
		}
		n, err := c.open.Read(p)
		if err == io.EOF {
			err = c.Close()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (c *chain) Close() error {
	if c.open == nil {
		return nil
	}
	err := c.open.Close()
	c.open = nil
	return err
}
