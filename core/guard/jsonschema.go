package guard

import (
	"context"
	"errors"
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
	var schema *validators
	if v := p.kind("schema", "{", "object"); v != nil {
		var err error
		if schema, err = newValidators(v); err != nil {
			p.Fail("schema", "Invalid JSON schema: %s", err)
		}
	}
	return textCheck(func(ctx context.Context, text string) (Verdict, error) {
		pieces := findJSON(text)
		if len(pieces) == 0 {
			return found(not, struct {
				Not         bool   `json:"not"`
				Explanation string `json:"explanation"`
			}{not, "No valid JSON found in the response."}), nil
		}
		var piece jsonPiece
		var invalid []schemaError
		if err := schema.use(ctx, len(text), func(v *validator) (err error) {
			piece, invalid, err = validPiece(v, pieces)
			return err
		}); err != nil {
			return Verdict{}, err
		}
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
func validPiece(v *validator, pieces []jsonPiece) (valid jsonPiece, first []schemaError, err error) {
	for i, piece := range pieces {
		switch err := v.validate(piece.value); {
		case err == nil:
			return piece, nil, nil
		case errors.Is(err, errCostly):
			return piece, nil, err
		case i == 0:
			first = schemaErrors(err)
		}
	}
	return pieces[0], first, nil
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
