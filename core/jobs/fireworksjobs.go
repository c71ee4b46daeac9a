package jobs

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func (c *fireworksCall) batches(ctx context.Context) (*core.Reply, error) {
	const jobs = "/batchInferenceJobs"
	one := jobs + "/" + url.PathEscape(c.ID)
	switch f := c.Function(); {
	case f == "createBatch":
		return c.createBatch(ctx)
	case f == "listBatches":
		return listPages(ctx, c.request, c.send, jobs, url.Values{"pageSize": {"100"}}, "batchInferenceJobs", fireworksBatch)
	case f != "retrieveBatch" && !(f == "getBatchOutput" && c.Sub == "output"):
		return nil, c.Unsupported("fireworks-ai")
	}
	job, err := c.send(ctx, http.MethodGet, one, nil, nil)
	if err != nil {
		return nil, err
	}
	b := fireworksBatch(job)
	switch {
	case c.Sub == "":
		return answer(b.json()), nil
	case b.output == "":
		return nil, noOutput(b)
	}
	return c.content(ctx, b.output)
}

func (c *fireworksCall) createBatch(ctx context.Context) (*core.Reply, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	input, err := required(o, "input_file_id")
	if err != nil {
		return nil, err
	}
	model, err := required(o, "model")
	if err != nil {
		return nil, err
	}
	w := json.NewWriter("{")
	w.Str("model", model)
	w.Str("inputDatasetId", c.resource("datasets", input))
	w.Raw("displayName", o.Get("job_name"))
	w.Raw("inferenceParameters", o.Get("inference_parameters"))
	w.Close('}')
	job, err := c.send(ctx, http.MethodPost, "/batchInferenceJobs", nil, w.B)
	if err != nil {
		return nil, err
	}
	reply := answer(fireworksBatch(job).json())
	reply.Dropped = given(o, "metadata", "output_expires_after")
	return reply, nil
}

// resource is the whole name of something of the account.
func (c *fireworksCall) resource(kind, id string) string {
	if strings.HasPrefix(id, "accounts/") {
		return id
	}
	return "accounts/" + c.option("fireworks_account_id") + "/" + kind + "/" + id
}

// fireworksStatus are OpenAI's words for a job's state, of batches; of
// fine-tuning some differ.
var fireworksStatus = map[string]string{
	"JOB_STATE_CREATING": "validating", "JOB_STATE_VALIDATING": "validating", "JOB_STATE_PENDING": "validating", "JOB_STATE_RUNNING": "in_progress",
	"JOB_STATE_WRITING_RESULTS": "finalizing", "JOB_STATE_COMPLETED": "completed", "JOB_STATE_FAILED": "failed", "JOB_STATE_EXPIRED": "expired",
	"JOB_STATE_DELETING": "cancelling", "JOB_STATE_CANCELLED": "cancelled", "JOB_STATE_CANCELLING": "cancelling",
}

func fireworksBatch(job json.Object) batch {
	progress := json.ObjectOf(job.Get("jobProgress"))
	b := batch{
		id: base(json.Unquote(job.Get("name"))), endpoint: chatEndpoint, model: json.Unquote(job.Get("model")),
		input: base(json.Unquote(job.Get("inputDatasetId"))), status: cmp.Or(fireworksStatus[json.Unquote(job.Get("state"))], "validating"),
		created: seconds(job.Get("createTime")), total: number(progress.Get("totalInputRequests")),
		done: number(progress.Get("successfullyProcessedRequests")), failed: number(progress.Get("failedRequests")),
	}
	if b.status == "completed" {
		b.output, b.ended = base(json.Unquote(job.Get("outputDatasetId"))), seconds(job.Get("updateTime"))
	}
	if b.status == "failed" {
		b.fault = json.Unquote(json.Lookup(job.Get("status"), "message"))
	}
	return b
}

