package partner

import (
	"cmp"
	"crypto/rand"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

// airs is Palo Alto's scan. Its key is never that of the gateway's own
// environment.
func airs(p *guard.Params, l *line) asker {
	profile := json.Object{}
	for _, name := range []string{"profile_name", "profile_id"} {
		if text := p.Text(name, ""); text != "" {
			profile.Add(name, json.Quote(text))
		}
	}
	app := "Portkey"
	if name := p.Text("app_name", ""); name != "" {
		app += "-" + name
	}
	metadata := json.Object{
		json.Named("ai_model", json.Quote(p.Text("ai_model", "unknown-model"))),
		json.Named("app_user", json.Quote(p.Text("app_user", "portkey-gateway"))),
		json.Named("app_name", json.Quote(app)),
	}.Value()
	return once(l, func(in *guard.Input) json.Object {
		content := json.Object{json.Named(side(in.Event, "prompt", "response"), json.Quote(in.Text()))}.Value()
		body := json.Object{
			json.Named("tr_id", json.Quote(cmp.Or(in.Trace, rand.Text()))),
			json.Named("metadata", metadata), json.Named("contents", json.ValueOf([]json.Value{content})),
		}
		body.Add("ai_profile", profile.Value())
		return body
	}, func(answer json.Value) (bool, json.Value, error) {
		action, err := word(answer, "action")
		if action != "block" && (isTrue(answer, "timeout") || isTrue(answer, "error")) { // of a detector: not all was looked at
			return false, nil, errRefused
		}
		return action != "block", picked(answer, "action", "category", "prompt_detected", "response_detected",
			"profile_id", "profile_name", "report_id", "scan_id", "tr_id"), err
	})
}
