package jobs

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sluice/core"
	"sluice/core/internal/blob"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func (c *bedrockCall) batches(ctx context.Context) (*core.Reply, error) {
	switch f := c.Function(); {
	case f == "createBatch":
		return c.createBatch(ctx)
	case f == "listBatches":
		return c.listBatches(ctx)
	case f == "retrieveBatch":
		b, _, err := c.job(ctx)
		if err != nil {
			return nil, err
		}
		return answer(b.json()), nil
	case f == "cancelBatch" && c.Sub == "cancel":
		if _, err := c.send(ctx, http.MethodPost, c.jobPath()+"/stop", nil, nil); err != nil {
			return nil, err
		}
		b, _, err := c.job(ctx)
		if err != nil {
			return nil, err
		}
		return answer(b.json()), nil
	case f == "getBatchOutput" && c.Sub == "output":
		return c.batchOutput(ctx)
	}
	return nil, c.Unsupported("bedrock")
}

// arn is the id of a job, however often it was escaped.
func arn(id string) string {
	for range 2 {
		if plain, err := url.PathUnescape(id); err == nil {
			id = plain
		}
	}
	return id
}

func (c *bedrockCall) jobPath() string {
	return "/model-invocation-job/" + url.PathEscape(arn(c.ID))
}

func (c *bedrockCall) job(ctx context.Context) (batch, json.Object, error) {
	job, err := c.send(ctx, http.MethodGet, c.jobPath(), nil, nil)
	if err != nil {
		return batch{}, nil, err
	}
	return bedrockBatch(job), job, nil
}

// createBatch makes a job of an uploaded file. The model is that of its rows,
// which the upload has noted, unless the client names one.
func (c *bedrockCall) createBatch(ctx context.Context) (*core.Reply, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	id, err := required(o, "input_file_id")
	if err != nil {
		return nil, err
	}
	role, err := c.role(o)
	if err != nil {
		return nil, err
	}
	input, about, err := c.input(ctx, id)
	if err != nil {
		return nil, err
	}
	model := cmp.Or(json.Unquote(o.Get("model")), c.option("aws_bedrock_model"), about.Meta["model"])
	if model == "" {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "Model is required: name it in the body, or in the header x-portkey-provider-model", Param: "model"}
	}
	job, err := c.send(ctx, http.MethodPost, "/model-invocation-job", nil, c.jobBody(o, input, about, model, role))
	if err != nil {
		return nil, err
	}
	b := batch{
		id: url.QueryEscape(json.Unquote(job.Get("jobArn"))), input: input.ID(s3Scheme), status: "validating", model: model,
		endpoint: cmp.Or(json.Unquote(o.Get("endpoint")), about.Meta["endpoint"]), created: time.Now().Unix(),
	}
	reply := answer(b.json())
	reply.Dropped = given(o, "metadata", "output_expires_after")
	return reply, nil
}

// role is what a job runs with: as the client says; where the operator's
// credentials are used, as the operator does, if there is a word on it.
func (c *bedrockCall) role(o json.Object) (string, error) {
	named, own := json.Unquote(o.Get("role_arn")), c.option("aws_batch_role_arn")
	s, err := c.shelf()
	if err != nil {
		return "", err
	}
	if s.prefix != "" {
		if !c.target.Lent { // the process lends, and what else is said is the client's
			named, own = cmp.Or(named, own), c.lent
		}
		if err := notLent(o, "output_data_config", "output_file"); err != nil {
			return "", err
		}
		if named != "" && own != "" && named != own {
			return "", &llm.Error{Kind: llm.Forbidden, Message: "role_arn is the operator's to say where the credentials are the operator's", Param: "role_arn"}
		}
	}
	if named = cmp.Or(named, own); named == "" {
		return "", &llm.Error{Kind: llm.BadRequest, Message: "role_arn is required: the role with which Bedrock reads the file and writes the results", Param: "role_arn"}
	}
	return named, nil
}

// given lists the members that a client sent and nobody takes.
func given(o json.Object, names ...string) []string {
	var out []string
	for _, n := range names {
		if o.Has(n) && !o.IsNull(n) {
			out = append(out, n)
		}
	}
	return out
}

// input finds an uploaded file and what was noted of it.
func (c *bedrockCall) input(ctx context.Context, id string) (blob.Name, blob.Object, error) {
	s, err := c.shelf()
	if err != nil {
		return blob.Name{}, blob.Object{}, err
	}
	n, err := s.find(id)
	if err != nil {
		return n, blob.Object{}, err
	}
	about, err := s.store.Stat(ctx, n)
	return n, about, err
}

