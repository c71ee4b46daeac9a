package aws

import (
	"sluice/core/metrics"
	"sluice/core/usage"
)

// Telemetry makes the sinks that tell monitoring systems about requests:
//
//	SLUICE_METRICS_NAMESPACE   namespace of CloudWatch for metrics, which are
//	                           lines among those of out; empty: there are none
func Telemetry(getenv func(string) string, out *usage.Lines) ([]usage.Sink, error) {
	namespace := getenv("SLUICE_METRICS_NAMESPACE")
	if namespace == "" {
		return nil, nil
	}
	e, err := metrics.NewEMF(namespace, out)
	if err != nil {
		return nil, err
	}
	return []usage.Sink{e}, nil
}