func (c *fireworksCall) tunings(ctx context.Context) (*core.Reply, error) {
	const jobs = "/supervisedFineTuningJobs"
	one := jobs + "/" + url.PathEscape(c.ID)
	switch f := c.Function(); {
	case f == "createFinetune":
		return c.createTuning(ctx)
	case f == "listFinetunes":
		return listPages(ctx, c.request, c.send, jobs, url.Values{"pageSize": {"100"}}, "supervisedFineTuningJobs", fireworksTuning)
	case f != "retrieveFinetune" && f != "cancelFinetune", c.Sub != "" && c.Sub != "cancel":
		return nil, llm.Errorf(llm.Unsupported, "%s is not supported by fireworks-ai", strings.TrimPrefix(c.call.Rest, "/"))
	}
	job, err := c.send(ctx, http.MethodGet, one, nil, nil)
	if err != nil {
		return nil, err
	}
	t := fireworksTuning(job)
	if c.Sub == "cancel" { // a job is canceled by deleting it
		if _, err := c.send(ctx, http.MethodDelete, one, nil, nil); err != nil {
			return nil, err
		}
		t.status = "cancelled"
	}
	return answer(t.json()), nil
}

// fireworksHyper are the members of a job for OpenAI's hyperparameters. Its
// rate is not a multiplier: that one is not carried.
var fireworksHyper = map[string]string{"n_epochs": "epochs", "learning_rate": "learningRate", "lora_rank": "loraRank", "batch_size": "batchSize"}

func (c *fireworksCall) createTuning(ctx context.Context) (*core.Reply, error) {
	order, err := c.tuningOrder()
	if err != nil {
		return nil, err
	}
	body, left := c.tuningBody(&order)
	job, err := c.send(ctx, http.MethodPost, "/supervisedFineTuningJobs", nil, body)
	if err != nil {
		return nil, err
	}
	reply := answer(fireworksTuning(job).json())
	reply.Dropped = append(order.dropped(), left...)
	return reply, nil
}

// tuningBody writes the job. Hyperparameters that are left have no name there.
func (c *fireworksCall) tuningBody(order *tuningOrder) (body []byte, left []string) {
	w := json.NewWriter("{")
	w.Str("baseModel", order.model)
	w.Str("dataset", c.resource("datasets", order.training))
	if order.validation != "" {
		w.Str("evaluationDataset", c.resource("datasets", order.validation))
	}
	if order.suffix != "" {
		w.Str("outputModel", c.resource("models", order.suffix))
	}
	for _, m := range json.ObjectOf(order.hyper) {
		if name, known := fireworksHyper[m.Name]; known && m.Value.Kind() == '0' {
			w.Raw(name, m.Value)
		} else if m.Value.Kind() == '0' {
			left = append(left, "hyperparameters."+m.Name)
		}
	}
	w.Close('}')
	return w.B, left
}

func fireworksTuning(job json.Object) tuning {
	state := json.Unquote(job.Get("state"))
	status := map[string]string{"completed": "succeeded", "in_progress": "running", "validating": "validating_files", "cancelling": "cancelled", "expired": "failed"}
	t := tuning{
		id: base(json.Unquote(job.Get("name"))), model: json.Unquote(job.Get("baseModel")),
		training: base(json.Unquote(job.Get("dataset"))), validation: base(json.Unquote(job.Get("evaluationDataset"))),
		created: seconds(job.Get("createTime")), ended: seconds(job.Get("completedTime")),
		status: cmp.Or(status[fireworksStatus[state]], fireworksStatus[state], "queued"),
	}
	if t.status == "succeeded" {
		t.result = json.Unquote(job.Get("outputModel"))
	}
	if t.status == "failed" {
		t.fault = json.Unquote(json.Lookup(job.Get("status"), "message"))
	}
	hyper := json.NewWriter("{")
	for _, name := range []string{"n_epochs", "learning_rate", "lora_rank", "batch_size"} {
		hyper.Raw(name, job.Get(fireworksHyper[name]))
	}
	hyper.Close('}')
	t.hyper = hyper.B
	return t
}
