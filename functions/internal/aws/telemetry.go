package aws

import (
	"context"
	"log/slog"

	"sluice/core/metrics"
	"sluice/core/secret"
	"sluice/core/usage"
)

// Telemetry makes the sinks that tell monitoring systems about requests:
//
//	SLUICE_METRICS_NAMESPACE     namespace of CloudWatch for metrics, which are
//	                             lines among those of out; empty: there are none
//	SLUICE_OTLP_HEADERS_SECRET   name or ARN of the secret with the headers for
//	                             the collector of traces, as
//	                             OTEL_EXPORTER_OTLP_HEADERS has them
//
// and the variables of [metrics.CollectorOf]. The collector comes last: nobody
// waits for it but the process.
func Telemetry(getenv func(string) string, version string, out *usage.Lines, log *slog.Logger) ([]usage.Sink, error) {
	var sinks []usage.Sink
	if namespace := getenv("SLUICE_METRICS_NAMESPACE"); namespace != "" {
		e, err := metrics.NewEMF(namespace, out)
		if err != nil {
			return nil, err
		}
		sinks = append(sinks, e)
	}
	to, err := metrics.CollectorOf(getenv)
	if id := getenv("SLUICE_OTLP_HEADERS_SECRET"); id != "" && to != nil {
		secrets := secret.NewCached(Secrets(getenv), nil)
		to.Headers = func(ctx context.Context) (secret.Value, error) {
			return secrets.Secret(ctx, secret.Ref{Scheme: scheme, Name: id})
		}
	}
	if err != nil || to == nil {
		return sinks, err
	}
	o, err := metrics.NewOTLP(*to, version, log)
	if err != nil {
		return nil, err
	}
	return append(sinks, o), nil
}
