package openaichat

import (
	"fmt"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func (p *part) canonical(path string, i int) (llm.Part, error) {
	at := func() string { return fmt.Sprintf("%s[%d]", path, i) }
	switch p.Type {
	case "text":
		if p.Text == nil {
			return nil, dialect.BadMember(at()+".text", "is missing")
		}
		return &llm.Text{Text: *p.Text, Cache: p.CacheControl.mark(), Native: p.left("text")}, nil
	case "image_url", "video_url", "audio_url":
		return p.link(at())
	case "input_audio":
		return p.audio(at())
	case "file":
		return p.file(at())
	case "refusal":
		return &llm.Refusal{Text: json.Unquote(p.Refusal), Native: p.left("refusal", json.Named("type", markString), p.cacheMember())}, nil
	case "thinking", "redacted_thinking":
		return p.reasoning(), nil
	case "":
		return nil, dialect.BadMember(at()+".type", "is missing")
	}
	return &llm.Foreign{Kind: p.Type, Native: p.left("", json.Named("type", json.Quote(p.Type)), p.cacheMember())}, nil
}

// cacheMember keeps the mark of a part that canonically has none.
func (p *part) cacheMember() json.Member {
	if p.CacheControl == nil {
		return json.Member{}
	}
	return json.Named("cache_control", json.ValueOf(p.CacheControl))
}

// left is what remains of a part when its type has taken the member used.
func (p *part) left(used string, extra ...json.Member) llm.Native {
	for _, m := range [...]json.Member{
		json.Named("text", quoted(p.Text)), json.Named("image_url", p.ImageURL), json.Named("video_url", p.VideoURL), json.Named("audio_url", p.AudioURL),
		json.Named("input_audio", p.InputAudio), json.Named("file", p.File), json.Named("refusal", p.Refusal),
		json.Named("thinking", p.Thinking), json.Named("signature", p.Signature), json.Named("data", p.Data),
	} {
		if m.Value != nil && m.Name != used {
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

// reasoning reads the parts that carry signed reasoning. A signature without a
// mark may be of any provider that the client has talked to, and the codec of
// that provider decides.
func (p *part) reasoning() *llm.Reasoning {
	kind := json.Named("type", markString)
	if p.Type == "redacted_thinking" {
		r := &llm.Reasoning{}
		r.Redacted, r.Origin = dialect.ReadOrigin(json.Unquote(p.Data), "")
		p.Data = nil
		r.Native = p.left("", kind, p.cacheMember())
		return r
	}
	r := &llm.Reasoning{Text: json.Unquote(p.Thinking)}
	r.Signature, r.Origin = dialect.ReadOrigin(json.Unquote(p.Signature), "")
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
