package bedrock

import (
	"slices"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// clientWords are the members of Converse that clients of other dialects may
// write, in either spelling.
var clientWords = map[string]string{
	"guardrail_config":                      "guardrailConfig",
	"guardrailConfig":                       "guardrailConfig",
	"performance_config":                    "performanceConfig",
	"performanceConfig":                     "performanceConfig",
	"request_metadata":                      "requestMetadata",
	"requestMetadata":                       "requestMetadata",
	"prompt_variables":                      "promptVariables",
	"promptVariables":                       "promptVariables",
	"additional_model_request_fields":       "additionalModelRequestFields",
	"additionalModelRequestFields":          "additionalModelRequestFields",
	"additional_model_response_field_paths": "additionalModelResponseFieldPaths",
	"additionalModelResponseFieldPaths":     "additionalModelResponseFieldPaths",
}

// adopt takes what it can use from the members that the client's dialect has
// no word for.
func (p *preparation) adopt() error {
	own := p.r.Native.Dialect == llm.Converse
	p.rest = map[string]json.Value{}
	for _, m := range json.ObjectOf(p.r.Native.Members) {
		name := clientWords[m.Name]
		switch {
		case own && (m.Name == "inferenceConfig" || m.Name == "toolConfig" || m.Name == "outputConfig" || m.Name == "serviceTier"):
			p.rest[m.Name] = m.Value
		case name == "additionalModelRequestFields" && m.Value.Kind() == '{':
			p.extra = append(p.extra, json.ObjectOf(m.Value)...)
		case own:
			p.top.Add(m.Name, m.Value)
		case name != "":
			p.top.Add(name, m.Value)
		case !p.adoptForeign(m.Name, m.Value) && !marker(m.Value):
			p.drop(m.Name)
		}
	}
	return nil
}

// adoptForeign reports whether a member of another dialect is of use.
func (p *preparation) adoptForeign(name string, v json.Value) bool {
	switch name {
	case "max_tokens", "stream_options": // how chat clients wrote what has been read
		return true
	case "thinking":
		t, ok := decodeThinking(v)
		if ok && p.r.Reasoning.IsZero() {
			p.r.Reasoning = t
		}
		return ok
	case "top_k":
		return p.r.TopK != nil || setInteger(&p.r.TopK, v)
	case "anthropic_beta", "betas":
		p.betas = append(p.betas, betaNames(v)...)
		return p.model.maybeClaude()
	case "anthropic_version":
		p.version = v
		return p.model.maybeClaude()
	case "context_management":
		if p.model.isClaude() {
			p.extra.Add(name, v)
		}
		return p.model.isClaude()
	case "metadata":
		return p.metadata(v)
	}
	return false
}

// metadata becomes requestMetadata, by which invocation logs are filtered;
// the user's id has a place of its own.
func (p *preparation) metadata(v json.Value) bool {
	fields := json.ObjectOf(v)
	if id, ok := text(fields.Remove("user_id")); ok && p.r.User == "" {
		p.r.User = id
	}
	if len(fields) == 0 {
		return fields != nil
	}
	if len(fields) > 16 || slices.ContainsFunc(fields, func(m json.Member) bool {
		s, ok := text(m.Value)
		return !ok || m.Name == "" || !metadataText(m.Name) || !metadataText(s)
	}) {
		return false
	}
	p.top.Add("requestMetadata", fields.Value())
	return true
}

// metadataText reports whether Bedrock takes s in requestMetadata.
//
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
func metadataText(s string) bool {
	return len(s) <= 256 && strings.IndexFunc(s, func(r rune) bool {
		return !alphanumeric(r) && !strings.ContainsRune("_- \t:@$#=/+,.", r)
	}) < 0
}

// additional writes what only some models know, and what is left.
func (p *preparation) additional() error {
	if p.model.maybeClaude() {
		p.extra.Add("anthropic_version", p.version)
		p.beta()
	}
	if p.r.User != "" && p.model.isClaude() {
		addPath(&p.extra, "metadata.user_id", json.Quote(p.r.User))
	} else if p.r.User != "" {
		p.drop("user")
	}
	switch t := p.r.ServiceTier; t {
	case "", "auto", "standard_only": // what Bedrock does when nothing is said
	case "scale":
		p.drop("service_tier")
	default:
		p.out.Tier = &tier{Type: t, Rest: p.rest["serviceTier"]}
	}
	return nil
}

func (p *preparation) beta() {
	all := append(betaNames(p.extra.Get("anthropic_beta")), p.betas...)
	kept, refused := splitBetas(all)
	if len(refused) > 0 {
		p.drop("anthropic_beta." + strings.Join(refused, ","))
	}
	if len(all) == 0 {
		return
	}
	if len(kept) == 0 {
		p.extra.Remove("anthropic_beta")
	} else {
		p.extra.Set("anthropic_beta", json.ValueOf(kept))
	}
}

// refusedBetas are flags for which Bedrock refuses the whole request.
var refusedBetas = []string{"oauth-2025-04-20", "prompt-caching-scope-2026-01-05", "fast-mode-2026-02-01"}

// splitBetas takes out doubles and what Bedrock is known to refuse.
func splitBetas(all []string) (kept, refused []string) {
	for _, b := range all {
		switch {
		case slices.Contains(refusedBetas, b):
			refused = append(refused, b)
		case !slices.Contains(kept, b):
			kept = append(kept, b)
		}
	}
	return kept, refused
}

// betaNames reads a list of flags, or a text that has them with commas in
// between, as the header has.
func betaNames(v json.Value) []string {
	var names []string
	add := func(s string) {
		for name := range strings.SplitSeq(s, ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
	}
	if s, ok := text(v); ok {
		add(s)
		return names
	}
	list, _ := json.Elements(v)
	for _, e := range list {
		s, _ := text(e)
		add(s)
	}
	return names
}

// AddBetas adds Anthropic's beta flags to a Converse body. On Bedrock they
// are a list in the body, not a header. Each of flags may hold several,
// separated by commas. Flags that Bedrock is known to refuse are left out and
// returned as dropped.
func AddBetas(body []byte, flags ...string) (out []byte, dropped []string, err error) {
	const outer = "additionalModelRequestFields"
	fields := json.ObjectOf(json.Lookup(body, outer))
	list, dropped := joinBetas(fields.Get(betaMember), flags)
	if list == nil {
		return body, dropped, nil
	}
	fields.Remove(betaMember) // the list goes to the end
	fields.Add(betaMember, list)
	out, err = json.Splice(body, json.Edit{Name: outer, Value: fields.Value()})
	return out, dropped, err
}

const betaMember = "anthropic_beta"

// joinBetas makes one list of the flags in a body and of more, without those
// that Bedrock refuses. It is nil if it is empty.
func joinBetas(in json.Value, flags []string) (list json.Value, dropped []string) {
	all := betaNames(in)
	for _, f := range flags {
		all = append(all, betaNames(json.Quote(f))...)
	}
	kept, dropped := splitBetas(all)
	if len(kept) == 0 {
		return nil, dropped
	}
	return json.ValueOf(kept), dropped
}

// MessagesBody makes a body of Anthropic's Messages API one that Claude takes
// in InvokeModel: the URL names the model and the operation, AWS has a version
// of its own, and beta flags, which clients send as a header, stand in the
// body. Flags that Bedrock is known to refuse are left out and named.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
func MessagesBody(messages []byte, flags ...string) (body []byte, dropped []string, err error) {
	list, refused := joinBetas(json.Lookup(messages, betaMember), flags)
	for _, name := range refused {
		dropped = append(dropped, betaMember+"."+name)
	}
	body, err = json.Splice(messages, json.Edit{Name: "model"}, json.Edit{Name: "stream"},
		json.Edit{Name: betaMember, Value: list}, json.Edit{Name: "anthropic_version", Value: json.Value(anthropicVersion)})
	if err != nil {
		return nil, nil, llm.Errorf(llm.BadRequest, "the body is not a Messages request: %v", err)
	}
	return body, dropped, nil
}

// output writes the form that the answer must have.
func (p *preparation) output() error {
	o := p.r.Output
	p.dropForeign("response_format.", o.Native)
	rest := json.ObjectOf(p.rest["outputConfig"])
	switch {
	case o.Kind == llm.OutputSchema && p.model.structured() && o.Schema != nil:
		p.outputConfig().Format = schemaFormat(o)
	case o.Kind == llm.OutputSchema, o.Kind == llm.OutputJSON:
		p.drop("response_format")
	}
	if len(rest) > 0 {
		p.outputConfig().Rest = rest.Value()
	}
	return nil
}

func (p *preparation) outputConfig() *outputConfig {
	if p.out.Output == nil {
		p.out.Output = &outputConfig{}
	}
	return p.out.Output
}

func schemaFormat(o llm.Output) *textFormat {
	s := &jsonSchema{Schema: string(o.Schema), Description: o.Description, Rest: o.Native.For(llm.Converse)}
	if o.Name != "" {
		s.Name = legal(o.Name)
	}
	return &textFormat{Type: "json_schema", Structure: structure{Schema: s}}
}
