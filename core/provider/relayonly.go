package provider

import (
	"context"
	"net/http"
)

// Providers that are only relayed to: their APIs are not about conversations,
// so there is nothing to translate. The key is theirs, the path the client's.
func init() {
	for _, s := range []Spec{
		{ID: "meshy", Name: "Meshy", BaseURL: "https://api.meshy.ai/openapi/v1", Docs: "https://docs.meshy.ai"},
		{ID: "milvus", Name: "Milvus", Docs: "https://milvus.io/api-reference/restful/v2.6.x/About.md"},
		{ID: "qdrant", Name: "Qdrant", Docs: "https://api.qdrant.tech", Auth: qdrantAuth},
		{ID: "replicate", Name: "Replicate", BaseURL: "https://api.replicate.com/v1", Docs: "https://replicate.com/docs/reference/http"},
		{ID: "tripo3d", Name: "Tripo3D", BaseURL: "https://api.tripo3d.ai/v2/openapi", Docs: "https://platform.tripo3d.ai/docs"},
	} {
		s.Endpoints = []Endpoint{} // none, where nil would be chat
		add(s)
	}
}

// qdrantAuth sends the bare key: Qdrant's header knows no scheme.
func qdrantAuth(_ context.Context, r *http.Request, s Settings) error {
	if s.APIKey.IsZero() {
		return missingKey("qdrant", "")
	}
	r.Header.Set("Api-Key", s.APIKey.Reveal())
	return nil
}
