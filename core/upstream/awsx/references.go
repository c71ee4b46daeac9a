package awsx

import (
	"bytes"
	"strings"

	"sluice/core/internal/blob"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Bedrock reads what an s3Location names with the permissions of whoever asks.
// A client that is lent the process's credentials would so be read whatever
// the process may read: of that, only the files of clients are meant for it.
//
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_S3Location.html
// https://docs.aws.amazon.com/bedrock/latest/userguide/s3-bucket-access.html

// allowLocations checks a body that is sent with the process's credentials.
func (t *Transport) allowLocations(body []byte) error {
	if !bytes.Contains(body, []byte("s3Location")) && !bytes.Contains(body, []byte(`\u00`)) { // names may be escaped
		return nil
	}
	return t.allowIn(body)
}

func (t *Transport) allowIn(v json.Value) error {
	switch v.Kind() {
	case '{':
		return t.allowMembers(json.ObjectOf(v))
	case '[':
		elements, _ := json.Elements(v)
		for _, e := range elements {
			if err := t.allowIn(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *Transport) allowMembers(o json.Object) error {
	for _, m := range o {
		if m.Name == "s3Location" && !t.forClients(json.Unquote(json.Lookup(m.Value, "uri"))) {
			return &llm.Error{Kind: llm.Forbidden, Message: "s3Location is for credentials of your own only: set aws_access_key_id and aws_secret_access_key", Param: "s3Location"}
		}
		if err := t.allowIn(m.Value); err != nil {
			return err
		}
	}
	return nil
}

// forClients reports whether an object is a file of clients.
func (t *Transport) forClients(uri string) bool {
	n, ok := blob.Parse("s3", uri)
	return ok && strings.HasPrefix(uri, "s3://") && t.config.Bucket != "" && n.Bucket == t.config.Bucket &&
		strings.HasPrefix(n.Key, "files/") && !strings.Contains(n.Key, "/.")
}
