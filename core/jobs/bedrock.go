package jobs

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"sluice/core"
	"sluice/core/dialect/bedrock"
	"sluice/core/internal/blob"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/provider"
	"sluice/core/upstream"
)

// AWS is what jobs on Bedrock need: its control plane, and S3.
type AWS interface {
	Control(ctx context.Context, s provider.Settings, method, path string, query url.Values, body []byte) (*http.Response, error)
	Files(s provider.Settings) (store blob.Store, bucket string, err error)
}

// Bedrock keeps files on S3. Its batches are model invocation jobs over
// Converse bodies, its fine-tuning model customization jobs.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-data.html
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelInvocationJob.html
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelCustomizationJob.html
type Bedrock struct {
	AWS  AWS
	Role string // ARN that jobs run with when the operator lends the credentials; may be empty
}

var _ upstream.Service = Bedrock{}

const s3Scheme = "s3"

// A bedrockCall is one call.
type bedrockCall struct {
	*request
	aws  AWS
	lent string // see Bedrock.Role
}

// Serve answers a call on kept things.
func (b Bedrock) Serve(ctx context.Context, call *core.Call, t upstream.Target) (*core.Reply, error) {
	c := bedrockCall{newRequest(call, t), b.AWS, b.Role}
	return c.request.serve(ctx, &c, "bedrock")
}

func (c *bedrockCall) shelf() (*shelf, error) {
	store, bucket, err := c.aws.Files(c.target.Settings)
	if err != nil {
		return nil, err
	}
	prefix := ""
	if c.target.Lent || bucket != "" {
		prefix = lentPrefix(c.request)
	}
	return &shelf{
		store: store, scheme: s3Scheme, bucket: cmp.Or(c.option("aws_s3_bucket"), bucket), prefix: prefix,
		output: func(ctx context.Context, n blob.Name) (*results, error) { return outputOf(ctx, store, n), nil },
	}, nil
}

// upload keeps a file. Rows of batches become Converse bodies.
func (c *bedrockCall) upload(ctx context.Context) (*core.Reply, error) {
	s, err := c.shelf()
	if err != nil {
		return nil, err
	}
	if s.bucket == "" {
		return nil, llm.Errorf(llm.BadRequest, "an upload to bedrock needs the bucket that it goes to: name it in the header x-portkey-aws-s3-bucket, or as aws_s3_bucket in the config")
	}
	u, err := c.readUpload()
	if err != nil {
		return nil, err
	}
	var w writer
	model := c.option("aws_bedrock_model")
	switch u.purpose {
	case forBatch:
		w, err = &chatRows{provider: "bedrock", codec: bedrock.Codec{}, model: model, write: converseRow}, u.jsonl()
	case forTuning:
		w, err = &tuningRows{model: model}, cmp.Or(u.jsonl(), needsModel(model))
	}
	if err != nil {
		return nil, err
	}
	return s.keep(ctx, u, c.option("aws_s3_object_key"), w)
}

func needsModel(model string) error {
	if model == "" {
		return llm.Errorf(llm.BadRequest, "rows for training depend on the model: name it in the header x-portkey-provider-model")
	}
	return nil
}

func converseRow(w *json.Writer, id string, body json.Value) {
	w.Str("recordId", id)
	w.Raw("modelInput", body)
}

// outputOf recognises a job's output by its name, which is the input's with
// .out behind it in a folder of the job's own beside it.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
func outputOf(ctx context.Context, store blob.Store, n blob.Name) *results {
	key, ok := strings.CutSuffix(n.Key, ".jsonl.out")
	if !ok {
		return nil
	}
	folder, name := key[:max(0, strings.LastIndexByte(key, '/'))], base(key)
	input := folder[:strings.LastIndexByte(folder, '/')+1] + name + ".jsonl"
	about, err := store.Stat(ctx, blob.Name{Bucket: n.Bucket, Key: input})
	if err != nil {
		about = blob.Object{} // the input may be elsewhere: then rows are chat's
	}
	return bedrockResults(about)
}

// bedrockResults reads output of a job whose input is known.
func bedrockResults(input blob.Object) *results {
	d, err := dialectOf(cmp.Or(input.Meta["endpoint"], chatEndpoint))
	if err != nil {
		d = dialects[chatEndpoint]
	}
	return &results{read: bedrockResult, codec: bedrock.Codec{}.Raw(nil), client: d, provider: "bedrock", model: input.Meta["model"]}
}

func bedrockResult(line []byte) (result, error) {
	ms, err := json.Pick(line, "recordId", "modelOutput", "error")
	if err != nil {
		return result{}, err
	}
	r := result{id: json.Unquote(ms[0]), answer: ms[1]}
	if ms[2].Kind() == '{' {
		r.code, r.fault = string(json.Lookup(ms[2], "errorCode")), cmp.Or(json.Unquote(json.Lookup(ms[2], "errorMessage")), string(ms[2]))
	}
	return r, nil
}

// send asks the control plane.
func (c *bedrockCall) send(ctx context.Context, method, path string, query url.Values, body []byte) (json.Object, error) {
	resp, err := c.aws.Control(ctx, c.target.Settings, method, path, query, body)
	if err != nil {
		return nil, err
	}
	return read(resp, "bedrock")
}
