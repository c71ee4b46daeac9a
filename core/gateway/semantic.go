package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"sluice/core"
	"sluice/core/cache"
	"sluice/core/cache/semantic"
	"sluice/core/dialect/embed"
	"sluice/core/dialect/openaichat"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/route"
)

// meaning is what [Config.Semantic] says.
type meaning struct {
	Model      string  // that embeds
	Dimensions int64   // of its vectors; 0: its own
	Threshold  float64 // the least cosine
	Timeout    float64 // of a look-up, in milliseconds
	target     string  // all other members: a config with one target
	provider   string
}

func parseMeaning(text string) (m meaning, err error) {
	members, err := json.Members([]byte(text))
	if err != nil {
		return m, err
	}
	var target json.Object
	for _, one := range members {
		switch one.Name {
		case "model":
			m.Model = json.Unquote(one.Value)
		case "dimensions":
			err = json.Unmarshal(one.Value, &m.Dimensions)
		case "threshold":
			err = json.Unmarshal(one.Value, &m.Threshold)
		case "timeout":
			err = json.Unmarshal(one.Value, &m.Timeout)
		default:
			target.Add(one.Name, one.Value)
		}
		if err != nil {
			return m, fmt.Errorf("%s: %w", one.Name, err)
		}
	}
	m.target, m.provider = string(target.Value()), json.Unquote(target.Get("provider"))
	return m, m.check()
}

func (m *meaning) check() error {
	switch {
	case m.provider == "" || m.Model == "":
		return errors.New("it needs a provider and a model")
	case m.Dimensions < 0 || m.Dimensions > semantic.MaxDimensions:
		return fmt.Errorf("dimensions must be from 1 to %d", semantic.MaxDimensions)
	case m.Threshold < 0 || m.Threshold > 1:
		return errors.New("threshold must be from 0 to 1")
	case m.Timeout < 0 || m.Timeout > 10_000:
		return errors.New("timeout must be from 1 to 10000 milliseconds")
	}
	return nil
}

// similar is the index of the semantic cache, nil if none is wanted.
func (c Config) similar(env route.Env) (cache.Similar, error) {
	if c.Semantic == "" {
		return nil, nil
	}
	m, err := parseMeaning(c.Semantic)
	if err != nil {
		return nil, err
	}
	if c.Vectors == nil && c.Data == nil {
		return nil, errors.New("there is no table for its vectors")
	}
	env.DefaultConfig, env.Around = m.target, nil // its credentials are the operator's
	h, err := route.NewRouter(env).Handler(m.target, "")
	if err != nil {
		return nil, err
	}
	f := &semantic.Finder{
		Embedder: &embedder{h, m.Model, m.Dimensions},
		Model:    m.provider + "/" + m.Model + "/" + strconv.FormatInt(m.Dimensions, 10),
		Index:    c.Vectors, Least: m.Threshold, Limit: time.Duration(m.Timeout * float64(time.Millisecond)), Log: c.log(),
	}
	if f.Index == nil {
		f.Index = semantic.NewTable(c.Data, 0)
	}
	return f, nil
}

// An embedder asks a target for embeddings as a client would.
type embedder struct {
	handler    core.Handler
	model      string
	dimensions int64
}

// Embed implements [semantic.Embedder]. The bill is the one of an attempt that
// stands beside those at the request's own targets.
func (e *embedder) Embed(ctx context.Context, c *core.Call, text string) ([]float32, error) {
	began := time.Now()
	reply, err := e.handler.Handle(ctx, e.call(c, text))
	if err != nil {
		return nil, err
	}
	defer reply.Close()
	c.Trace.Add(core.Attempt{
		Option: "cache", Provider: reply.Provider, Model: cmp.Or(reply.Model, e.model), Status: reply.Status, Took: time.Since(began),
		Bill: &core.Bill{Usage: reply.Usage(), Others: reply.Others, Region: reply.Region},
	})
	answer, err := embed.DecodeResponse(reply.Body())
	switch {
	case err != nil:
		return nil, err
	case len(answer.Vectors) != 1:
		return nil, llm.Errorf(llm.Upstream, "its answer has %d vectors for one text", len(answer.Vectors))
	}
	return answer.Vectors[0].Floats()
}

func (e *embedder) call(c *core.Call, text string) *core.Call {
	w := json.NewWriter("{")
	w.Str("model", e.model)
	w.Str("input", text)
	if e.dimensions > 0 {
		w.Int("dimensions", e.dimensions)
	}
	w.Close('}')
	return (&core.Call{
		Incoming: core.Incoming{
			Method: http.MethodPost, Path: "/v1/embeddings", Header: http.Header{"Content-Type": {"application/json"}}, Body: w.B, Model: e.model,
		},
		ID: c.ID, Operation: llm.Embed, Dialect: llm.OpenAIChat, Decoder: openaichat.Codec{}, Principal: c.Principal, Parent: c.Parent,
	}).Prepare()
}
