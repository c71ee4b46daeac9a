package anthropic

import (
	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// DecodeRequest reads a Messages request. A wrong type is an [llm.Error] of
// kind BadRequest that names the place. A missing max_tokens is not: the
// upstream may be of another dialect, which can do without.
func (Codec) DecodeRequest(in core.Incoming) (*llm.Request, error) {
	var w incoming
	if err := json.Unmarshal(in.Body, &w); err != nil {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "the body is not a JSON object", Err: err}
	}
	var d reader
	var root path
	r := &llm.Request{Model: d.str(&root, "model", w.Model)}
	if r.Model == "" {
		r.Model = in.Model
	}
	r.Turns = append(d.system(w.System), d.turns(w.Messages)...)
	r.Tools = d.tools(w.Tools)
	d.sampling(r, &w)
	d.output(r, &w)
	d.rest(r, &w)
	if stream := d.bool(&root, "stream", w.Stream); stream != nil {
		r.Stream = *stream
	}
	if d.err != nil {
		return nil, d.err
	}
	return r, nil
}

// system reads the instructions in front, which may be a text or blocks.
func (d *reader) system(v json.Value) []llm.Turn {
	at := path{name: "system"}
	parts := d.content(&at, v)
	if parts == nil {
		return nil
	}
	return []llm.Turn{{Role: llm.System, Parts: parts}}
}

func (d *reader) turns(v json.Value) []llm.Turn {
	at := path{name: "messages"}
	in := list[messageIn](d, &at, v)
	if len(in) == 0 {
		d.failf(&at, "at least one message is required")
		return nil
	}
	turns := make([]llm.Turn, len(in))
	for i := range in {
		here := at.at(i)
		turns[i] = d.turn(&here, &in[i])
	}
	return turns
}

func (d *reader) turn(p *path, m *messageIn) llm.Turn {
	t := llm.Turn{Role: llm.Role(d.str(p, "role", m.Role)), Native: llm.NativeOf(llm.Anthropic, m.Rest)}
	switch t.Role {
	case llm.User, llm.Assistant, llm.System:
	default:
		at := p.member("role")
		d.fail(&at, `"user", "assistant" or "system"`)
	}
	at := p.member("content")
	if absent(m.Content) {
		d.failf(&at, "field required")
	}
	t.Parts = d.content(&at, m.Content)
	return t
}

func (d *reader) sampling(r *llm.Request, w *incoming) {
	var root path
	r.MaxTokens = d.int(&root, "max_tokens", w.MaxTokens)
	if r.MaxTokens != nil && *r.MaxTokens < 0 { // 0 fills the prompt cache and generates nothing
		at := path{name: "max_tokens"}
		d.failf(&at, "must not be negative")
	}
	r.Temperature = d.number(&root, "temperature", w.Temperature)
	r.TopP = d.number(&root, "top_p", w.TopP)
	r.TopK = d.int(&root, "top_k", w.TopK)
	r.Stop = d.strings("stop_sequences", w.StopSequences)
	r.ServiceTier = d.str(&root, "service_tier", w.ServiceTier)
	r.Cache = d.cache(&root, w.CacheControl)
	d.toolChoice(r, w.ToolChoice)
}

func (d *reader) strings(name string, v json.Value) []string {
	if absent(v) {
		return nil
	}
	at := path{name: name}
	es, err := json.Elements(v)
	if err != nil {
		d.fail(&at, "an array")
		return nil
	}
	out := make([]string, len(es))
	for i, e := range es {
		if e.Kind() != '"' {
			here := at.at(i)
			d.fail(&here, "a string")
		}
		out[i] = json.Unquote(e)
	}
	return out
}

// output reads thinking, effort and the form of the answer.
func (d *reader) output(r *llm.Request, w *incoming) {
	var root path
	var t thinking
	if d.object(&root, "thinking", w.Thinking, &t) {
		r.Reasoning = d.thinking(&t)
	}
	var c outputConfig
	if d.object(&root, "output_config", w.OutputConfig, &c) {
		at := path{name: "output_config"}
		r.Reasoning.Effort = d.str(&at, "effort", c.Effort)
		d.format(r, &c)
		if len(c.Rest) > 0 || c.Format != nil {
			c.Effort = nil
			w.addRest("output_config", marshal(c))
		}
	}
	if !absent(w.OutputFormat) {
		c := outputConfig{Format: w.OutputFormat}
		d.format(r, &c)
		if c.Format != nil {
			w.addRest("output_format", w.OutputFormat)
		}
	}
}

// thinking reads the mode of thinking. One that only this dialect has, such
// as between_tools, is residue as a whole.
func (d *reader) thinking(t *thinking) llm.Thinking {
	at := path{name: "thinking"}
	mode := llm.ThinkingMode(d.str(&at, "type", t.Type))
	out := llm.Thinking{
		Mode:    mode,
		Budget:  d.int(&at, "budget_tokens", t.Budget),
		Summary: d.str(&at, "display", t.Display),
		Native:  llm.NativeOf(llm.Anthropic, t.Rest),
	}
	switch mode {
	case llm.ThinkingOn, llm.ThinkingOff, llm.ThinkingAdaptive:
		return out
	}
	return llm.Thinking{Native: llm.NativeOf(llm.Anthropic, marshal(*t))}
}

// format reads output_config.format. A format without a canonical word stays
// in c.
func (d *reader) format(r *llm.Request, c *outputConfig) {
	at := path{name: "output_config"}
	var f outputFormat
	if !d.object(&at, "format", c.Format, &f) {
		c.Format = nil
		return
	}
	if json.Unquote(f.Type) != "json_schema" {
		return
	}
	c.Format = nil
	r.Output = llm.Output{Kind: llm.OutputSchema, Schema: f.Schema.Clone(), Native: llm.NativeOf(llm.Anthropic, f.Rest)}
}

// rest reads what is left at the top level.
func (d *reader) rest(r *llm.Request, w *incoming) {
	var root path
	var m metadata
	if d.object(&root, "metadata", w.Metadata, &m) {
		at := path{name: "metadata"}
		r.User = d.str(&at, "user_id", m.UserID)
		if len(m.Rest) > 0 {
			w.addRest("metadata", m.Rest)
		}
	}
	r.Native = llm.NativeOf(llm.Anthropic, w.Rest)
	r.Native.Dialect = llm.Anthropic // also without residue: see the package comment
}

// addRest puts a member to the residue.
func (w *incoming) addRest(name string, v json.Value) {
	object := w.Rest
	if len(object) == 0 {
		object = json.Value("{}")
	}
	with, err := json.Splice(object, json.Edit{Name: name, Value: v})
	if err == nil {
		w.Rest = with
	}
}
