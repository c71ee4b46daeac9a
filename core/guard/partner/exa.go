package partner

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

// exa searches the web for the text and adds what it finds to the request. It
// always passes; a search that fails is an error, and adds nothing.
func exa(p *guard.Params, l *line) asker {
	l.replaces = true
	prefix := p.Text("prefix", "\n<web_search_context>")
	suffix := p.Text("suffix", "\n</web_search_context>")
	more := json.Object{
		json.Named("numResults", json.ValueOf(p.Count("numResults", 5))), json.Named("useAutoprompt", json.Bool(true)),
		json.Named("contents", json.Value(`{"text":true}`)),
	}
	for _, name := range []string{"includeDomains", "excludeDomains"} {
		if domains := p.Texts(name); len(domains) > 0 {
			more.Add(name, strs(domains))
		}
	}
	return func(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
		if in.Operation != "chatComplete" && in.Operation != "complete" {
			return guard.Verdict{Pass: true}, nil
		}
		query := json.Named("query", json.Quote(strings.ReplaceAll(in.Text(), "\n", " ")))
		answer, err := l.post(ctx, append(json.Object{query}, more...).Value())
		if err != nil {
			return guard.Verdict{}, err
		}
		results, err := list(answer, "results")
		if err != nil || len(results) == 0 {
			return guard.Verdict{Pass: err == nil}, err
		}
		found, sources := shown(results)
		v := guard.Verdict{Pass: true, Data: json.Object{json.Named("sources", sources)}.Value()}
		v.Request, err = withContext(in.Request, in.Operation, prefix+"\n"+found+suffix)
		return v, err
	}
}

// shown writes results for a model to read, and lists where they are from.
func shown(results []json.Value) (text string, sources json.Value) {
	var b strings.Builder
	var from []json.Value
	for i, r := range results {
		get := func(name string) string { return json.Unquote(json.Lookup(r, name)) }
		fmt.Fprintf(&b, "[%d] %q\nURL: %s\n", i+1, get("title"), get("url"))
		if date := get("publishedDate"); date != "" {
			fmt.Fprintf(&b, "Date: %s\n", date)
		}
		b.WriteString(get("text") + "\n")
		from = append(from, picked(r, "title", "url", "publishedDate"))
	}
	return b.String(), json.ValueOf(from)
}

// withContext adds text to the first system message of a chat, which is made
// if there is none, or puts it before a prompt.
func withContext(body json.Value, operation, text string) (json.Value, error) {
	if operation == "complete" {
		prompt, err := word(body, "prompt")
		if err != nil {
			return nil, &guard.Error{Name: "Error", Message: "the prompt is no text to put results before"}
		}
		return json.Splice(body, json.Edit{Name: "prompt", Value: json.Quote(text + prompt)})
	}
	turns, err := list(body, "messages")
	if err != nil {
		return nil, &guard.Error{Name: "Error", Message: "the request has no messages to put results into"}
	}
	i := slices.IndexFunc(turns, func(m json.Value) bool { return json.Unquote(json.Lookup(m, "role")) == "system" })
	if i < 0 {
		system := json.Object{json.Named("role", json.Quote("system")), json.Named("content", json.Quote(text))}
		turns = slices.Insert(turns, 0, system.Value())
	} else if turns[i], err = longer(turns[i], text); err != nil {
		return nil, err
	}
	return json.Splice(body, json.Edit{Name: "messages", Value: json.ValueOf(turns)})
}

// longer adds text to the content of a message: a string, or parts.
func longer(message json.Value, text string) (json.Value, error) {
	content := json.Lookup(message, "content")
	if parts, err := list(content); err == nil {
		part := json.Object{json.Named("type", json.Quote("text")), json.Named("text", json.Quote(text))}
		return json.Splice(message, json.Edit{Name: "content", Value: json.ValueOf(append(parts, part.Value()))})
	}
	return json.Splice(message, json.Edit{Name: "content", Value: json.Quote(json.Unquote(content) + text)})
}
