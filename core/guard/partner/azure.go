package partner

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"unicode/utf8"

	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/secret"
)

// Azure's two services have credentials of their own, in one object.
var (
	language = service{
		name: "Azure AI Language", base: "https://{domain}.cognitiveservices.azure.com", host: "resourceName", custom: "customHost",
		within: "pii", auth: azureAuth,
		checks: []kind{{id: "azure.pii", open: true, path: "/language/:analyze-text", ask: azurePII}},
	}
	contentSafety = service{
		name: "Azure AI Content Safety", base: "https://{domain}.cognitiveservices.azure.com", host: "resourceName", custom: "customHost",
		within: "contentSafety", auth: azureAuth,
		checks: []kind{
			{id: "azure.contentSafety", open: true, path: "/contentsafety/text:analyze", ask: azureSafety},
			{id: "azure.shieldPrompt", events: input, open: true, path: "/contentsafety/text:shieldPrompt", ask: shieldPrompt},
			{id: "azure.protectedMaterial", events: output, open: true, path: "/contentsafety/text:detectProtectedMaterial", ask: protectedMaterial},
		},
	}
)

// azureAuth reads a key, or what buys access tokens.
func azureAuth(c *guard.Params, l *line) {
	mode := c.OneOf("azureAuthMode", "apiKey", "entra", "managed")
	options := map[string]secret.Value{"azure_auth_mode": secret.New(mode)}
	switch mode {
	case "entra":
		needed(c, "clientId", "clientSecret", "tenantId")
		options["azure_entra_client_id"] = c.Secret("clientId")
		options["azure_entra_client_secret"] = c.Secret("clientSecret")
		options["azure_entra_tenant_id"] = c.Secret("tenantId")
	case "managed":
		options["azure_managed_client_id"] = c.Secret("clientId")
	default:
		l.withKey(c, "Ocp-Apim-Subscription-Key", "apiKey")
		return
	}
	l.authorize = func(ctx context.Context, r *http.Request) error {
		token, err := azureToken(ctx, l.env, options, r.URL.Hostname())
		r.Header.Set("Authorization", "Bearer "+token)
		return err
	}
}

func azureToken(ctx context.Context, e guard.Env, options map[string]secret.Value, host string) (string, error) {
	if e.AzureToken == nil {
		return "", &guard.Error{Name: "Error", Message: "this gateway buys no access tokens"}
	}
	token, err := e.AzureToken(ctx, options, host)
	if err == nil {
		return token, nil
	}
	message := "no access token"
	if own, ok := errors.AsType[*llm.Error](err); ok {
		message += ": " + own.Message
	}
	return "", &guard.Error{Name: "Error", Message: message}
}

// version reads the version of an API and makes it part of the URL.
func version(p *guard.Params, l *line, otherwise string) {
	v := p.Text("apiVersion", otherwise)
	for _, c := range v {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '-' {
			p.Fail("apiVersion", "Must be the version of an API")
			return
		}
	}
	l.url += "?api-version=" + v
}

// What Azure takes: texts in one request, characters of a text. Azure counts
// graphemes, of which there are fewer.
//
// https://learn.microsoft.com/azure/ai-services/language-service/concepts/data-limits
// https://learn.microsoft.com/azure/ai-services/content-safety/overview#input-requirements
const (
	maxDocuments = 5
	maxDocument  = 5_120  // of Language
	maxSafety    = 10_000 // of Content Safety, all documents of a request together
)

// azurePII asks about texts as documents, whose ids are their places.
func azurePII(p *guard.Params, l *line) asker {
	version(p, l, "2024-11-01")
	redact, spoken := l.redacts(p), p.Text("language", "en")
	parameters := json.Object{
		json.Named("domain", json.Quote(p.Text("domain", "none"))), json.Named("modelVersion", json.Quote(p.Text("modelVersion", "latest"))),
	}
	if categories := p.Texts("piiCategories"); len(categories) > 0 {
		parameters.Add("piiCategories", strs(categories))
	}
	return func(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
		asked := partsOf(in, maxDocument)
		found := make([]finding, len(asked.texts))
		ids := asked.ids()
		documents := documents(ids, asked.texts, spoken)
		_, err := all(ctx, (len(ids)+maxDocuments-1)/maxDocuments, func(ctx context.Context, i int) (finding, error) {
			first, end := i*maxDocuments, min((i+1)*maxDocuments, len(ids))
			answer, err := l.post(ctx, json.Object{
				json.Named("kind", json.Quote("PiiEntityRecognition")), json.Named("parameters", parameters.Value()),
				json.Named("analysisInput", json.Object{json.Named("documents", json.ValueOf(documents[first:end]))}.Value()),
			}.Value())
			if err != nil {
				return finding{}, err
			}
			return finding{}, azureEntities(answer, ids[first:end], found[first:end])
		})
		if err != nil {
			return guard.Verdict{}, err
		}
		return sum(in, asked.findings(in, found), redact), nil
	}
}

func documents(ids, texts []string, language string) []json.Value {
	var out []json.Value
	for i, t := range texts {
		out = append(out, json.Object{
			json.Named("id", json.Quote(ids[i])), json.Named("text", json.Quote(t)), json.Named("language", json.Quote(language)),
		}.Value())
	}
	return out
}

