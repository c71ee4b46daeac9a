package dialecttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"sluice/core/llm"
)

// ClearNative empties every residue in a request.
func ClearNative(r *llm.Request) { clearNative(reflect.ValueOf(r)) }

func clearNative(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			clearNative(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			clearNative(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[llm.Native]() {
			v.SetZero()
			return
		}
		for i := range v.NumField() {
			clearNative(v.Field(i))
		}
	}
}

// diff lists the paths at which two documents differ.
func (c Codec) diff(a, b []byte) []string {
	var x, y any
	for _, in := range []struct {
		b []byte
		v *any
	}{{a, &x}, {b, &y}} {
		d := json.NewDecoder(bytes.NewReader(in.b))
		d.UseNumber()
		if err := d.Decode(in.v); err != nil {
			return []string{"not JSON: " + err.Error()}
		}
	}
	if c.Normalize != nil {
		x, y = c.Normalize(x), c.Normalize(y)
	}
	var out []string
	diffValue("", x, y, &out)
	slices.Sort(out)
	return out
}

func diffValue(path string, a, b any, out *[]string) {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			break
		}
		for k := range x {
			if _, ok := y[k]; !ok {
				*out = append(*out, path+"."+k)
				continue
			}
			diffValue(path+"."+k, x[k], y[k], out)
		}
		for k := range y {
			if _, ok := x[k]; !ok {
				*out = append(*out, path+"."+k+" (new)")
			}
		}
		return
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			break
		}
		for i := range x {
			diffValue(fmt.Sprintf("%s.%d", path, i), x[i], y[i], out)
		}
		return
	}
	if !reflect.DeepEqual(a, b) {
		*out = append(*out, path)
	}
}

func indent(b []byte) []byte {
	var buf bytes.Buffer
	if json.Indent(&buf, b, "", "  ") != nil {
		return b
	}
	return buf.Bytes()
}
