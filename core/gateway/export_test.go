package gateway

import (
	"net/http"

	"sluice/core/internal/httpx"
	"sluice/core/upstream"
)

// NewPlayed returns a gateway to which client is the network.
func NewPlayed(c Config, client upstream.Doer) (http.Handler, error) {
	guard, err := httpx.NewGuard(httpx.Policy{HTTPSOnly: true})
	if err != nil {
		return nil, err
	}
	return assemble(c, guard, client)
}
