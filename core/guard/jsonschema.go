package guard

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"sluice/core/internal/json"
)

func init() { add(Spec{ID: "default.jsonSchema", Form: true, New: newJSONSchema}) }

// newJSONSchema passes texts with JSON that is valid by a schema. Formats are
// asserted, as in the reference.
func newJSONSchema(p *Params, _ Env) Check {
	p.Required("schema")
	not := p.Bool("not", false)
	schema, err := compileSchema(p.kind("schema", "{", "object"))
	if err != nil {
		p.Fail("schema", "Invalid JSON schema: %s", err)
	}
	return textCheck(func(_ context.Context, text string) (Verdict, error) {
		pieces := findJSON(text)
		if len(pieces) == 0 {
			return found(not, struct {
				Not         bool   `json:"not"`
				Explanation string `json:"explanation"`
			}{not, "No valid JSON found in the response."}), nil
		}
		piece, invalid := validPiece(schema, pieces)
		valid := len(invalid) == 0
		return found(valid != not, struct {
			MatchedJSON      json.Value    `json:"matchedJson"`
			Not              bool          `json:"not"`
			Explanation      string        `json:"explanation"`
			ValidationErrors []schemaError `json:"validationErrors"`
		}{piece.raw, not, choose(valid, "Successfully validated", "Failed to validate") + " JSON against the provided schema.", invalid}), nil
	})
}

// A schemaError says what is wrong at a place, which is a JSON pointer.
type schemaError struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

// validPiece returns the first piece that is valid, or the first one with
// what is wrong with it.
func validPiece(schema *jsonschema.Schema, pieces []jsonPiece) (jsonPiece, []schemaError) {
	var first []schemaError
	for i, piece := range pieces {
		err := schema.Validate(piece.value)
		if err == nil {
			return piece, nil
		}
		if i == 0 {
			first = schemaErrors(err)
		}
	}
	return pieces[0], first
}

var english = message.NewPrinter(language.English)

// maxSchemaErrors bounds what is reported of one text.
const maxSchemaErrors = 20

// schemaErrors lists the errors that have no others as their cause.
func schemaErrors(err error) (list []schemaError) {
	e, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return []schemaError{{"", "cannot be validated"}}
	}
	if len(e.Causes) == 0 {
		pointer := strings.Join(append([]string{""}, e.InstanceLocation...), "/")
		return []schemaError{{pointer, e.ErrorKind.LocalizedString(english)}}
	}
	for _, cause := range e.Causes {
		list = append(list, schemaErrors(cause)...)
		if len(list) > maxSchemaErrors {
			return list[:maxSchemaErrors]
		}
	}
	return list
}

// compileSchema reads a schema of draft 2020-12, or of the one that it names
// in $schema. Other documents it cannot refer to: neither files nor URLs are
// read.
func compileSchema(schema json.Value) (*jsonschema.Schema, error) {
	if schema == nil {
		return nil, nil // told already
	}
	var v any
	if err := json.UnmarshalLoose(schema, &v); err != nil {
		return nil, errors.New("a number is out of range")
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseLoader(noDocuments{})
	c.UseRegexpEngine(func(source string) (jsonschema.Regexp, error) { return compilePattern(source, "u") })
	const name = "parameter://guard/schema"
	if err := c.AddResource(name, v); err != nil {
		return nil, err
	}
	return c.Compile(name)
}

// noDocuments refuses to load anything.
type noDocuments struct{}

func (noDocuments) Load(url string) (any, error) {
	return nil, fmt.Errorf("other documents cannot be referred to")
}
