package provider

import (
	"context"
	"net/http"

	"sluice/core/dialect/oracle"
	"sluice/core/llm"
)

// Oracle signs requests with a key of a user. A Generative AI API key, which
// needs no signature, is sent when none of the options of signing is set.
func init() {
	add(Spec{
		ID: "oracle", Name: "Oracle OCI Generative AI", Docs: "https://docs.oracle.com/en-us/iaas/api/#/en/generative-ai-inference/20231130/ChatResult/Chat",
		BaseURL:   "https://inference.generativeai.{oracle_region}.oci.oraclecloud.com",
		Endpoints: []Endpoint{{Operation: llm.Generate, Codec: oracle.Codec{}, Path: "/{oracle_api_version}/actions/chat"}},
		Options: append(ociRegion[:1:1],
			Option{Key: "oracle_api_version", Headers: []string{"oracle-api-version"}, Default: "20231130"},
			Option{Key: "oracle_compartment_id", Headers: []string{"oracle-compartment-id"}},
			Option{Key: "oracle_serving_mode", Headers: []string{"oracle-serving-mode"}}, // ON_DEMAND or DEDICATED
			Option{Key: "oracle_tenancy", Headers: []string{"oracle-tenancy"}},
			Option{Key: "oracle_user", Headers: []string{"oracle-user"}},
			Option{Key: "oracle_fingerprint", Headers: []string{"oracle-fingerprint"}},
			Option{Key: "oracle_private_key", Headers: []string{"oracle-private-key"}}, // PEM
			Option{Key: "oracle_key_passphrase", Headers: []string{"oracle-key-passphrase"}},
		),
		Auth: oracleAuth, Adapt: oracleEnvelope,
	})
}

func oracleEnvelope(s Settings, e Endpoint, model string, body []byte) ([]byte, []string, error) {
	if e.Operation != llm.Generate {
		return body, nil, nil
	}
	mode := s.Option("oracle_serving_mode")
	switch {
	case s.Option("oracle_compartment_id") == "":
		return nil, nil, llm.Errorf(llm.BadRequest, "oracle needs the compartment that pays: x-portkey-oracle-compartment-id, or oracle_compartment_id in the config")
	case mode != "" && mode != "ON_DEMAND" && mode != "DEDICATED":
		return nil, nil, llm.Errorf(llm.BadRequest, "oracle_serving_mode must be ON_DEMAND or DEDICATED")
	}
	return oracle.Envelope(body, s.Option("oracle_compartment_id"), model, mode == "DEDICATED"), nil, nil
}

func oracleAuth(_ context.Context, r *http.Request, s Settings) error {
	who := []string{s.Option("oracle_tenancy"), s.Option("oracle_user"), s.Option("oracle_fingerprint"), s.Option("oracle_private_key")}
	set := 0
	for _, v := range who {
		if v != "" {
			set++
		}
	}
	switch {
	case set == len(who):
		return ociSign(r, who[0]+"/"+who[1]+"/"+who[2], who[3], s.Option("oracle_key_passphrase"))
	case set > 0:
		return llm.Errorf(llm.Credential, "oracle signs requests with all of oracle_tenancy, oracle_user, oracle_fingerprint and oracle_private_key, or none")
	case s.APIKey.IsZero():
		return missingKey("oracle", ", or sign requests with oracle_tenancy, oracle_user, oracle_fingerprint and oracle_private_key")
	}
	bearer(r, s.APIKey)
	return nil
}
