package route

import (
	"math"
	"slices"
	"strconv"
	"time"

	"sluice/core/internal/json"
)

func (p *parser) object(v json.Value, path []string) []json.Member {
	ms, err := json.Members(v)
	if err != nil {
		p.fault(path, "Expected object, received "+json.KindName(v))
	}
	return ms
}

func (p *parser) text(v json.Value, path []string) string {
	if v.Kind() != '"' {
		p.fault(path, "Expected string, received "+json.KindName(v))
	}
	return json.Unquote(v)
}

func (p *parser) number(v json.Value, path []string) float64 {
	n, err := strconv.ParseFloat(string(v), 64)
	switch {
	case v.Kind() != '0' || err != nil:
		p.fault(path, "Expected number, received "+json.KindName(v))
		return 0
	case n < 0 || n > math.MaxInt32:
		p.fault(path, "Number must be between 0 and 2147483647")
		return 0
	}
	return n
}

func (p *parser) milliseconds(v json.Value, path []string) time.Duration {
	return time.Duration(p.number(v, path) * float64(time.Millisecond))
}

func (p *parser) boolean(v json.Value, path []string) *bool {
	if k := v.Kind(); k != 't' && k != 'f' {
		p.fault(path, "Expected boolean, received "+json.KindName(v))
		return nil
	}
	b := v.Kind() == 't'
	return &b
}

func (p *parser) codes(v json.Value, path []string) []int {
	elements, err := json.Elements(v)
	if err != nil {
		p.fault(path, "Expected array, received "+json.KindName(v))
	}
	codes := []int{}
	for i, e := range elements {
		codes = append(codes, int(p.number(e, append(slices.Clip(path), strconv.Itoa(i)))))
	}
	return codes
}
