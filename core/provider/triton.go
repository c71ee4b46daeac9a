package provider

import (
	"sluice/core/dialect/triton"
	"sluice/core/llm"
)

// Triton's custom host names the model, as https://host/v2/models/ensemble
// does: its servers have many, and each takes what it was set up for.
func init() {
	add(Spec{
		ID: "triton", Name: "NVIDIA Triton", Docs: "https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/extension_generate.html",
		Keyless: true, Endpoints: []Endpoint{{Operation: llm.Generate, Codec: triton.Codec{}, Path: "/generate", StreamPath: "/generate_stream"}},
	})
}
