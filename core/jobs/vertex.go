package jobs

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/anthropic"
	"sluice/core/dialect/gemini"
	"sluice/core/internal/blob"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/provider"
	"sluice/core/upstream"
)

// Vertex keeps files on Cloud Storage. Its batches are batch prediction jobs,
// its fine-tuning tuning jobs.
//
// https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/batch-prediction-from-cloud-storage
// https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/batch
// https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.batchPredictionJobs
// https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.tuningJobs
type Vertex struct {
	HTTP    upstream.Doer
	Storage string // takes the place of Cloud Storage, as STORAGE_EMULATOR_HOST does; usually empty
}

var _ upstream.Service = Vertex{}

const gsScheme = "gs"

// A vertexCall is one call.
type vertexCall struct {
	*request
	Vertex
}

// Serve answers a call on kept things.
func (v Vertex) Serve(ctx context.Context, call *core.Call, t upstream.Target) (*core.Reply, error) {
	c := vertexCall{newRequest(call, t), v}
	return c.request.serve(ctx, &c, "vertex-ai")
}

// authorized sends a request with the target's credential.
func (c *vertexCall) authorized(r *http.Request) (*http.Response, error) {
	if err := c.target.Spec.Authorize(r.Context(), r, c.target.Settings); err != nil {
		return nil, err
	}
	return c.HTTP.Do(r)
}

// send asks the job API of the project.
func (c *vertexCall) send(ctx context.Context, method, path string, query url.Values, body []byte) (json.Object, error) {
	u, err := c.target.Spec.RelayURL(c.target.Settings, path, query.Encode())
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.authorized(req)
	if err != nil {
		return nil, err
	}
	return read(resp, "vertex-ai")
}

func (c *vertexCall) storage() *gcs {
	return &gcs{base: cmp.Or(c.Storage, googleStorage), do: c.authorized}
}

func (c *vertexCall) shelf() (*shelf, error) {
	store := c.storage()
	s := &shelf{
		store: store, scheme: gsScheme, bucket: c.option("vertex_storage_bucket_name"),
		output: func(ctx context.Context, n blob.Name) (*results, error) { return vertexOutput(ctx, store, n) },
	}
	if c.target.Lent || c.option("vertex_auth_mode") != "" {
		s.prefix = lentPrefix(c.request)
	}
	if s.prefix != "" && !c.target.Lent {
		return nil, llm.Errorf(llm.Forbidden, "files of vertex-ai need a credential of your own, or one that the operator keeps: the gateway's own identity is not for them")
	}
	return s, nil
}

// upload keeps a file. Rows of batches become requests of the model's
// publisher.
func (c *vertexCall) upload(ctx context.Context) (*core.Reply, error) {
	s, err := c.shelf()
	if err != nil {
		return nil, err
	}
	if s.bucket == "" {
		return nil, llm.Errorf(llm.BadRequest, "Invalid request, please provide `x-portkey-provider-model` and `x-portkey-vertex-storage-bucket-name` in the request headers")
	}
	u, err := c.readUpload()
	if err != nil {
		return nil, err
	}
	var w writer
	switch u.purpose {
	case forBatch:
		w, err = &vertexRows{chatRows: chatRows{provider: "vertex-ai", model: c.option("vertex_model_name"), usual: c.option("vertex_batch_endpoint")}}, u.jsonl()
	case forTuning:
		w, err = geminiTuning{}, u.jsonl()
	}
	if err != nil {
		return nil, err
	}
	return s.keep(ctx, u, c.option("filename"), w)
}

// vertexRows chooses the form of rows by the publisher of the job's model.
type vertexRows struct{ chatRows }

func (v *vertexRows) row(dst, line []byte) ([]byte, error) {
	if v.codec == nil {
		r, err := parseRow(line)
		if err != nil {
			return nil, err
		}
		if v.codec, v.write, err = vertexForm(cmp.Or(v.model, r.model)); err != nil {
			return nil, err
		}
	}
	return v.chatRows.row(dst, line)
}

