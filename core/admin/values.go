package admin

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/core/internal/json"
	"sluice/core/logs"
	"sluice/core/price"
)

// instant reads a time. A plus sign that nobody has escaped in a query has
// become a space.
func instant(to *time.Time, v string) error {
	v = strings.ReplaceAll(v, " ", "+")
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if t, err := time.Parse(layout, v); err == nil {
			if *to = t.UTC(); to.IsZero() {
				*to = to.Add(1) // the first instant of the calendar is a bound, as clients of .NET write it
			}
			return nil
		}
	}
	return errors.New("must be a time such as 2026-02-23T14:20:31+05:30")
}

// count reads a whole number from 0 on, of units.
func count(to **int64, v string, unit int64) error {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit {
		return errors.New("must be a whole number that is not negative")
	}
	n *= unit
	*to = &n
	return nil
}

// cents reads an amount into nano-dollars.
func cents(to **int64, v string) error {
	amount, err := price.ParseUSD(v)
	if err != nil || amount < 0 {
		return errors.New("must be a number of cents that is not negative")
	}
	n := logs.Cents(price.USD(amount))
	*to = &n
	return nil
}

// list reads values with commas.
func list(to *[]string, v string) error {
	for item := range strings.SplitSeq(v, ",") {
		if item = strings.TrimSpace(item); item != "" && !slices.Contains(*to, item) {
			*to = append(*to, item)
		}
	}
	if len(*to) == 0 {
		return errors.New("must have a value")
	}
	return nil
}

// oneOf reads values with commas, each of which is known.
func oneOf(to *[]string, v string, known []string) error {
	if err := list(to, v); err != nil {
		return err
	}
	for _, one := range *to {
		if !slices.Contains(known, one) {
			return errors.New("must be of " + strings.Join(known, ", "))
		}
	}
	return nil
}

func statuses(f *filter, v string) error {
	for item := range strings.SplitSeq(v, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(item))
		if err != nil || n < 100 || n > 599 {
			return errors.New("must be statuses of HTTP, with commas")
		}
		f.Status = append(f.Status, n)
	}
	return nil
}

func metadata(f *filter, v string) error {
	if err := json.Unmarshal([]byte(v), &f.Metadata); err != nil {
		return errors.New("must be an object of texts")
	}
	return nil
}

// organisationsAndModels reads pairs such as openai__gpt-4o. Logs are found by
// providers and by models, so that several pairs must be all of theirs.
func organisationsAndModels(f *filter, v string) error {
	var pairs, providers, models []string
	if err := list(&pairs, v); err != nil {
		return err
	}
	for _, p := range pairs {
		provider, model, ok := strings.Cut(p, "__")
		if !ok || provider == "" || model == "" {
			return errors.New("must be pairs such as openai__gpt-4o, with commas")
		}
		_ = list(&providers, provider)
		_ = list(&models, model)
	}
	if len(pairs) != len(providers)*len(models) {
		return errors.New("can have several pairs only if they are of one provider or of one model")
	}
	f.Provider, f.Model = providers, models
	return nil
}
