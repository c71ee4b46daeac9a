package gateway

import (
	"net/http"

	"sluice/core/admin"
	"sluice/core/api"
	"sluice/core/rollup"
)

// authenticator finds out who asks, on both planes.
func (c Config) authenticator() api.Authenticator {
	if c.Auth != nil {
		return c.Auth
	}
	return authenticator(c.Keys)
}

// withAdmin puts the control plane's API in front of the data plane, which
// would hand its paths on to a provider.
func (c Config) withAdmin(data http.Handler) http.Handler {
	if c.Logs == nil || c.Data == nil {
		return data
	}
	return admin.New(admin.Config{
		Auth: c.authenticator(), Logs: c.Logs, Sums: &rollup.Sums{Table: c.Data}, Table: c.Data, Prices: c.Prices, Stopping: c.Stopping, Log: c.log(),
	}, data)
}