func vertexForm(model string) (dialect.Outbound, func(*json.Writer, string, json.Value), error) {
	switch publisher, _ := provider.VertexModel(model); publisher {
	case "google":
		return gemini.Codec{}, geminiRow, nil
	case "anthropic":
		return anthropic.Codec{}, claudeRow, nil
	default:
		return nil, nil, llm.Errorf(llm.BadRequest, "rows for models of %s are not rewritten: upload them in the model's own form, with the purpose upload", publisher)
	}
}

func geminiRow(w *json.Writer, id string, body json.Value) {
	w.Raw("request", body)
	w.Str("requestId", id)
}

// claudeRow has the version in the place of the model, which the job names.
func claudeRow(w *json.Writer, id string, body json.Value) {
	w.Str("custom_id", id)
	w.Open("request", '{')
	w.Str("anthropic_version", "vertex-2023-10-16")
	w.Rest(json.ObjectOf(body), "model", "anthropic_version")
	w.Close('}')
}

// geminiTuning rewrites rows for training.
//
// https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare
type geminiTuning struct{}

func (geminiTuning) found() (model, endpoint string, dropped []string) { return "", "", nil }

func (geminiTuning) row(dst, line []byte) ([]byte, error) {
	q, err := dialects[chatEndpoint].DecodeRequest(core.Incoming{Body: line})
	if err != nil {
		return nil, err
	}
	x, err := gemini.Codec{}.Prepare(q, dialect.Target{Provider: "vertex-ai"})
	if err != nil {
		return nil, err
	}
	talk := json.ObjectOf(x.Body())
	w := json.Writer{B: append(dst, '{')}
	for _, name := range []string{"systemInstruction", "contents", "tools"} {
		w.Raw(name, talk.Get(name))
	}
	w.Close('}')
	return w.B, nil
}

// vertexOutput recognises a job's output by its folder, which Vertex AI names
// prediction-…, in the folder of the input.
func vertexOutput(ctx context.Context, store *gcs, n blob.Name) (*results, error) {
	if !strings.HasPrefix(base(strings.TrimSuffix(n.Key, "/"+base(n.Key))), "prediction-") || !strings.HasSuffix(n.Key, ".jsonl") {
		return nil, nil
	}
	return vertexResults(blob.Object{}, ""), nil
}

// vertexResults reads output of a job. Rows say by their form whose they are.
func vertexResults(input blob.Object, model string) *results {
	d, err := dialectOf(cmp.Or(input.Meta["endpoint"], chatEndpoint))
	if err != nil {
		d = dialects[chatEndpoint]
	}
	return &results{read: vertexResult, codec: vertexReading{}, client: d, provider: "vertex-ai", model: model}
}

// vertexReading reads Gemini's answers and Claude's, which name their type.
type vertexReading struct{ core.Reading }

// DecodeResponse reads an answer of either.
func (vertexReading) DecodeResponse(body []byte) (*llm.Response, error) {
	if json.Unquote(json.Lookup(body, "type")) == "message" {
		return anthropic.Codec{}.Raw(nil).DecodeResponse(body)
	}
	return gemini.Codec{}.Raw(nil).DecodeResponse(body)
}

func vertexResult(line []byte) (result, error) {
	ms, err := json.Pick(line, "requestId", "custom_id", "key", "response", "status", "error")
	if err != nil {
		return result{}, err
	}
	r := result{id: cmp.Or(json.Unquote(ms[0]), json.Unquote(ms[1]), json.Unquote(ms[2])), fault: vertexFault(ms[4], ms[5])}
	if ms[3].Kind() == '{' && len(json.ObjectOf(ms[3])) > 0 {
		r.answer = ms[3]
	}
	return r, nil
}

// vertexFault is a status that is a text, or an error that is an object.
func vertexFault(status, fault json.Value) string {
	switch {
	case fault.Kind() == '{':
		return cmp.Or(json.Unquote(json.Lookup(fault, "message")), string(fault))
	case status.Kind() == '{':
		return json.Unquote(json.Lookup(status, "message"))
	}
	return json.Unquote(status)
}