// jobBody asks for Converse rows where the file was rewritten here; a file of
// the client's own making is in the form of InvokeModel, unless it says so.
func (c *bedrockCall) jobBody(o json.Object, input blob.Name, about blob.Object, model, role string) []byte {
	folder := input
	folder.Key = input.Key[:strings.LastIndexByte(input.Key, '/')+1]
	form := "InvokeModel"
	if about.Meta["purpose"] == forBatch && about.Meta["model"] != "" {
		form = "Converse"
	}
	w := json.NewWriter("{")
	w.Str("jobName", cmp.Or(json.Unquote(o.Get("job_name")), "sluice-batch-"+strings.ToLower(rand.Text())))
	w.Str("clientRequestToken", cmp.Or(c.call.Header.Get("Idempotency-Key"), rand.Text()))
	w.Str("modelId", model)
	w.Str("roleArn", role)
	w.Str("modelInvocationType", cmp.Or(json.Unquote(o.Get("model_invocation_type")), form))
	w.Raw("inputDataConfig", json.Join(nil, json.Named("s3InputDataConfig", s3Location(input.URL(s3Scheme), ""))))
	output := o.Get("output_data_config")
	if output == nil {
		key := c.option("aws_server_side_encryption_kms_key_id")
		output = json.Join(nil, json.Named("s3OutputDataConfig", s3Location(folder.URL(s3Scheme), key)))
	}
	w.Raw("outputDataConfig", output)
	w.Raw("timeoutDurationInHours", o.Get("timeout_duration_in_hours"))
	w.Close('}')
	return w.B
}

func s3Location(uri, kmsKey string) json.Value {
	w := json.NewWriter("{")
	w.Str("s3Uri", uri)
	w.StrIf("s3EncryptionKeyId", kmsKey)
	w.Close('}')
	return w.B
}

// bedrockStatus are OpenAI's words for a job's status.
var bedrockStatus = map[string]string{
	"Submitted": "validating", "Validating": "validating", "Scheduled": "in_progress", "InProgress": "in_progress",
	"Completed": "completed", "PartiallyCompleted": "completed", "Failed": "failed", "Expired": "expired",
	"Stopping": "cancelling", "Stopped": "cancelled",
}

func bedrockBatch(job json.Object) batch {
	input := json.Unquote(json.Lookup(job.Get("inputDataConfig"), "s3InputDataConfig", "s3Uri"))
	status := json.Unquote(job.Get("status"))
	b := batch{
		id: url.QueryEscape(json.Unquote(job.Get("jobArn"))), endpoint: chatEndpoint, input: url.QueryEscape(input),
		status: cmp.Or(bedrockStatus[status], strings.ToLower(status)), model: json.Unquote(job.Get("modelId")),
		created: seconds(job.Get("submitTime")), ended: seconds(job.Get("endTime")), expires: seconds(job.Get("jobExpirationTime")),
		total: number(job.Get("totalRecordCount")), done: number(job.Get("successRecordCount")), failed: number(job.Get("errorRecordCount")),
	}
	if b.status == "completed" {
		b.output = bedrockOutput(job, input).ID(s3Scheme)
	}
	if m := json.Unquote(job.Get("message")); m != "" && b.status != "completed" {
		b.fault = m
	}
	return b
}

// bedrockOutput is the file with the results: the input's name with .out, in
// a folder with the job's id.
func bedrockOutput(job json.Object, input string) blob.Name {
	folder := json.Unquote(json.Lookup(job.Get("outputDataConfig"), "s3OutputDataConfig", "s3Uri"))
	if !strings.HasSuffix(folder, "/") {
		folder += "/"
	}
	n, _ := blob.Parse(s3Scheme, folder+base(json.Unquote(job.Get("jobArn")))+"/"+base(input)+".out")
	return n
}

func number(v json.Value) int64 {
	var n int64
	if json.Unmarshal(v, &n) != nil {
		return 0
	}
	return n
}

func (c *bedrockCall) listBatches(ctx context.Context) (*core.Reply, error) {
	return listPages(ctx, c.request, c.send, "/model-invocation-jobs", nil, "invocationJobSummaries", bedrockBatch)
}

// batchOutput gives the results of a job in the form of its rows.
func (c *bedrockCall) batchOutput(ctx context.Context) (*core.Reply, error) {
	b, job, err := c.job(ctx)
	if err != nil {
		return nil, err
	}
	if b.output == "" {
		return nil, noOutput(b)
	}
	s, err := c.shelf()
	if err != nil {
		return nil, err
	}
	input, _ := blob.Parse(s3Scheme, b.input)
	about, err := s.store.Stat(ctx, input)
	if err != nil {
		about = blob.Object{}
	}
	out := bedrockResults(about)
	out.model = cmp.Or(out.model, b.model)
	s.output = func(context.Context, blob.Name) (*results, error) { return out, nil }
	n, err := s.find(bedrockOutput(job, json.Unquote(json.Lookup(job.Get("inputDataConfig"), "s3InputDataConfig", "s3Uri"))).URL(s3Scheme))
	if err != nil {
		return nil, err
	}
	return s.content(ctx, n)
}

// noOutput says why a batch has no results.
func noOutput(b batch) *llm.Error {
	message := "the batch has no output: its status is " + b.status
	if b.fault != "" {
		message += ", and it says: " + b.fault
	}
	return &llm.Error{Kind: llm.BadRequest, Status: http.StatusConflict, Message: message, Code: "batch_without_output"}
}
