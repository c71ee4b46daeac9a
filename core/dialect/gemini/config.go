package gemini

import (
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// decodeConfig reads generationConfig and returns what it left over.
func decodeConfig(r *llm.Request, c *config) (json.Value, error) {
	if c == nil {
		return nil, nil
	}
	for _, n := range []struct {
		name string
		from json.Value
		to   **int64
	}{
		{"topK", c.TopK, &r.TopK}, {"candidateCount", c.Count, &r.N}, {"maxOutputTokens", c.MaxTokens, &r.MaxTokens}, {"seed", c.Seed, &r.Seed},
	} {
		if absent(n.from) {
			continue
		}
		i, ok := integer(n.from)
		if !ok {
			return nil, dialect.BadMember("generationConfig."+n.name, "must be a whole number")
		}
		*n.to = &i
	}
	for _, n := range []struct {
		name string
		from json.Value
		to   *llm.Number
	}{
		{"temperature", c.Temperature, &r.Temperature}, {"topP", c.TopP, &r.TopP},
		{"presencePenalty", c.Presence, &r.PresencePenalty}, {"frequencyPenalty", c.Frequency, &r.FrequencyPenalty},
	} {
		var ok bool
		if *n.to, ok = literal(n.from); !ok {
			return nil, dialect.BadMember("generationConfig."+n.name, "must be a number")
		}
	}
	r.Stop = c.Stop
	rest := json.ObjectOf(c.Rest)
	decodeOutput(r, c, &rest)
	var err error
	if r.Reasoning, err = decodeThinking(c.Thinking); err != nil {
		return nil, err
	}
	if v := rest.Value(); v != nil || !c.empty() {
		return v, nil
	}
	return markObject, nil
}

// literal reads a number, which protobuf also takes as a string.
func literal(v json.Value) (llm.Number, bool) {
	if absent(v) {
		return "", true
	}
	if v.Kind() == '"' {
		v = json.Value(json.Unquote(v))
		if !v.IsValid() {
			return "", false
		}
	}
	n := llm.NumberOf(v)
	return n, n != ""
}

// decodeOutput reads the form of the answer. One that has no word, such as
// text/x.enum, stays as it is.
func decodeOutput(r *llm.Request, c *config, rest *json.Object) {
	o := &r.Output
	var native json.Object
	schema := c.JSONSchema
	if !absent(c.Schema) {
		var mark json.Value
		schema, mark = toJSONSchema(c.Schema)
		native.Add("responseSchema", mark)
	}
	switch {
	case c.MimeType == "application/json" && absent(schema):
		o.Kind = llm.OutputJSON
	case c.MimeType == "application/json", c.MimeType == "" && !absent(schema):
		o.Kind, o.Schema = llm.OutputSchema, schema.Clone()
		if c.MimeType == "" {
			native.Add("responseMimeType", markString)
		}
	case c.MimeType == "text/plain" && absent(schema):
		o.Kind = llm.OutputText
	default:
		native = nil
		if c.MimeType != "" {
			rest.Add("responseMimeType", json.Quote(c.MimeType))
		}
		rest.Add("responseSchema", c.Schema)
		rest.Add("responseJsonSchema", c.JSONSchema)
	}
	o.Native = residue(native)
}

// config writes generationConfig.
func (p *preparation) config() error {
	r := p.r
	c := &config{
		Temperature: r.Temperature.Value(), TopP: r.TopP.Value(), TopK: number(r.TopK), MaxTokens: number(r.MaxTokens),
		Stop: p.stop(), Presence: r.PresencePenalty.Value(), Frequency: r.FrequencyPenalty.Value(), Seed: number(r.Seed),
	}
	if p.same || r.N != nil && *r.N > 1 {
		c.Count = number(r.N)
	}
	p.output(c)
	c.Thinking = p.think()
	if p.same {
		rest := p.top.Remove("generationConfig")
		if string(rest) == string(markObject) {
			p.out.Config = c
			return nil
		}
		c.Rest = rest
	} else {
		c.Rest = p.chatConfig()
	}
	if !c.empty() {
		p.out.Config = c
	}
	return nil
}

func (c *config) empty() bool {
	for _, v := range []json.Value{
		c.Temperature, c.TopP, c.TopK, c.Count, c.MaxTokens, c.Presence, c.Frequency, c.Seed, c.Schema, c.JSONSchema, c.Rest,
	} {
		if len(v) > 0 {
			return false
		}
	}
	return c.Stop == nil && c.MimeType == "" && c.Thinking == nil
}

// stop leaves out empty sequences, which the API refuses.
func (p *preparation) stop() []string {
	if p.same {
		return p.r.Stop
	}
	var kept []string
	for _, s := range p.r.Stop {
		if s == "" {
			p.drop("stop")
			continue
		}
		kept = append(kept, s)
	}
	return kept
}

func (p *preparation) output(c *config) {
	o := &p.r.Output
	native := own(o.Native)
	p.foreignLoss("response_format.", o.Native)
	switch o.Kind {
	case llm.OutputText:
		if p.same {
			c.MimeType = "text/plain"
		}
	case llm.OutputJSON:
		c.MimeType = "application/json"
	case llm.OutputSchema:
		if !native.Has("responseMimeType") {
			c.MimeType = "application/json"
		}
		if mark := native.Get("responseSchema"); p.same && mark != nil {
			c.Schema = toOpenAPI(o.Schema, mark)
		} else if p.same {
			c.JSONSchema = o.Schema
		} else {
			if o.Description != "" {
				p.drop("response_format.description")
			}
			c.Schema, c.JSONSchema = p.schema("response_format.schema.", o.Schema, false)
		}
	}
}

// chatConfig translates what chat clients send for Gemini, under names that
// chat does not have or has no canonical word for.
func (p *preparation) chatConfig() json.Value {
	if p.r.Native.Dialect != llm.OpenAIChat {
		return nil
	}
	var rest json.Object
	chat := json.ObjectOf(p.r.Native.Members)
	if v := chat.Get("logprobs"); v.Kind() == 't' {
		rest.Add("responseLogprobs", v)
	}
	if v := chat.Get("top_logprobs"); v.Kind() == '0' {
		rest.Add("logprobs", v)
	}
	if es, err := json.Elements(chat.Get("modalities")); err == nil && len(es) > 0 {
		for i, e := range es {
			es[i] = json.Quote(strings.ToUpper(json.Unquote(e)))
		}
		rest.Add("responseModalities", array(es))
	}
	if image := json.ObjectOf(chat.Get("image_config")); image != nil {
		for i := range image {
			image[i].Name = camel(image[i].Name)
		}
		rest.Add("imageConfig", image.Value())
	}
	if v := chat.Get("media_resolution"); v.Kind() == '"' {
		rest.Add("mediaResolution", v)
	}
	return rest.Value()
}

// chatMembers are members of chat requests that chatConfig and rest read.
var chatMembers = []string{
	"logprobs", "top_logprobs", "modalities", "image_config", "media_resolution",
	"safety_settings", "safetySettings", "labels", "cached_content", "cachedContent",
}
