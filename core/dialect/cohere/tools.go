package cohere

import (
	"fmt"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// tools reads the tools, and whether calls must fit their schemas: Cohere
// says that of all at once.
func (q *request) tools(r *llm.Request) error {
	switch q.ToolChoice {
	case "":
	case "REQUIRED":
		r.ToolChoice.Mode = llm.ToolRequired
	case "NONE":
		r.ToolChoice.Mode = llm.ToolNone
	default:
		return dialect.BadMember("tool_choice", "must be REQUIRED or NONE")
	}
	if q.Tools != nil {
		r.Tools = make([]llm.Tool, 0, len(q.Tools))
	}
	for i := range q.Tools {
		t, err := q.Tools[i].canonical(fmt.Sprintf("tools[%d]", i))
		if err != nil {
			return err
		}
		t.Strict = q.StrictTools
		r.Tools = append(r.Tools, t)
	}
	return nil
}

func (t *tool) canonical(path string) (llm.Tool, error) {
	switch {
	case t.Type != "function":
		return llm.Tool{}, dialect.BadMember(path+".type", "must be function")
	case t.Function == nil || t.Function.Name == "":
		return llm.Tool{}, dialect.BadMember(path+".function.name", "is missing")
	}
	f := t.Function
	return llm.Tool{
		Kind: llm.FunctionTool, Name: f.Name, Description: f.Description, Parameters: notNull(f.Parameters),
		Native: residue(t.Rest, json.Named("function", f.Rest)),
	}, nil
}
