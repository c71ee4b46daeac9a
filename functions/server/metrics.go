package main

import (
	"net/http"

	"sluice/core/gateway"
	"sluice/core/metrics"
)

// observed adds what tells monitoring systems about requests. The handler that
// is made of the configuration goes through live, which counts requests while
// they are served.
func (s *server) observed(c gateway.Config) (_ gateway.Config, live func(http.Handler) http.Handler) {
	p := metrics.NewPrometheus(version)
	c.Metrics = p
	c.Sinks = append(c.Sinks, p)
	return c, p.Live
}
