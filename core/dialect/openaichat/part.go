package openaichat

import (
	"fmt"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

func (p *part) canonical(path string, i int) (llm.Part, error) {
	at := func() string { return fmt.Sprintf("%s[%d]", path, i) }
	switch p.Type {
	case "text":
		if p.Text == nil {
			return nil, bad(at()+".text", "is missing")
		}
		return &llm.Text{Text: *p.Text, Cache: p.CacheControl.mark(), Native: p.left("text")}, nil
	case "image_url", "video_url", "audio_url":
		return p.link(at())
	case "input_audio":
		return p.audio(at())
	case "file":
		return p.file(at())
	case "refusal":
		return &llm.Refusal{Text: json.Unquote(p.Refusal), Native: p.left("refusal", member{"type", markString}, p.cacheMember())}, nil
	case "thinking", "redacted_thinking":
		return p.reasoning(), nil
	case "":
		return nil, bad(at()+".type", "is missing")
	}
	return &llm.Foreign{Kind: p.Type, Native: p.left("", member{"type", json.Quote(p.Type)}, p.cacheMember())}, nil
}

// cacheMember keeps the mark of a part that canonically has none.
func (p *part) cacheMember() member {
	if p.CacheControl == nil {
		return member{}
	}
	return member{"cache_control", encode(p.CacheControl)}
}

// left is what remains of a part when its type has taken the member used.
func (p *part) left(used string, extra ...member) llm.Native {
	for _, m := range [...]member{
		{"text", quoted(p.Text)}, {"image_url", p.ImageURL}, {"video_url", p.VideoURL}, {"audio_url", p.AudioURL},
		{"input_audio", p.InputAudio}, {"file", p.File}, {"refusal", p.Refusal},
		{"thinking", p.Thinking}, {"signature", p.Signature}, {"data", p.Data},
	} {
		if m.value != nil && m.name != used {
			extra = append(extra, m)
		}
	}
	return residue(p.Rest, extra...)
}

func quoted(s *string) json.Value {
	if s == nil {
		return nil
	}
	return json.Quote(*s)
}

// reasoning reads the parts that carry signed reasoning. They have no origin:
// the signature may be of any provider that the client has talked to, and the
// codec of that provider decides.
func (p *part) reasoning() *llm.Reasoning {
	kind := member{"type", markString}
	if p.Type == "redacted_thinking" {
		r := &llm.Reasoning{Redacted: json.Unquote(p.Data)}
		p.Data = nil
		r.Native = p.left("", kind, p.cacheMember())
		return r
	}
	r := &llm.Reasoning{Text: json.Unquote(p.Thinking), Signature: json.Unquote(p.Signature)}
	if p.Thinking.Kind() == '[' { // Mistral
		r.Text, r.Origin = joined(p.Thinking), llm.OpenAIChat
	} else {
		p.Thinking = nil
	}
	p.Signature = nil
	r.Native = p.left("", kind, p.cacheMember())
	return r
}

// joined is the text of an array of text parts.
func joined(v json.Value) string {
	var parts []struct {
		Text text `json:"text"`
	}
	if json.UnmarshalLoose(v, &parts) != nil {
		return ""
	}
	var all text
	for _, p := range parts {
		all += p.Text
	}
	return string(all)
}
