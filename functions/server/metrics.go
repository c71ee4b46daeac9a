package main

import (
	"net/http"

	"sluice/core/gateway"
	"sluice/core/metrics"
)

// observed adds what tells monitoring systems about requests. The handler that
// is made of the configuration goes through live, which counts requests while
// they are served.
func (s *server) observed(c gateway.Config, getenv func(string) string) (_ gateway.Config, live func(http.Handler) http.Handler, err error) {
	p := metrics.NewPrometheus(version)
	c.Metrics = p
	c.Sinks = append(c.Sinks, p)
	to, err := metrics.CollectorOf(getenv)
	if err != nil || to == nil {
		return c, p.Live, err
	}
	o, err := metrics.NewOTLP(*to, version, s.log)
	if err != nil {
		return c, nil, err
	}
	p.Count("sluice.export.failures", "Traces that did not reach the collector.", o.Failures)
	c.Sinks = append(c.Sinks, o)
	return c, p.Live, nil
}
