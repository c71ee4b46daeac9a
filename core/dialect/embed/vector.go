package embed

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Conform returns an answer in OpenAI's form whose vectors are as the client
// wants them: OpenAI's SDKs ask for base64 by default and take a list for it.
// Every other byte stays as it was. An answer that is right already is
// returned as it is, and so is one that cannot be read.
func Conform(body []byte, base64 bool) []byte {
	if kind := json.Lookup(body, "data", "0", "embedding").Kind(); base64 && kind != '[' || !base64 && kind != '"' {
		return body
	}
	var bad error
	out, err := json.Rewrite(body, []string{"data", "*", "embedding"}, func(v json.Value) json.Value {
		var converted []byte
		var err error
		switch v.Kind() {
		case '"':
			converted, err = appendUnpacked(nil, json.Unquote(v))
		case '[':
			converted, err = appendPacked(nil, v)
		default:
			return v
		}
		if err != nil {
			bad = err
			return v
		}
		return converted
	})
	if err != nil || bad != nil {
		return body
	}
	return out
}

// Floats are the numbers of a vector, in whichever form it came.
func (v *Vector) Floats() ([]float32, error) {
	if v.Numbers == nil {
		return unpacked(v.Base64)
	}
	all, err := json.Elements(v.Numbers)
	if err != nil || len(all) == 0 {
		return nil, unreadable()
	}
	out := make([]float32, len(all))
	for i, n := range all {
		f, err := strconv.ParseFloat(string(n), 32)
		if err != nil {
			return nil, unreadable()
		}
		out[i] = float32(f)
	}
	return out, nil
}

func unpacked(packed string) ([]float32, error) {
	raw, err := base64.StdEncoding.DecodeString(packed)
	if err != nil || len(raw)%4 != 0 {
		return nil, unreadable()
	}
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out, nil
}

// appendPacked writes numbers as base64 of float32, little endian.
func appendPacked(dst []byte, numbers json.Value) ([]byte, error) {
	all, err := (&Vector{Numbers: numbers}).Floats()
	if err != nil {
		return nil, err
	}
	raw := make([]byte, 0, 4*len(all))
	for _, f := range all {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
	}
	dst = base64.StdEncoding.AppendEncode(append(dst, '"'), raw)
	return append(dst, '"'), nil
}

// appendUnpacked writes packed numbers as a list.
func appendUnpacked(dst []byte, packed string) ([]byte, error) {
	all, err := unpacked(packed)
	if err != nil {
		return nil, err
	}
	dst = append(dst, '[')
	for i, f := range all {
		if f64 := float64(f); math.IsNaN(f64) || math.IsInf(f64, 0) { // JSON has no word for it
			return nil, unreadable()
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendFloat(dst, float64(f), 'g', -1, 32)
	}
	return append(dst, ']'), nil
}

func unreadable() error {
	return llm.Errorf(llm.Upstream, "its answer has a vector that cannot be read")
}

func usageOf(v json.Value) *llm.Usage { return dialect.TaskUsage(v) }
