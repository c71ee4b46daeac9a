package partner

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/secret"
)

// maxGuardrailText is how many characters a guardrail takes at a time: 25 text
// units, the least that AWS grants in a region.
//
// https://docs.aws.amazon.com/general/latest/gr/bedrock.html
const maxGuardrailText = 25_000

// bedrock asks a guardrail of Amazon Bedrock about every text.
//
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ApplyGuardrail.html
var bedrock = guard.Spec{ID: "bedrock.guard", Open: true, New: func(p *guard.Params, e guard.Env) guard.Check {
	needed(p, "guardrailId", "guardrailVersion")
	call := guard.GuardrailCall{ID: p.Text("guardrailId", ""), Version: p.Text("guardrailVersion", "")}
	l := &line{service: "Amazon Bedrock", timeout: p.Timeout(timeout)}
	c := p.Object("credentials")
	call.Options = awsOptions(c)
	p.Within("credentials", c)
	ask := each(l.redacts(p), maxGuardrailText, func(ctx context.Context, event guard.Event, text string) (finding, error) {
		answer, err := applied(ctx, e, call, event, text)
		if err != nil {
			return finding{}, err
		}
		return intervention(answer, text)
	})
	return &check{
		line: l,
		ask: func(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
			v, err := ask(ctx, in)
			v.Data = json.Lookup(v.Data, "0") // the first that has intervened
			return v, err
		},
	}
}}

// awsOptions reads credentials, under the names of the reference's code and
// of its manifest. Those of the gateway itself are lent to roles only.
func awsOptions(c *guard.Params) map[string]secret.Value {
	options := map[string]secret.Value{}
	for option, names := range map[string][]string{
		"aws_access_key_id": {"awsAccessKeyId", "accessKeyId"}, "aws_secret_access_key": {"awsSecretAccessKey", "accessKeySecret", "secretAccessKey"},
		"aws_session_token": {"awsSessionToken", "sessionToken"}, "aws_region": {"awsRegion", "region"},
		"aws_auth_type": {"awsAuthType"}, "aws_role_arn": {"awsRoleArn"}, "aws_external_id": {"awsExternalId"},
	} {
		for _, name := range names {
			if s := c.Secret(name); !s.IsZero() {
				options[option] = cmp.Or(options[option], s)
			}
		}
	}
	has := func(option string) bool { return !options[option].IsZero() }
	switch {
	case options["aws_auth_type"].Reveal() == "assumedRole":
		needed(c, "awsRoleArn")
	case !has("aws_access_key_id") || !has("aws_secret_access_key"):
		c.Fail("", "Missing required credentials")
	}
	if !has("aws_region") {
		c.Fail("awsRegion", "Required")
	}
	return options
}

func applied(ctx context.Context, e guard.Env, call guard.GuardrailCall, event guard.Event, text string) (json.Value, error) {
	if e.ApplyGuardrail == nil {
		return nil, &guard.Error{Name: "Error", Message: "this gateway does not reach AWS"}
	}
	content := json.Object{json.Named("text", json.Object{json.Named("text", json.Quote(text))}.Value())}.Value()
	call.Body = json.Object{
		json.Named("content", json.ValueOf([]json.Value{content})), json.Named("source", json.Quote(side(event, "INPUT", "OUTPUT"))),
	}.Value()
	answer, err := e.ApplyGuardrail(ctx, call)
	if err != nil {
		return nil, unapplied(err)
	}
	return answer, nil
}

// unapplied is why a guardrail gave no answer.
func unapplied(err error) error {
	if own, ok := errors.AsType[*guard.Error](err); ok {
		return own
	}
	own, ok := errors.AsType[*llm.Error](err)
	switch {
	case !ok:
		return &guard.Error{Name: "Error", Message: "no connection"}
	case own.Kind == llm.Timeout:
		return &guard.Error{Name: "TimeoutError", Message: own.Message}
	}
	return &guard.Error{Name: "Error", Message: own.Message}
}

// intervention reads what a guardrail did. The text without personal data
// counts if there was nothing else to stop it.
func intervention(answer json.Value, text string) (finding, error) {
	action, err := word(answer, "action")
	if err != nil || action != "GUARDRAIL_INTERVENED" {
		return finding{}, err
	}
	assessments, err := list(answer, "assessments")
	f := finding{bad: true, data: json.Object{
		json.Named("action", json.Quote(action)), json.Named("assessments", json.ValueOf(unquotedMatches(assessments))),
	}.Value()}
	only := len(assessments) > 0
	for _, a := range assessments {
		only = only && onlyPersonal(a)
	}
	if only {
		f.redacted = impersonal(answer, assessments, text)
	}
	return f, err
}

// personal is the part of an assessment about personal data; it has two lists.
const personal = "sensitiveInformationPolicy"

var personalLists = []struct{ name, label string }{{"piiEntities", "type"}, {"regexes", "name"}}

// onlyPersonal reports whether personal data is all that a guardrail has acted
// upon, whatever other policies there will be.
func onlyPersonal(assessment json.Value) bool {
	for _, policy := range json.ObjectOf(assessment) {
		if policy.Name == personal {
			continue
		}
		for _, m := range json.ObjectOf(policy.Value) {
			found, _ := json.Elements(m.Value)
			if slices.ContainsFunc(found, acted) {
				return false
			}
		}
	}
	return json.Present(json.Lookup(assessment, personal))
}

// acted reports whether a guardrail has done something about what it found.
func acted(found json.Value) bool {
	action := json.Lookup(found, "action")
	return action.Kind() == '"' && json.Unquote(action) != "NONE" || action == nil && json.Present(json.Lookup(found, "match"))
}

// impersonal is the text without what was found: the service's own, if all of
// it was hidden, else with the kind of each match in its place. Nil: there is
// nothing to take out, or it is not in the text.
func impersonal(answer json.Value, assessments []json.Value, text string) *string {
	var spans []span
	hidden := true
	for _, a := range assessments {
		for _, l := range personalLists {
			matches, _ := list(a, personal, l.name)
			for _, m := range matches {
				if !acted(m) {
					continue
				}
				hidden = hidden && json.Unquote(json.Lookup(m, "action")) == "ANONYMIZED"
				spans = append(spans, span{json.Unquote(json.Lookup(m, "match")), "{" + json.Unquote(json.Lookup(m, l.label)) + "}"})
			}
		}
	}
	if given, err := word(answer, "outputs", "0", "text"); err == nil && hidden && len(spans) > 0 {
		return &given
	}
	return without(text, spans)
}

// unquotedMatches are assessments without the words that they have found.
func unquotedMatches(assessments []json.Value) []json.Value {
	out := []json.Value{}
	for _, a := range assessments {
		for _, policy := range []string{personal, "wordPolicy"} {
			a, _ = json.Rewrite(a, []string{policy, "*", "*", "match"}, func(json.Value) json.Value { return json.Quote(hidden) })
		}
		out = append(out, a)
	}
	return out
}
