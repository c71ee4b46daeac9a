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

func (c *vertexCall) tunings(ctx context.Context) (*core.Reply, error) {
	const jobs = "/tuningJobs"
	one := jobs + "/" + url.PathEscape(c.ID)
	switch f := c.Function(); {
	case f == "createFinetune":
		return c.createTuning(ctx)
	case f == "listFinetunes":
		return listPages(ctx, c.request, c.send, jobs, url.Values{"pageSize": {"100"}}, "tuningJobs", vertexTuning)
	case f == "cancelFinetune" && c.Sub == "cancel":
		if _, err := c.send(ctx, http.MethodPost, one+":cancel", nil, []byte("{}")); err != nil {
			return nil, err
		}
	case f != "retrieveFinetune" || c.Sub != "":
		return nil, llm.Errorf(llm.Unsupported, "%s is not supported by vertex-ai", strings.TrimPrefix(c.call.Rest, "/"))
	}
	job, err := c.send(ctx, http.MethodGet, one, nil, nil)
	if err != nil {
		return nil, err
	}
	return answer(vertexTuning(job).json()), nil
}

func (c *vertexCall) createTuning(ctx context.Context) (*core.Reply, error) {
	order, err := c.tuningOrder()
	if err != nil {
		return nil, err
	}
	body, left, err := c.tuningBody(&order)
	if err != nil {
		return nil, err
	}
	job, err := c.send(ctx, http.MethodPost, "/tuningJobs", nil, body)
	if err != nil {
		return nil, err
	}
	reply := answer(vertexTuning(job).json())
	reply.Dropped = append(order.dropped(), left...)
	return reply, nil
}

// tuningBody writes the job. Hyperparameters that are left have no name there.
func (c *vertexCall) tuningBody(order *tuningOrder) (body []byte, left []string, err error) {
	s, err := c.shelf()
	if err != nil {
		return nil, nil, err
	}
	w := json.NewWriter("{")
	w.Str("baseModel", order.model)
	w.StrIf("tunedModelDisplayName", order.suffix)
	w.Open("supervisedTuningSpec", '{')
	for _, f := range [][2]string{{"trainingDatasetUri", order.training}, {"validationDatasetUri", order.validation}} {
		if f[1] == "" {
			continue
		}
		n, err := s.find(f[1])
		if err != nil {
			return nil, nil, err
		}
		w.Str(f[0], n.URL(gsScheme))
	}
	w.Open("hyperParameters", '{')
	for _, m := range json.ObjectOf(order.hyper) {
		name, known := vertexHyper[m.Name]
		switch {
		case !known:
			left = append(left, "hyperparameters."+m.Name)
		case m.Value.Kind() == '0':
			w.Raw(name, m.Value)
		}
	}
	w.B = append(w.B, "}}}"...)
	return w.B, left, nil
}

// vertexHyper are Google's names of hyperparameters.
//
// https://cloud.google.com/vertex-ai/generative-ai/docs/models/tune-function-calling
var vertexHyper = map[string]string{"n_epochs": "epochCount", "learning_rate_multiplier": "learningRateMultiplier", "adapter_size": "adapterSize"}

// vertexTuningStatus are OpenAI's words for a job's state.
var vertexTuningStatus = map[string]string{
	"JOB_STATE_QUEUED": "queued", "JOB_STATE_PENDING": "queued", "JOB_STATE_PAUSED": "queued", "JOB_STATE_RUNNING": "running",
	"JOB_STATE_UPDATING": "running", "JOB_STATE_SUCCEEDED": "succeeded", "JOB_STATE_PARTIALLY_SUCCEEDED": "succeeded",
	"JOB_STATE_FAILED": "failed", "JOB_STATE_EXPIRED": "failed", "JOB_STATE_CANCELLING": "cancelled", "JOB_STATE_CANCELLED": "cancelled",
}

func vertexTuning(job json.Object) tuning {
	spec := json.ObjectOf(job.Get("supervisedTuningSpec"))
	file := func(name string) string { return url.QueryEscape(json.Unquote(spec.Get(name))) }
	hyper := json.NewWriter("{")
	for _, m := range json.ObjectOf(spec.Get("hyperParameters")) {
		name := m.Name
		for openAI, google := range vertexHyper {
			if google == m.Name {
				name = openAI
			}
		}
		if text := json.Unquote(m.Value); m.Value.Kind() == '"' && json.Valid([]byte(text)) {
			m.Value = json.Value(text) // int64 are texts
		}
		hyper.Raw(name, m.Value)
	}
	hyper.Close('}')
	return tuning{
		id: base(json.Unquote(job.Get("name"))), model: json.Unquote(job.Get("baseModel")),
		result:   cmp.Or(json.Unquote(json.Lookup(job.Get("tunedModel"), "endpoint")), json.Unquote(json.Lookup(job.Get("tunedModel"), "model"))),
		status:   cmp.Or(vertexTuningStatus[json.Unquote(job.Get("state"))], "queued"),
		fault:    json.Unquote(json.Lookup(job.Get("error"), "message")),
		training: file("trainingDatasetUri"), validation: file("validationDatasetUri"),
		created: seconds(job.Get("createTime")), ended: seconds(job.Get("endTime")), hyper: hyper.B,
	}
}
