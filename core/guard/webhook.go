package guard

import (
	"context"

	"sluice/core/internal/json"
)

func init() {
	add(Spec{ID: "default.webhook", New: newWebhook})
	add(Spec{ID: "default.log", New: newLog})
}

// webhook lets a program of the user's judge, and replace what is judged.
type webhook struct{ program program }

func newWebhook(p *Params, e Env) Check { return &webhook{readProgram(p, e, "webhookURL")} }

// webhookData are the reference's members.
type webhookData struct {
	Verdict        *bool      `json:"verdict,omitempty"`
	Explanation    string     `json:"explanation"`
	WebhookURL     string     `json:"webhookUrl,omitempty"`
	FunctionARN    string     `json:"functionArn,omitempty"`
	ResponseData   json.Value `json:"responseData,omitempty"`
	RequestContext struct {
		Timeout int64 `json:"timeout"`
	} `json:"requestContext"`
}

// Replaces reports true: nobody knows what the program will answer.
func (w *webhook) Replaces() bool { return true }

func (w *webhook) Check(ctx context.Context, in *Input) (Verdict, error) {
	data := webhookData{WebhookURL: shown(w.program.address)}
	data.RequestContext.Timeout = w.program.timeout.Milliseconds()
	body := tell(in)
	body.EventType = in.Event
	answer, err := w.program.post(ctx, json.ValueOf(body))
	return data.verdict(in, "Webhook", answer, err)
}

// verdict reads what a program has answered; err says why it has not.
func (data webhookData) verdict(in *Input, who string, answer []byte, err error) (Verdict, error) {
	members, bad := json.Pick(answer, "verdict", "data", "transformedData")
	if err == nil && bad != nil {
		err = &Error{"Error", "the answer is not a JSON object"}
	}
	if err != nil {
		data.Explanation = who + " error: " + err.Error()
		if json.Valid(answer) {
			data.ResponseData = answer
		}
		return found(false, data), err
	}
	pass := members[0].Kind() == 't'
	data.Verdict, data.Explanation, data.ResponseData = &pass, who+choose(pass, " request succeeded", " request failed"), members[1]
	v := found(pass, data)
	if in.Event == Before {
		v.Request = replacement(members[2], "request")
	} else {
		v.Response = replacement(members[2], "response")
	}
	return v, nil
}

// replacement is an object that a program has sent instead of what it was
// shown.
func replacement(transformed json.Value, of string) json.Value {
	if v := json.Lookup(transformed, of, "json"); v.Kind() == '{' {
		return v
	}
	return nil
}

// newLog tells a program of the user's. It passes when that has heard.
func newLog(p *Params, e Env) Check {
	program := readProgram(p, e, "logURL")
	return inputCheck(func(ctx context.Context, in *Input) (Verdict, error) {
		if _, err := program.post(ctx, json.ValueOf(tell(in))); err != nil {
			return Verdict{}, err
		}
		return found(true, struct {
			Message string `json:"message"`
		}{"Logged the request to " + shown(program.address)}), nil
	})
}
