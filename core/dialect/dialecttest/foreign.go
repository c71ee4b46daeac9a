package dialecttest

import (
	"reflect"

	"sluice/core/llm"
)

// ForeignNames are the members inside v, such as a request, that another
// dialect would report as dropped.
func ForeignNames(v any) []string { return foreignNames(reflect.ValueOf(v)) }

func foreignNames(v reflect.Value) []string {
	var names []string
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			names = foreignNames(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			names = append(names, foreignNames(v.Index(i))...)
		}
	case reflect.Struct:
		if n, ok := v.Interface().(llm.Native); ok {
			return n.ForeignTo("another")
		}
		for i := range v.NumField() {
			names = append(names, foreignNames(v.Field(i))...)
		}
	}
	return names
}
