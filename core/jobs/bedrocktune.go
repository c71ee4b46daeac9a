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
	"sluice/core/dialect/bedrock"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func (c *bedrockCall) tunings(ctx context.Context) (*core.Reply, error) {
	const jobs = "/model-customization-jobs"
	one := jobs + "/" + url.PathEscape(arn(c.ID))
	switch f := c.Function(); {
	case f == "createFinetune":
		return c.createTuning(ctx)
	case f == "listFinetunes":
		return listPages(ctx, c.request, c.send, jobs, nil, "modelCustomizationJobSummaries", bedrockTuning)
	case f == "cancelFinetune" && c.Sub == "cancel":
		if _, err := c.send(ctx, http.MethodPost, one+"/stop", nil, nil); err != nil {
			return nil, err
		}
	case f != "retrieveFinetune" || c.Sub != "":
		return nil, llm.Errorf(llm.Unsupported, "%s is not supported by bedrock", strings.TrimPrefix(c.call.Rest, "/"))
	}
	job, err := c.send(ctx, http.MethodGet, one, nil, nil)
	if err != nil {
		return nil, err
	}
	return answer(bedrockTuning(job).json()), nil
}

func (c *bedrockCall) createTuning(ctx context.Context) (*core.Reply, error) {
	order, err := c.tuningOrder()
	if err != nil {
		return nil, err
	}
	body, err := c.tuningBody(&order)
	if err != nil {
		return nil, err
	}
	job, err := c.send(ctx, http.MethodPost, "/model-customization-jobs", nil, body)
	if err != nil {
		return nil, err
	}
	t := tuning{
		id: url.QueryEscape(json.Unquote(job.Get("jobArn"))), model: order.model, status: "queued", created: time.Now().Unix(),
		training: order.training, validation: order.validation, hyper: order.hyper,
	}
	reply := answer(t.json())
	reply.Dropped = order.dropped()
	return reply, nil
}

func (c *bedrockCall) tuningBody(order *tuningOrder) ([]byte, error) {
	role, err := c.role(order.object)
	if err != nil {
		return nil, err
	}
	s, err := c.shelf()
	if err != nil {
		return nil, err
	}
	input, err := s.find(order.training)
	if err != nil {
		return nil, err
	}
	name := "sluice-" + strings.ToLower(rand.Text())
	w := json.NewWriter("{")
	w.Str("jobName", cmp.Or(json.Unquote(order.object.Get("job_name")), name))
	w.Str("customModelName", cmp.Or(order.suffix, name))
	w.Str("roleArn", role)
	w.Str("baseModelIdentifier", order.model)
	w.Raw("trainingDataConfig", s3Location(input.URL(s3Scheme), ""))
	if order.validation != "" {
		check, err := s.find(order.validation)
		if err != nil {
			return nil, err
		}
		w.Raw("validationDataConfig", json.Value(`{"validators":[`+string(s3Location(check.URL(s3Scheme), ""))+`]}`))
	}
	folder := input
	folder.Key = input.Key[:strings.LastIndexByte(input.Key, '/')+1]
	w.Raw("outputDataConfig", s3Location(cmp.Or(json.Unquote(order.object.Get("output_file")), folder.URL(s3Scheme)), ""))
	w.Raw("hyperParameters", bedrockHyper(order.hyper, order.model))
	w.Close('}')
	return w.B, nil
}

// bedrockHyper has texts for numbers. Only Claude knows a multiplier; all
// others call it a rate.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/custom-models-hp.html
func bedrockHyper(hyper json.Value, model string) json.Value {
	names := map[string]string{"n_epochs": "epochCount", "batch_size": "batchSize", "learning_rate_multiplier": "learningRate"}
	if bedrock.IsClaude(model) {
		names["learning_rate_multiplier"] = "learningRateMultiplier"
	}
	w := json.NewWriter("{")
	for _, m := range json.ObjectOf(hyper) {
		text := string(m.Value)
		if m.Value.Kind() == '"' {
			text = json.Unquote(m.Value)
		}
		if text != "auto" && m.Value.Kind() != 'n' { // the default of the model
			w.Str(cmp.Or(names[m.Name], m.Name), text)
		}
	}
	w.Close('}')
	return w.B
}

// tuningStatus are OpenAI's words for a job's status.
var tuningStatus = map[string]string{
	"InProgress": "running", "Completed": "succeeded", "Failed": "failed", "Stopping": "cancelled", "Stopped": "cancelled",
}

func bedrockTuning(job json.Object) tuning {
	file := func(uri json.Value) string { return url.QueryEscape(json.Unquote(uri)) }
	status := json.Unquote(job.Get("status"))
	t := tuning{
		id: url.QueryEscape(json.Unquote(job.Get("jobArn"))), model: json.Unquote(job.Get("baseModelArn")),
		result: cmp.Or(json.Unquote(job.Get("outputModelArn")), json.Unquote(job.Get("customModelArn"))),
		status: cmp.Or(tuningStatus[status], strings.ToLower(status)), fault: json.Unquote(job.Get("failureMessage")),
		training: file(json.Lookup(job.Get("trainingDataConfig"), "s3Uri")),
		created:  seconds(job.Get("creationTime")), ended: seconds(job.Get("endTime")),
	}
	if checks, err := json.Elements(json.Lookup(job.Get("validationDataConfig"), "validators")); err == nil && len(checks) > 0 {
		t.validation = file(json.Lookup(checks[0], "s3Uri"))
	}
	t.hyper = openAIHyper(job.Get("hyperParameters"))
	return t
}

func openAIHyper(hyper json.Value) json.Value {
	names := map[string]string{
		"epochCount": "n_epochs", "batchSize": "batch_size", "learningRate": "learning_rate_multiplier", "learningRateMultiplier": "learning_rate_multiplier",
	}
	w := json.NewWriter("{")
	for _, m := range json.ObjectOf(hyper) {
		if text := json.Unquote(m.Value); json.Valid([]byte(text)) {
			w.Raw(cmp.Or(names[m.Name], m.Name), json.Value(text))
		} else {
			w.Raw(cmp.Or(names[m.Name], m.Name), m.Value)
		}
	}
	w.Close('}')
	return w.B
}
