package bedrockinvoke

import (
	"slices"
	"strings"

	"sluice/core/dialect/bedrock"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// openMessages makes a Messages body of Claude's. The version is AWS's.
func openMessages(body []byte) ([]byte, error) {
	return splice(body, json.Edit{Name: "anthropic_version"})
}

func sealMessages(body []byte, h map[string][]string) ([]byte, []string, error) {
	return bedrock.MessagesBody(body, h["Anthropic-Beta"]...)
}

// sealChat leaves out what the URL says.
func sealChat(body []byte, _ map[string][]string) ([]byte, []string, error) {
	out, err := splice(body, json.Edit{Name: "model"}, json.Edit{Name: "stream"}, json.Edit{Name: "stream_options"})
	return out, nil, err
}

// What Nova's body has in common with Converse's. The rest of a Converse body
// is not Nova's: guardrails and the like are headers of InvokeModel.
//
// https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html
var (
	commonMembers   = []string{"system", "messages", "inferenceConfig", "toolConfig"}
	commonInference = []string{"maxTokens", "temperature", "topP", "stopSequences"}
)

const (
	novaVersion  = `"messages-v1"`
	inferenceKey = "inferenceConfig"
	extraKey     = "additionalModelRequestFields"
)

// openNova makes a Converse body: what only Nova knows goes where Converse
// has it.
func openNova(body []byte) ([]byte, error) {
	members, err := json.Members(body)
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "the request body is not valid JSON: %v", err)
	}
	var edits []json.Edit
	var extra []json.Member
	for _, m := range members {
		switch {
		case m.Name == inferenceKey:
			common, own := divide(m.Value, commonInference)
			edits = append(edits, json.Edit{Name: m.Name, Value: common})
			extra = append(extra, json.Named(m.Name, own))
		case m.Name == "schemaVersion":
			edits = append(edits, json.Edit{Name: m.Name})
		case !slices.Contains(commonMembers, m.Name):
			edits = append(edits, json.Edit{Name: m.Name})
			extra = append(extra, json.Named(m.Name, m.Value))
		}
	}
	if fields := json.Join(nil, extra...); fields != nil {
		edits = append(edits, json.Edit{Name: extraKey, Value: fields})
	}
	return splice(body, edits...)
}

// sealNova is its inverse.
func sealNova(body []byte, _ map[string][]string) ([]byte, []string, error) {
	own := json.ObjectOf(json.Lookup(body, extraKey))
	edits := []json.Edit{{Name: extraKey}, {Name: "schemaVersion", Value: json.Value(novaVersion)}}
	if knobs := own.Get(inferenceKey); knobs != nil {
		merged := json.Join(json.Lookup(body, inferenceKey), json.ObjectOf(knobs)...)
		edits = append(edits, json.Edit{Name: inferenceKey, Value: merged})
	}
	for _, m := range own {
		if m.Name != inferenceKey {
			edits = append(edits, json.Edit{Name: m.Name, Value: m.Value})
		}
	}
	var dropped []string
	for _, name := range json.Names(body) {
		if name != extraKey && !slices.Contains(commonMembers, name) {
			dropped = append(dropped, name)
			edits = append(edits, json.Edit{Name: name})
		}
	}
	out, err := splice(body, edits...)
	return out, dropped, err
}

// divide parts an object by the names of its members. A part without members
// is nil.
func divide(object json.Value, names []string) (named, rest json.Value) {
	var in, out []json.Member
	for _, m := range json.ObjectOf(object) {
		if slices.Contains(names, m.Name) {
			in = append(in, m)
		} else {
			out = append(out, m)
		}
	}
	return json.Join(nil, in...), json.Join(nil, out...)
}

func splice(body []byte, edits ...json.Edit) ([]byte, error) {
	out, err := json.Splice(body, edits...)
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "the request body is not a JSON object: %s", strings.TrimSpace(err.Error()))
	}
	return out, nil
}
