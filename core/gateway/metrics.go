package gateway

import (
	"errors"
	"net/http"

	"sluice/core/api"
	"sluice/core/dialect"
	"sluice/core/dialect/openaichat"
	"sluice/core/llm"
)

// metricsPath is where monitoring systems look.
const metricsPath = "/metrics"

// withMetrics puts metrics in front of next. They are for who has a key of the
// gateway: they tell what it is used for.
func withMetrics(next, metrics http.Handler, auth api.Authenticator) http.Handler {
	if metrics == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != metricsPath {
			next.ServeHTTP(w, r)
			return
		}
		if _, _, err := auth.Authenticate(r.Context(), r.Header); err != nil {
			refuse(w, err)
			return
		}
		metrics.ServeHTTP(w, r)
	})
}

// refuse answers in OpenAI's form.
func refuse(w http.ResponseWriter, err error) {
	e, ok := errors.AsType[*llm.Error](err)
	if !ok {
		e = llm.Errorf(llm.Internal, "internal error")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.HTTPStatus())
	_, _ = w.Write(openaichat.Codec{}.EncodeError(e, dialect.Options{}))
}
