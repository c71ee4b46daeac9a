package image

import (
	"strconv"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// DecodeResponse reads OpenAI's form, and those that differ from it in the
// name of the list: list says what it is called.
func DecodeResponse(body []byte, list string) (*Response, error) {
	m, err := json.Pick(body, list, "created", "model", "usage")
	if err != nil {
		return nil, err
	}
	all, err := json.Elements(m[0])
	if err != nil {
		return nil, noImage()
	}
	r := &Response{Model: json.Unquote(m[2]), Usage: dialect.TaskUsage(m[3])}
	r.Created, _ = strconv.ParseInt(string(m[1]), 10, 64)
	for _, v := range all {
		one, err := decodeImage(v)
		if err != nil {
			return nil, err
		}
		r.Images = append(r.Images, one)
	}
	return r, nil
}

func decodeImage(v json.Value) (one Image, err error) {
	members, err := json.Members(v)
	if err != nil {
		return one, noImage()
	}
	for _, m := range members {
		switch m.Name {
		case "url":
			one.URL = json.Unquote(m.Value)
		case "b64_json", "base64", "image":
			one.Base64 = json.Unquote(m.Value)
		case "revised_prompt":
			one.RevisedPrompt = json.Unquote(m.Value)
		case "index", "object": // the list says as much
		default:
			one.Beside = append(one.Beside, m)
		}
	}
	if one.URL == "" && one.Base64 == "" {
		return one, noImage()
	}
	return one, nil
}

func noImage() error { return llm.Errorf(llm.Upstream, "its answer has no image") }

// respelled is the client's body with other names for some members. Whatever
// else is in it travels on.
func respelled(r *Request, edits ...json.Edit) (Call, error) {
	if r.Model != json.Unquote(json.Lookup(r.body, "model")) {
		edits = append(edits, json.Edit{Name: "model", Value: json.Quote(r.Model)})
	}
	body, err := json.Splice(r.body, edits...)
	return Call{Bodies: [][]byte{body}, Said: json.Names(r.body)}, err
}

func number(n int64) json.Value { return json.Value(strconv.FormatInt(n, 10)) }
