package upstream

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"strings"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/embed"
	"sluice/core/dialect/openaichat"
	"sluice/core/internal/form"
	"sluice/core/internal/httpx"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// prepareTask readies an operation that is no conversation.
func (x *exchange) prepareTask() error {
	model := x.target.Spec.BodyModel(x.target.Settings, x.call.Model)
	if x.call.Upload != nil && (x.endpoint.Task != nil || model != x.call.Model) {
		return llm.Errorf(llm.TooLarge, "the form is too large to be rewritten for %s", x.target.Spec.ID)
	}
	if x.endpoint.Task == nil {
		x.contentType = x.call.Header.Get("Content-Type")
		x.codec = openaichat.Codec{}.Raw(nil) // reads errors
		x.body = x.call.Body
		if model != x.call.Model {
			body, err := setModel(x.contentType, x.body, model)
			x.body = body
			return err
		}
		return nil
	}
	var err error
	x.task, err = x.endpoint.Task.Prepare(x.call.Incoming, dialect.Target{Provider: x.target.Spec.ID, Model: model})
	if err != nil {
		return err
	}
	x.codec = openaichat.Codec{}.Raw(nil) // reads errors that the task does not
	x.dropped, x.contentType = x.task.Dropped(), x.task.ContentType()
	if e, ok := x.task.(dialect.Elsewhere); ok && e.Path() != "" {
		x.endpoint.Path = e.Path()
	}
	if _, several := x.task.(dialect.Several); !several {
		x.body = x.task.Body()
	}
	return nil
}

func setModel(contentType string, body []byte, model string) ([]byte, error) {
	var err error
	if form.Is(contentType) {
		body, err = form.Set(contentType, body, "model", model)
	} else {
		body, err = json.Splice(body, json.Edit{Name: "model", Value: json.Quote(model)})
	}
	if err != nil {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "the request body cannot be read", Err: err}
	}
	return body, nil
}

// sendTask makes the one request, or the several, of an operation that has a
// codec of its own.
func (x *exchange) sendTask(ctx context.Context) (*core.Reply, error) {
	if s, ok := x.task.(dialect.Several); ok {
		return x.sendSeveral(ctx, s)
	}
	resp, body, err := x.fetch(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := x.task.Answer(resp.Header, body)
	return x.answered(resp, answer, err)
}

// fetch sends one body and reads the whole answer, which is no error.
func (x *exchange) fetch(ctx context.Context) (*http.Response, []byte, error) {
	resp, err := x.roundTrip(ctx)
	x.secrets = x.credentials()
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		defer httpx.Drain(resp.Body)
		return nil, nil, x.refused(resp)
	}
	body, err := x.readAnswer(resp)
	if err != nil {
		return nil, nil, err
	}
	if strings.Contains(resp.Header.Get("Content-Type"), "html") {
		return nil, nil, x.unreadable("it answered with a web page", nil)
	}
	if m, err := json.Pick(body, "error", "type", "object"); err == nil && tellsError(m) {
		return nil, nil, x.hidden(resp, body)
	}
	return resp, body, nil
}

func (x *exchange) answered(resp *http.Response, a dialect.TaskAnswer, err error) (*core.Reply, error) {
	if err != nil {
		return nil, hide(err, x.secrets)
	}
	x.ended = true
	r := core.NewBody(x.call.Dialect, nil, a.Body)
	if a.ContentType != "" {
		r = core.NewRelay(io.NopCloser(bytes.NewReader(a.Body)), nil)
	}
	r.Report(a.Usage, a.Model)
	r.Others = x.counted(a.Body)
	if r = x.finish(r, resp); a.ContentType != "" {
		r.Header.Set("Content-Type", a.ContentType)
	}
	return r, nil
}

// own passes on an answer that is in the client's form, as it came.
func (x *exchange) own(ctx context.Context, resp *http.Response) (*core.Reply, error) {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case strings.Contains(media, "html"):
		defer httpx.Drain(resp.Body)
		return nil, x.unreadable("it answered with a web page", nil)
	case media == x.endpoint.Format.ContentType():
		return x.ownStream(ctx, resp)
	case isJSON(resp.Header), !sounds(x.call.Operation) && (media == "" || strings.HasPrefix(media, "text/")):
		return x.ownBody(resp)
	}
	r := x.relay(resp)
	r.Others = x.counted(nil)
	return r, nil
}

// sounds reports whether an operation is about sound, whose answers are files
// and texts as often as JSON.
func sounds(op llm.Operation) bool {
	return op == llm.Speak || op == llm.Transcribe || op == llm.TranslateSound
}

// ownBody reads a whole answer and makes sure that it is one.
func (x *exchange) ownBody(resp *http.Response) (*core.Reply, error) {
	defer resp.Body.Close()
	body, err := x.readAnswer(resp)
	if err != nil {
		return nil, err
	}
	members, err := json.Pick(body, "error", "type", "object", "usage", "model")
	switch {
	case err != nil && sounds(x.call.Operation) && len(body) > 0: // a transcript, whatever its type says
		return x.answered(resp, dialect.TaskAnswer{Body: body, ContentType: resp.Header.Get("Content-Type")}, nil)
	case err != nil:
		return nil, x.unreadable(describe(resp.Header, body), err)
	case tellsError(members):
		return nil, x.hidden(resp, body)
	}
	if x.call.Operation == llm.Embed {
		body = x.conform(body)
	}
	return x.answered(resp, dialect.TaskAnswer{Body: body, Usage: dialect.TaskUsage(members[3]), Model: json.Unquote(members[4])}, nil)
}

// conform gives vectors the form that was asked for, unless they are of a
// type that is not OpenAI's.
func (x *exchange) conform(body []byte) []byte {
	m, err := json.Pick(x.call.Body, "encoding_format", "output_dtype", "embedding_type")
	if err != nil || present(m[1]) || present(m[2]) {
		return body
	}
	return embed.Conform(body, json.Unquote(m[0]) == "base64")
}

// tellsError looks at the members error, type and object, in this order.
func tellsError(m []json.Value) bool {
	return present(m[0]) || json.Unquote(m[1]) == "error" || json.Unquote(m[2]) == "error"
}
