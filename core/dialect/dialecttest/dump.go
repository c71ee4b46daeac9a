package dialecttest

import (
	"fmt"
	"strings"

	"sluice/core/llm"
)

// Collect folds events into one response.
func Collect(events []llm.Event) *llm.Response {
	var col llm.Collector
	for _, e := range events {
		col.Add(e)
	}
	return col.Response()
}

var kindNames = [...]string{
	llm.EventStart: "start", llm.EventPartStart: "part", llm.EventText: "text", llm.EventReasoning: "reasoning",
	llm.EventSignature: "signature", llm.EventArguments: "arguments", llm.EventRefusal: "refusal",
	llm.EventCitation: "citation", llm.EventPartStop: "stop", llm.EventFinish: "finish", llm.EventUsage: "usage",
	llm.EventNative: "native", llm.EventDone: "done",
}

var partNames = [...]string{
	0: "?", llm.TextPart: "text", llm.ReasoningPart: "reasoning", llm.RedactedPart: "redacted",
	llm.ToolCallPart: "tool call", llm.RefusalPart: "refusal", llm.ForeignPart: "foreign", llm.MediaPart: "media",
}

// Dump writes events one a line, and the error that ended them.
func Dump(events []llm.Event, err error) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s %d.%d", kindNames[e.Kind], e.Choice, e.Part)
		if e.Kind == llm.EventPartStart {
			fmt.Fprintf(&b, " %s", partNames[e.PartKind])
		}
		field := func(name, value string) {
			if value != "" {
				fmt.Fprintf(&b, " %s=%q", name, value)
			}
		}
		field("id", e.ID)
		field("name", e.Name)
		field("model", e.Model)
		field("text", e.Text)
		if e.Media != nil {
			field("media", e.Media.MediaType)
			field("data", e.Media.Data)
			field("url", e.Media.URL)
		}
		field("reason", string(e.Finish.Reason))
		field("raw", e.Finish.Raw)
		if e.Usage != nil {
			fmt.Fprintf(&b, " %+v", *e.Usage)
		}
		if e.Citation != nil {
			fmt.Fprintf(&b, " %+v", *e.Citation)
		}
		field("native", string(e.Native.Members))
		b.WriteByte('\n')
	}
	if err != nil {
		fmt.Fprintf(&b, "error: %v\n", err)
	}
	return b.String()
}