// azureEntities reads what was found in documents. Each that was asked about
// has to be there.
func azureEntities(answer json.Value, ids []string, findings []finding) error {
	results, err := list(answer, "results", "documents")
	if err != nil || len(results) != len(findings) {
		return errUnreadable
	}
	seen := map[int]bool{}
	for _, d := range results {
		i := slices.Index(ids, json.Unquote(json.Lookup(d, "id")))
		found, err := list(d, "entities")
		if err != nil || i < 0 || seen[i] {
			return errUnreadable
		}
		kinds := []json.Value{}
		for _, e := range found {
			kinds = append(kinds, picked(e, "category", "subcategory", "offset", "length", "confidenceScore"))
		}
		f := finding{bad: len(found) > 0, data: json.Object{json.Named("id", json.Lookup(d, "id")), json.Named("entities", json.ValueOf(kinds))}.Value()}
		if redacted, missing := word(d, "redactedText"); missing == nil {
			f.redacted = &redacted
		}
		findings[i], seen[i] = f, true
	}
	return nil
}

var safetyCategories = []string{"Hate", "SelfHarm", "Sexual", "Violence"}

func azureSafety(p *guard.Params, l *line) asker {
	version(p, l, "2024-11-01")
	limit, categories := p.Number("severity", 2), choices(p, "categories", safetyCategories)
	if len(categories) == 0 {
		categories = safetyCategories
	}
	more := json.Object{json.Named("categories", strs(categories))}
	if names := p.Texts("blocklistNames"); len(names) > 0 {
		more.Add("blocklistNames", strs(names))
	}
	return inPieces(l, "text", maxSafety, more, func(answer json.Value) (bool, json.Value, error) {
		analyses, err := list(answer, "categoriesAnalysis")
		blocked, _ := list(answer, "blocklistsMatch")
		pass := len(blocked) == 0
		for _, a := range analyses {
			severity, ok := number(json.Lookup(a, "severity"))
			if !ok {
				return false, nil, errUnreadable
			}
			pass = pass && severity < limit
		}
		names := []json.Value{}
		for _, b := range blocked {
			names = append(names, picked(b, "blocklistName", "blocklistItemId"))
		}
		return pass, json.Object{
			json.Named("blocklistsMatch", json.ValueOf(names)), json.Named("categoriesAnalysis", json.ValueOf(analyses)),
		}.Value(), err
	})
}

// shieldPrompt asks about attacks. Where there are instructions of a system,
// these are the prompt and the texts are documents, as with the reference.
func shieldPrompt(p *guard.Params, l *line) asker {
	version(p, l, "2024-09-01")
	return func(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
		questions := shieldQuestions(in)
		found, err := all(ctx, len(questions), func(ctx context.Context, i int) (finding, error) {
			answer, err := l.post(ctx, questions[i])
			if err != nil {
				return finding{}, err
			}
			return attacks(answer)
		})
		if err != nil {
			return guard.Verdict{}, err
		}
		whole := together(make([]string, len(found)), found)
		return guard.Verdict{Pass: !whole.bad, Data: whole.data}, nil
	}
}

// shieldQuestions are the bodies of as many requests as it takes.
func shieldQuestions(in *guard.Input) []json.Value {
	var system guard.Input
	for _, t := range in.Question {
		if t.Role == "system" || t.Role == "developer" {
			system.Texts = append(system.Texts, t)
		}
	}
	prompts, groups := pieces(in.Text(), maxSafety), [][]string(nil)
	if instructions := system.Text(); instructions != "" {
		prompts, groups = pieces(instructions, maxSafety), grouped(partsOf(in, maxSafety).texts)
	}
	var out []json.Value
	for i := range max(len(prompts), len(groups)) {
		body := json.Object{json.Named("userPrompt", json.Quote(prompts[min(i, len(prompts)-1)]))}
		if i < len(groups) {
			body.Add("documents", strs(groups[i]))
		}
		out = append(out, body.Value())
	}
	return out
}

// grouped puts as many texts together as Azure takes as documents.
func grouped(texts []string) (groups [][]string) {
	var group []string
	size := 0
	for _, t := range texts {
		if len(group) == maxDocuments || len(group) > 0 && size+utf8.RuneCountInString(t) > maxSafety {
			groups, group, size = append(groups, group), nil, 0
		}
		group, size = append(group, t), size+utf8.RuneCountInString(t)
	}
	return append(groups, group)
}

func attacks(answer json.Value) (finding, error) {
	attacked, err := truth(answer, "userPromptAnalysis", "attackDetected")
	analyses, _ := list(answer, "documentsAnalysis")
	for _, a := range analyses {
		attacked = attacked || isTrue(a, "attackDetected")
	}
	return finding{bad: attacked, data: picked(answer, "userPromptAnalysis", "documentsAnalysis")}, err
}

func protectedMaterial(p *guard.Params, l *line) asker {
	version(p, l, "2024-09-01")
	return inPieces(l, "text", maxSafety, nil, func(answer json.Value) (bool, json.Value, error) {
		found, err := truth(answer, "protectedMaterialAnalysis", "detected")
		return !found, picked(answer, "protectedMaterialAnalysis"), err
	})
}
