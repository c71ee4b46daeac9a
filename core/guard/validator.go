package guard

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sluice/core/internal/json"
)

// What validating one text may take, in steps of about a microsecond: some, and
// some more for each byte.
const (
	schemaWork = 1 << 18
	byteWork   = 4
)

// A validator is a schema that counts what it takes to validate by it. A short
// one can take for ever: each of thirty definitions names the next one twice.
// It is for one text at a time; see [validators].
type validator struct {
	schema *jsonschema.Schema
	left   int // steps
	ctx    context.Context
}

var errCostly error = &Error{"Error", "validating the text by the schema takes too long"}

// newValidator reads a schema of draft 2020-12, or of the one that it names in
// $schema. Other documents it cannot refer to: neither files nor URLs are read.
func newValidator(schema json.Value) (*validator, error) {
	v := &validator{left: math.MaxInt, ctx: context.Background()}
	var value any
	if err := json.UnmarshalLoose(schema, &value); err != nil {
		return nil, errors.New("a number is out of range")
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseLoader(noDocuments{})
	c.UseRegexpEngine(func(source string) (jsonschema.Regexp, error) {
		p, err := compilePattern(source, "u")
		return countingPattern{p, v}, err
	})
	const name = "parameter://guard/schema"
	if err := c.AddResource(name, value); err != nil {
		return nil, err
	}
	compiled, err := c.Compile(name)
	if err != nil {
		return nil, err
	}
	v.count(compiled)
	return v, nil
}

// noDocuments refuses to load anything.
type noDocuments struct{}

func (noDocuments) Load(url string) (any, error) {
	return nil, fmt.Errorf("other documents cannot be referred to")
}

// count has each part of a schema count how often it is asked.
func (v *validator) count(schema *jsonschema.Schema) {
	v.schema = schema
	known := map[*jsonschema.Schema]bool{}
	eachSchema(reflect.ValueOf(schema), func(s *jsonschema.Schema) bool {
		if known[s] {
			return false
		}
		known[s] = true
		parts := 0
		eachPart(s, func(*jsonschema.Schema) bool { parts++; return false })
		s.Format = v.counting(s.Format, 1+parts)
		return true
	})
}

// counting is a format that counts: it is among the first things that a value
// is asked for, before any other schema.
func (v *validator) counting(f *jsonschema.Format, parts int) *jsonschema.Format {
	if f == nil {
		f = &jsonschema.Format{Validate: func(any) error { return nil }}
	}
	return &jsonschema.Format{Name: f.Name, Validate: func(value any) error {
		v.spend(parts + sizeOf(value))
		return f.Validate(value)
	}}
}

func sizeOf(value any) int {
	switch value := value.(type) {
	case []any:
		return len(value)
	case map[string]any:
		return len(value)
	}
	return 0
}

// spend ends the validation if it has taken too long.
func (v *validator) spend(steps int) {
	if v.left -= steps; v.left < 0 || v.ctx.Err() != nil {
		panic(errCostly)
	}
}

// validate returns an error of package jsonschema, or errCostly.
func (v *validator) validate(value any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			cause, _ := p.(error)
			if err = errCostly; !errors.Is(cause, errCostly) {
				panic(p)
			}
		}
	}()
	return v.schema.Validate(value)
}

// A countingPattern is an expression in a schema. Its time counts as well.
type countingPattern struct {
	*pattern
	validator *validator
}

// stepWork is how much work of an expression is a step: see maxWork.
const stepWork = 32

func (p countingPattern) MatchString(s string) bool {
	p.validator.spend(p.size * len(s) / stepWork)
	return p.pattern.MatchString(s)
}

// eachSchema visits the schemas in a value. It does not go into those for
// which visit is false.
func eachSchema(v reflect.Value, visit func(*jsonschema.Schema) bool) {
	switch v.Kind() {
	case reflect.Interface:
		eachSchema(v.Elem(), visit)
	case reflect.Slice:
		for i := range v.Len() {
			eachSchema(v.Index(i), visit)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			eachSchema(v.MapIndex(key), visit)
		}
	case reflect.Pointer:
		switch p := v.Interface().(type) {
		case *jsonschema.Schema:
			if p != nil && visit(p) {
				eachPart(p, visit)
			}
		case *jsonschema.DynamicRef:
			if p != nil {
				eachSchema(reflect.ValueOf(p.Ref), visit)
			}
		}
	}
}

// eachPart visits the schemas that one refers to, and what is in them.
func eachPart(schema *jsonschema.Schema, visit func(*jsonschema.Schema) bool) {
	fields := reflect.ValueOf(schema).Elem()
	for i := range fields.NumField() {
		if fields.Type().Field(i).IsExported() {
			eachSchema(fields.Field(i), visit)
		}
	}
}

// validators of one schema, of which each text has one for itself.
type validators struct {
	schema json.Value
	free   sync.Pool
}

// newValidators reads a schema.
func newValidators(schema json.Value) (*validators, error) {
	v, err := newValidator(schema)
	if err != nil {
		return nil, err
	}
	all := &validators{schema: schema}
	all.free.Put(v)
	return all, nil
}

// use lends a validator for a text of a length.
func (all *validators) use(ctx context.Context, length int, f func(*validator) error) error {
	v, ok := all.free.Get().(*validator)
	if !ok {
		var err error
		if v, err = newValidator(all.schema); err != nil {
			return err
		}
	}
	v.left, v.ctx = schemaWork+byteWork*length, ctx
	defer all.free.Put(v)
	return f(v)
}
