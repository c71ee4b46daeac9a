package awsx

import (
	"errors"
	"strings"
	"testing"

	"sluice/core/llm"
	"sluice/core/provider"
)

// What the process may read is not its clients' to be read to.
func TestLentCredentialsReadFilesOfClientsOnly(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, nil)
	tr := New(Config{DefaultCredentials: process("PROCESS"), Endpoint: u.URL, Bucket: "clients"})
	body := func(uri string) string {
		return `{"messages":[{"role":"user","content":[{"text":"Read \u00e9"},{"document":{"source":{"s3Location":{"uri":"` + uri + `"}}}}]}]}`
	}
	for uri, ok := range map[string]bool{
		"s3://clients/files/default/a.pdf": true, "s3://clients/files/../uploads/a": false, "s3://clients/uploads/default/a": false,
		"s3://state/files/a": false, "s3%3A%2F%2Fclients%2Ffiles%2Fa": false, "": false,
	} {
		for name, text := range map[string]string{"plain": body(uri), "escaped": strings.Replace(body(uri), "s3Location", `\u0073\u0033Location`, 1)} {
			resp, err := tr.Do(t.Context(), provider.Settings{}, Converse, testModel, []byte(text), nil)
			if e, refused := errors.AsType[*llm.Error](err); ok && err != nil || !ok && (!refused || e.Kind != llm.Forbidden) {
				t.Errorf("%s, %s: %v", uri, name, err)
			}
			if err == nil {
				resp.Body.Close()
			}
		}
	}
	do(t, tr, u.keys(), Converse, testModel, body("s3://the-clients-own/a"))
	do(t, tr, provider.Settings{}, Converse, testModel, `{"messages":[{"role":"user","content":[{"text":"s3Location: {\"uri\":\"s3://x/y\"}"}]}]}`)
}
