package partner

import (
	"cmp"
	"context"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

// aidr is CrowdStrike's check of whole bodies, which it may give back changed.
func aidr(_ *guard.Params, l *line) asker {
	l.replaces = true
	return func(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
		body := in.Request
		if in.Event == guard.After {
			body = in.Response
		}
		if body == nil { // a stream has none: its texts are asked about
			body = json.Object{json.Named("messages", said(in))}.Value()
		}
		answer, err := l.post(ctx, aidrBody(in, body))
		if err != nil {
			return guard.Verdict{}, err
		}
		if status := json.Lookup(answer, "status"); json.Present(status) && json.Unquote(status) != "Success" {
			return guard.Verdict{}, errRefused
		}
		return aidrVerdict(in, json.Lookup(answer, "result"))
	}
}

// said are the texts as one message of a chat.
func said(in *guard.Input) json.Value {
	return json.ValueOf([]json.Value{json.Object{
		json.Named("role", json.Quote(side(in.Event, "user", "assistant"))), json.Named("content", json.Quote(in.Text())),
	}.Value()})
}

func aidrBody(in *guard.Input, body json.Value) json.Value {
	out := json.Object{
		json.Named("guard_input", body), json.Named("event_type", json.Quote(side(in.Event, "input", "output"))),
		json.Named("app_id", json.Quote("Portkey AI Gateway")),
	}
	add := func(o *json.Object, name, text string) {
		if text != "" {
			o.Add(name, json.Quote(text))
		}
	}
	add(&out, "user_id", cmp.Or(in.Metadata["_user"], in.Metadata["user_id"]))
	add(&out, "llm_provider", in.Provider)
	add(&out, "model", in.Model)
	var info json.Object
	add(&info, "user_name", cmp.Or(in.Metadata["_user_name"], in.Metadata["user_name"]))
	out.Add("extra_info", json.Value(cmp.Or(string(info.Value()), "{}")))
	return out.Value()
}

func aidrVerdict(in *guard.Input, result json.Value) (guard.Verdict, error) {
	if result.Kind() != '{' {
		return guard.Verdict{}, errUnreadable
	}
	v := guard.Verdict{Pass: !isTrue(result, "blocked"), Data: picked(result, "policy", "blocked", "transformed")}
	changed := json.Lookup(result, "guard_output")
	switch {
	case !v.Pass || !isTrue(result, "transformed"):
	case changed.Kind() != '{':
		return guard.Verdict{}, errUnreadable
	case in.Event == guard.Before && in.Request != nil:
		v.Request = changed
	case in.Event == guard.After && in.Response != nil:
		v.Response = changed
	default: // what was asked about is no body that could be replaced
		return guard.Verdict{}, errUnreadable
	}
	return v, nil
}
