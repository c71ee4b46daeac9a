package partner

import (
	"net/url"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

// singles are services that are asked once, about everything.
var singles = []service{
	{
		name: "Aporia", base: "https://gr-prd.aporia.com", custom: "apiEndpoint", key: "X-APORIA-API-KEY",
		checks: []kind{{id: "aporia.validateProject", ask: aporia}},
	},
	{
		name: "SydeLabs", base: "https://guard.sydelabs.ai", key: "x-api-key",
		checks: []kind{{id: "sydelabs.sydeguard", path: "/api/v1/guard/generate-score", ask: sydeguard}},
	},
	{
		name: "Pillar", base: "https://api.pillarseclabs.com", key: "Authorization",
		checks: []kind{
			{id: "pillar.scanPrompt", events: input, path: "/api/v1/scan/prompt", ask: pillar(scans...)},
			{id: "pillar.scanResponse", events: output, path: "/api/v1/scan/response", ask: pillar("pii", "secrets", "toxic_language")},
		},
	},
	{
		name: "Lasso", base: "https://server.lasso.security", key: "lasso-api-key",
		checks: []kind{{id: "lasso.classify", events: input, path: "/gateway/v2/classify", ask: lasso}},
	},
	{
		name: "Javelin", base: "https://{domain}", host: "domain", hostDefault: "api-dev.javelin.live", plain: true,
		key: "x-javelin-apikey", headers: map[string]string{"x-javelin-application": "application"},
		checks: []kind{{id: "javelin.guardrails", open: true, path: "/v1/guardrails/apply", ask: javelin}},
	},
	{
		name: "Prompt Security", base: "https://{domain}", host: "apiDomain", key: "APP-ID",
		checks: []kind{
			{id: "promptsecurity.protectPrompt", events: input, path: "/api/protect", ask: protect("prompt")},
			{id: "promptsecurity.protectResponse", events: output, path: "/api/protect", ask: protect("response")},
		},
	},
	{
		name: "Prisma AIRS", base: "https://service.api.aisecurity.paloaltonetworks.com", key: "x-pan-token", keyName: "AIRS_API_KEY",
		checks: []kind{{id: "panw-prisma-airs.intercept", path: "/v1/scan/sync/request", ask: airs}},
	},
	{
		name: "Walled AI", base: "https://services.walled.ai", key: "x-api-key",
		checks: []kind{{id: "walledai.walledprotect", open: true, path: "/v1/walled-protect", ask: walled}},
	},
	{
		name: "Exa", base: "https://api.exa.ai", key: "x-api-key",
		checks: []kind{{id: "exa.online", events: input, open: true, path: "/search", timeout: 2 * timeout, ask: exa}},
	},
	{
		name: "CrowdStrike AIDR", custom: "baseUrl", key: "Authorization",
		checks: []kind{{id: "crowdstrike-aidr.guardChatCompletions", open: true, path: "/v1/guard_chat_completions", ask: aidr}},
	},
}

func aporia(p *guard.Params, l *line) asker {
	needed(p, "projectID")
	l.url += "/" + url.PathEscape(p.Text("projectID", "")) + "/validate"
	return once(l, func(in *guard.Input) json.Object {
		body := json.Object{
			json.Named("messages", messages(in)), json.Named("explain", json.Bool(true)),
			json.Named("validation_target", json.Quote(side(in.Event, "prompt", "response"))),
		}
		if in.Event == guard.After {
			body.Add("response", json.Quote(in.Text()))
		}
		return body
	}, func(answer json.Value) (bool, json.Value, error) {
		action, err := word(answer, "action")
		return action == "passthrough", picked(answer, "action", "explain_log", "policy_execution_result"), err
	})
}

func sydeguard(p *guard.Params, l *line) asker {
	limits := map[string]float64{
		"PROMPT_INJECT": p.Number("prompt_injection_threshold", 0.5),
		"TOXIC":         p.Number("toxicity_threshold", 0.5),
		"EVASION":       p.Number("evasion_threshold", 0.5),
	}
	return about(l, "prompt", nil, func(answer json.Value) (bool, json.Value, error) {
		scores, err := list(answer, "category_scores")
		pass := true
		for _, s := range scores {
			limit, known := limits[json.Unquote(json.Lookup(s, "category"))]
			if score, ok := number(json.Lookup(s, "score")); known && !ok {
				return false, nil, errUnreadable
			} else if known && score > limit {
				pass = false
			}
		}
		return pass, picked(answer, "category_scores", "score", "overall_risk"), err
	})
}

// scans are what Pillar looks for; in answers not for all of it.
var scans = []string{"prompt_injection", "pii", "secrets", "toxic_language", "invisible_characters"}

func pillar(known ...string) func(*guard.Params, *line) asker {
	return func(p *guard.Params, l *line) asker {
		p.Required("scanners")
		var scanners json.Object
		for _, s := range choices(p, "scanners", known) {
			scanners.Add(s, json.Bool(true))
		}
		if len(scanners) == 0 {
			p.Fail("scanners", "Must not be empty")
		}
		return about(l, "message", json.Object{json.Named("scanners", scanners.Value())}, scanned)
	}
}

// scanned reads what was found by name: anything but null and false.
func scanned(answer json.Value) (bool, json.Value, error) {
	pass, found := true, json.Object{}
	for _, s := range scans {
		v := json.Lookup(answer, s)
		if pass = pass && (!json.Present(v) || v.Kind() == 'f'); v != nil {
			found.Add(s, json.Bool(json.Present(v) && v.Kind() != 'f'))
		}
	}
	if len(found) == 0 {
		return false, nil, errUnreadable
	}
	return pass, found.Value(), nil
}

func lasso(p *guard.Params, l *line) asker {
	for header, name := range map[string]string{"lasso-conversation-id": "conversationId", "lasso-user-id": "userId"} {
		if text := p.Text(name, ""); text != "" {
			sendable(p, name, text)
			l.header.Set(header, text)
		}
	}
	return once(l, func(in *guard.Input) json.Object {
		return json.Object{json.Named("messages", messages(in))}
	}, func(answer json.Value) (bool, json.Value, error) {
		found, err := truth(answer, "violations_detected")
		return !found, picked(answer, "violations_detected", "deputies", "findings"), err
	})
}

func javelin(_ *guard.Params, l *line) asker {
	return once(l, func(in *guard.Input) json.Object {
		text := json.Object{json.Named("text", json.Quote(in.Text()))}.Value()
		return json.Object{
			json.Named("input", text), json.Named("config", json.Value("{}")), json.Named("metadata", json.Value("{}")),
		}
	}, func(answer json.Value) (bool, json.Value, error) {
		assessments, err := list(answer, "assessments")
		pass, rejected := true, []string{}
		for _, a := range assessments {
			for _, m := range json.ObjectOf(a) {
				if isTrue(m.Value, "request_reject") {
					pass, rejected = false, append(rejected, m.Name)
				}
			}
		}
		return pass, json.Object{json.Named("rejected", strs(rejected))}.Value(), err
	})
}

// protect asks about a prompt or a response.
func protect(what string) func(*guard.Params, *line) asker {
	return func(_ *guard.Params, l *line) asker {
		return about(l, what, nil, func(answer json.Value) (bool, json.Value, error) {
			pass, err := truth(answer, "result", what, "passed")
			return pass, picked(json.Lookup(answer, "result", what), "passed", "action", "violations"), err
		})
	}
}

func walled(p *guard.Params, l *line) asker {
	texts := func(name string, otherwise ...string) json.Member {
		if given := p.Texts(name); given != nil {
			otherwise = given
		}
		return json.Named(name, strs(otherwise))
	}
	judged := p.Bool("generic_safety_check", true)
	more := json.Object{
		json.Named("generic_safety_check", json.Bool(judged)),
		texts("greetings_list", "Casual & Friendly"),
		texts("pii_list", "Person's Name", "Address", "Email Id", "Contact No", "Date Of Birth", "Unique Id", "Financial Data"),
		texts("compliance_list"),
	}
	return about(l, "text", more, func(answer json.Value) (bool, json.Value, error) {
		data := json.Lookup(answer, "data")
		pass := true
		verdicts, _ := list(data, "safety")
		for _, v := range verdicts {
			safe, err := truth(v, "isSafe")
			if pass = pass && safe; err != nil {
				return false, nil, err
			}
		}
		if data.Kind() != '{' || judged && len(verdicts) == 0 {
			return false, nil, errUnreadable
		}
		return pass, picked(data, "safety", "compliance", "greetings"), nil
	})
}
