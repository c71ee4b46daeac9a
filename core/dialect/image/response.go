package image

import (
	"cmp"
	"strconv"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Response is images in their order.
type Response struct {
	Created int64 // seconds since 1970; 0: now
	Model   string
	Images  []Image
	Usage   *llm.Usage // nil: nobody reported any
}

// An Image is one of them: either of URL and Base64 is set.
type Image struct {
	URL, Base64   string
	RevisedPrompt string
	Beside        []json.Member // what else the provider says of it, such as its seed
}

// Encode writes OpenAI's form.
func (r *Response) Encode() []byte {
	b := strconv.AppendInt([]byte(`{"created":`), cmp.Or(r.Created, time.Now().Unix()), 10)
	b = append(b, `,"data":[`...)
	for i, m := range r.Images {
		if i > 0 {
			b = append(b, ',')
		}
		b = m.append(append(b, '{'))
	}
	b = append(b, ']')
	if r.Usage != nil {
		b = strconv.AppendInt(append(b, `,"usage":{"input_tokens":`...), r.Usage.Prompt(), 10)
		b = strconv.AppendInt(append(b, `,"output_tokens":`...), r.Usage.Output, 10)
		b = append(strconv.AppendInt(append(b, `,"total_tokens":`...), r.Usage.Total(), 10), '}')
	}
	return append(b, '}')
}

func (m *Image) append(dst []byte) []byte {
	if m.Base64 != "" {
		dst = json.AppendQuote(append(dst, `"b64_json":`...), m.Base64)
	} else {
		dst = json.AppendQuote(append(dst, `"url":`...), m.URL)
	}
	if m.RevisedPrompt != "" {
		dst = json.AppendQuote(append(dst, `,"revised_prompt":`...), m.RevisedPrompt)
	}
	for _, o := range m.Beside {
		dst = append(append(json.AppendQuote(append(dst, ','), o.Name), ':'), o.Value...)
	}
	return append(dst, '}')
}
