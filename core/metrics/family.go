package metrics

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// maxSeries is how many series one metric has at most. What comes then is
// counted together, in one series whose labels all say other.
const maxSeries = 500

// other is the label of what has none of its own.
const other = "other"

// A family is all series of one metric. Its amounts are integers, so that sums
// are exact; what is written is divided by per.
type family struct {
	name, help string
	labels     []string
	per        int64   // 1, or how many are a second or a dollar
	bounds     []int64 // of a histogram's buckets; nil: it is a counter
	series     map[values]*series
}

// values are those of a family\'s labels, in their order.
type values [4]string

type series struct {
	labels string // as they are written
	sum    int64
	counts []int64 // of a histogram: by bucket, the last one without a bound
}

// add counts an amount under the values of the labels, in their order.
func (f *family) add(amount int64, labels ...string) {
	var v values
	copy(v[:], labels)
	s := f.find(v)
	if s.sum += amount; s.sum < 0 && amount > 0 {
		s.sum = math.MaxInt64
	}
	if f.bounds == nil {
		return
	}
	i, _ := slices.BinarySearch(f.bounds, amount) // the bounds are in their buckets
	s.counts[i]++
}

func (f *family) find(key values) *series {
	if s := f.series[key]; s != nil {
		return s
	}
	if len(f.series) >= maxSeries-1 {
		key = values{other, other, other, other}
		if s := f.series[key]; s != nil {
			return s
		}
	}
	s := &series{labels: f.write(key)}
	if f.bounds != nil {
		s.counts = make([]int64, len(f.bounds)+1)
	}
	if f.series == nil {
		f.series = map[values]*series{}
	}
	f.series[key] = s
	return s
}

var labelEscape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// write puts labels into the text format. One without a value is left out,
// which means the same.
func (f *family) write(key values) string {
	var b strings.Builder
	for i, name := range f.labels {
		v := key[i]
		if v == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(name + `="` + labelEscape.Replace(strings.ToValidUTF8(v, "\uFFFD")) + `"`)
	}
	return b.String()
}

// appendTo writes the family in the text format, series in the order of their
// labels.
func (f *family) appendTo(dst []byte) []byte {
	kind := "counter"
	if f.bounds != nil {
		kind = "histogram"
	}
	dst = appendHead(dst, f.name, f.help, kind)
	all := make([]*series, 0, len(f.series))
	for _, s := range f.series {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *series) int { return strings.Compare(a.labels, b.labels) })
	for _, s := range all {
		if f.bounds == nil {
			dst = f.appendSample(dst, "", s.labels, decimal(s.sum, f.per))
		} else {
			dst = f.appendHistogram(dst, s)
		}
	}
	return dst
}

func (f *family) appendHistogram(dst []byte, s *series) []byte {
	var n int64
	for i, c := range s.counts {
		n += c
		le := "+Inf"
		if i < len(f.bounds) {
			le = decimal(f.bounds[i], f.per)
		}
		labels := `le="` + le + `"`
		if s.labels != "" {
			labels = s.labels + "," + labels
		}
		dst = f.appendSample(dst, "_bucket", labels, strconv.FormatInt(n, 10))
	}
	dst = f.appendSample(dst, "_sum", s.labels, decimal(s.sum, f.per))
	return f.appendSample(dst, "_count", s.labels, strconv.FormatInt(n, 10))
}

func (f *family) appendSample(dst []byte, suffix, labels, value string) []byte {
	dst = append(append(dst, f.name...), suffix...)
	if labels != "" {
		dst = append(append(append(dst, '{'), labels...), '}')
	}
	return append(append(append(dst, ' '), value...), '\n')
}

func appendHead(dst []byte, name, help, kind string) []byte {
	return append(dst, "# HELP "+name+" "+help+"\n# TYPE "+name+" "+kind+"\n"...)
}

// decimal writes n ÷ per, a power of ten, exactly.
func decimal(n, per int64) string {
	text := strconv.FormatInt(n/per, 10)
	if n%per == 0 {
		return text
	}
	if n < 0 {
		return "-" + decimal(-n, per)
	}
	fraction := strconv.FormatInt(n%per+per, 10)[1:]
	return text + "." + strings.TrimRight(fraction, "0")
}
