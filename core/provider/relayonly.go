package provider

import (
	"context"
	"net/http"
)

// Providers that are only relayed to: their APIs are not about conversations,
// so there is nothing to translate. The key is theirs, the path the client's.
func init() {
	for _, s := range []Spec{
		{ID: "assemblyai", Name: "AssemblyAI", BaseURL: "https://api.assemblyai.com/v2", Docs: "https://www.assemblyai.com/docs/api-reference/overview", Auth: keyIn("assemblyai", "Authorization", "")},
		{ID: "deepgram", Name: "Deepgram", BaseURL: "https://api.deepgram.com/v1", Docs: "https://developers.deepgram.com/reference/authentication", Auth: keyIn("deepgram", "Authorization", "Token ")},
		{ID: "elevenlabs", Name: "ElevenLabs", BaseURL: "https://api.elevenlabs.io/v1", Docs: "https://elevenlabs.io/docs/api-reference/authentication", Auth: keyIn("elevenlabs", "Xi-Api-Key", "")},
		{ID: "meshy", Name: "Meshy", BaseURL: "https://api.meshy.ai/openapi/v1", Docs: "https://docs.meshy.ai"},
		{ID: "milvus", Name: "Milvus", Docs: "https://milvus.io/api-reference/restful/v2.6.x/About.md"},
		{ID: "qdrant", Name: "Qdrant", Docs: "https://api.qdrant.tech", Auth: keyIn("qdrant", "Api-Key", "")},
		{ID: "replicate", Name: "Replicate", BaseURL: "https://api.replicate.com/v1", Docs: "https://replicate.com/docs/reference/http"},
		{ID: "tripo3d", Name: "Tripo3D", BaseURL: "https://api.tripo3d.ai/v2/openapi", Docs: "https://platform.tripo3d.ai/docs"},
	} {
		s.Endpoints = []Endpoint{} // none, where nil would be chat
		add(s)
	}
}

// keyIn sends the key in another header, or with another scheme, than most
// providers want it. The scheme ends in a space, or is empty.
func keyIn(id, header, scheme string) func(context.Context, *http.Request, Settings) error {
	return func(_ context.Context, r *http.Request, s Settings) error {
		if s.APIKey.IsZero() {
			return missingKey(id, "")
		}
		r.Header.Set(header, scheme+s.APIKey.Reveal())
		return nil
	}
}
