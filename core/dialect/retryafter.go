package dialect

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter bounds what a provider may ask for.
const maxRetryAfter = 24 * time.Hour

// RetryAfter reads how long a provider wants to be left alone: OpenAI's and
// Azure's headers in milliseconds first, then the standard one, in seconds or
// as a date by the provider's own clock. It is 0 if nothing was said.
//
// The x-ratelimit-reset headers of OpenAI and Groq are not read: they tell
// when a limit is back at its full height, which may be a day away while the
// next request would be let in at once.
//
// https://developers.openai.com/api/docs/guides/rate-limits
// https://console.groq.com/docs/rate-limits
// https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
func RetryAfter(h http.Header) time.Duration {
	for _, name := range []string{"Retry-After-Ms", "X-Ms-Retry-After-Ms"} {
		if d := span(h.Get(name), time.Millisecond); d > 0 {
			return d
		}
	}
	v := h.Get("Retry-After")
	if d := span(v, time.Second); d > 0 {
		return d
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

func span(s string, unit time.Duration) time.Duration {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !(n > 0) {
		return 0
	}
	return time.Duration(min(n*float64(unit), float64(maxRetryAfter)))
}
