package bedrock

import (
	"cmp"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// DecodeRequest reads the body of Converse and ConverseStream. The model and
// whether to stream are in the URL, which in has taken apart.
func (Codec) DecodeRequest(in core.Incoming) (*llm.Request, error) {
	var w request
	if err := json.Unmarshal(in.Body, &w); err != nil {
		path, what := json.Problem(err)
		return nil, &llm.Error{Kind: llm.BadRequest, Message: cmp.Or(path, "the body") + ": " + what, Param: path}
	}
	r := &llm.Request{Model: in.Model, Stream: in.Stream}
	native := json.ObjectOf(w.Rest)
	r.Turns = decodeTurns(&w)
	if err := decodeInference(r, &native, w.Inference); err != nil {
		return nil, err
	}
	decodeTools(r, &native, w.ToolConfig)
	decodeAdditional(r, &native, w.Additional)
	decodeOutput(r, &native, w.Output)
	if w.Tier != nil {
		r.ServiceTier = w.Tier.Type
		native.Add("serviceTier", w.Tier.Rest)
	}
	r.Native = llm.NativeOf(llm.Converse, native.Value())
	r.Native.Dialect = llm.Converse // also without residue: an effort means something else elsewhere
	return r, nil
}

func decodeTurns(w *request) []llm.Turn {
	var turns []llm.Turn
	if len(w.System) > 0 {
		turns = append(turns, llm.Turn{Role: llm.System, Parts: decodeBlocks(w.System)})
	}
	for _, m := range w.Messages {
		native := json.ObjectOf(m.Rest)
		if m.Role == string(llm.System) {
			native.Add("role", json.Quote(m.Role)) // most dialects cannot keep the place
		}
		turns = append(turns, llm.Turn{
			Role: llm.Role(m.Role), Parts: decodeBlocks(m.Content), Native: llm.NativeOf(llm.Converse, native.Value()),
		})
	}
	return turns
}

func decodeInference(r *llm.Request, native *json.Object, c *inference) error {
	if c == nil {
		return nil
	}
	r.MaxTokens, r.Stop = c.MaxTokens, c.Stop
	for _, n := range []struct {
		name string
		from json.Value
		to   *llm.Number
	}{{"temperature", c.Temperature, &r.Temperature}, {"topP", c.TopP, &r.TopP}} {
		switch n.from.Kind() {
		case 0, 'n':
		case '0':
			*n.to = llm.NumberOf(n.from)
		default:
			return llm.Errorf(llm.BadRequest, "inferenceConfig.%s must be a number", n.name)
		}
	}
	native.Add("inferenceConfig", c.Rest)
	return nil
}

func decodeTools(r *llm.Request, native *json.Object, c *toolConfig) {
	if c == nil {
		return
	}
	for _, t := range c.Tools {
		if n := len(r.Tools); t.CachePoint != nil && n > 0 && r.Tools[n-1].Cache == nil {
			r.Tools[n-1].Cache = decodeCache(t.CachePoint)
			continue
		}
		r.Tools = append(r.Tools, decodeTool(t))
	}
	r.ToolChoice = decodeChoice(c.Choice)
	native.Add("toolConfig", c.Rest)
}

func decodeTool(t tool) llm.Tool {
	if t.Spec == nil {
		whole := json.ValueOf(t)
		return llm.Tool{Kind: firstName(whole), Native: llm.NativeOf(llm.Converse, whole)}
	}
	s := t.Spec
	native := json.ObjectOf(s.Rest)
	out := llm.Tool{Kind: llm.FunctionTool, Name: s.Name, Description: s.Description, Strict: s.Strict}
	if s.Schema != nil {
		out.Parameters = s.Schema.JSON
		native.Add("inputSchema", s.Schema.Rest)
	}
	out.Native = llm.NativeOf(llm.Converse, native.Value())
	return out
}

func decodeChoice(c *toolChoice) llm.ToolChoice {
	switch {
	case c == nil:
		return llm.ToolChoice{}
	case c.Auto != nil:
		return llm.ToolChoice{Mode: llm.ToolAuto}
	case c.Any != nil:
		return llm.ToolChoice{Mode: llm.ToolRequired}
	case c.Tool != nil:
		return llm.ToolChoice{Mode: llm.ToolNamed, Name: c.Tool.Name, Native: llm.NativeOf(llm.Converse, c.Tool.Rest)}
	}
	return llm.ToolChoice{Native: llm.NativeOf(llm.Converse, c.Rest)}
}

// decodeAdditional takes out of additionalModelRequestFields what other
// dialects have a word for.
func decodeAdditional(r *llm.Request, native *json.Object, v json.Value) {
	fields := json.ObjectOf(v)
	if fields == nil {
		native.Add("additionalModelRequestFields", v)
		return
	}
	m := modelOf(r.Model)
	decodeKnobs(r, &fields, m.knobs())
	if m.maybeClaude() {
		decodeClaude(r, &fields, m)
	}
	native.Add("additionalModelRequestFields", fields.Value())
}

func decodeKnobs(r *llm.Request, fields *json.Object, k knobs) {
	take(fields, k.topK, func(v json.Value) bool { return setInteger(&r.TopK, v) })
	take(fields, k.seed, func(v json.Value) bool { return setInteger(&r.Seed, v) })
	take(fields, k.frequency, func(v json.Value) bool { return setNumber(&r.FrequencyPenalty, v) })
	take(fields, k.presence, func(v json.Value) bool { return setNumber(&r.PresencePenalty, v) })
	take(fields, k.effort, func(v json.Value) bool {
		s, ok := text(v)
		r.Reasoning.Effort = s
		return ok
	})
}

func setInteger(to **int64, v json.Value) bool {
	n, ok := integer(v)
	if ok {
		*to = &n
	}
	return ok
}

func setNumber(to *llm.Number, v json.Value) bool {
	*to = llm.NumberOf(v)
	return *to != ""
}

func decodeClaude(r *llm.Request, fields *json.Object, m model) {
	take(fields, "thinking", func(v json.Value) bool {
		t, ok := decodeThinking(v)
		if ok {
			r.Reasoning = t
		}
		return ok
	})
	take(fields, "metadata", func(v json.Value) bool {
		o := json.ObjectOf(v)
		id, ok := text(o.Get("user_id"))
		if ok = ok && len(o) == 1 && m.isClaude(); ok {
			r.User = id
		}
		return ok
	})
}

// decodeThinking reads Anthropic's thinking object. A mode that only Claude
// knows, such as between_tools, is residue as a whole.
func decodeThinking(v json.Value) (llm.Thinking, bool) {
	fields := json.ObjectOf(v)
	mode, ok := text(fields.Get("type"))
	if !ok {
		return llm.Thinking{}, false
	}
	t := llm.Thinking{Mode: llm.ThinkingMode(mode)}
	switch t.Mode {
	case llm.ThinkingOn, llm.ThinkingOff, llm.ThinkingAdaptive:
		fields.Remove("type")
	default:
		return llm.Thinking{Native: llm.NativeOf(llm.Converse, v)}, true
	}
	take(&fields, "budget_tokens", func(v json.Value) bool { return setInteger(&t.Budget, v) })
	take(&fields, "display", func(v json.Value) (ok bool) {
		t.Summary, ok = text(v)
		return ok
	})
	t.Native = llm.NativeOf(llm.Converse, fields.Value())
	return t, true
}

func decodeOutput(r *llm.Request, native *json.Object, c *outputConfig) {
	if c == nil {
		return
	}
	rest := json.ObjectOf(c.Rest)
	if modelOf(r.Model).maybeClaude() {
		r.Reasoning.Effort = c.Effort
	} else if c.Effort != "" {
		rest.Add("effort", json.Quote(c.Effort))
	}
	if f := c.Format; f != nil && !decodeFormat(r, f) {
		rest.Add("textFormat", json.ValueOf(f))
	}
	native.Add("outputConfig", rest.Value())
}

func decodeFormat(r *llm.Request, f *textFormat) bool {
	s := f.Structure.Schema
	if f.Type != "json_schema" || s == nil || !json.Valid([]byte(s.Schema)) || f.Rest != nil || f.Structure.Rest != nil {
		return false
	}
	r.Output = llm.Output{
		Kind: llm.OutputSchema, Name: s.Name, Description: s.Description, Schema: json.Value(s.Schema),
		Native: llm.NativeOf(llm.Converse, s.Rest),
	}
	return true
}
