package awsx

import (
	"cmp"
	"net/url"
	"strings"

	"sluice/core/llm"
	"sluice/core/provider"
)

// An identity is everything that tells one client from another: who asks, as
// whom, and where. It holds secrets and is never printed.
type identity struct {
	region, endpoint string
	token            string // a Bedrock API key; nothing below counts then
	key, secret      string // empty: the process's own credentials
	session          string
	role, externalID string
	lent             bool // the credentials are the process's own, for lack of others
}

// Values of the option aws_auth_type. Any other means static keys.
const (
	authRole  = "assumedRole"
	authToken = "apiKey"
)

// Region is where a target's requests go.
func (t *Transport) Region(s provider.Settings) string {
	return cmp.Or(s.Option("aws_region"), t.config.DefaultRegion, "us-east-1")
}

// identify reads a target's settings. Keys of a target go before its API key,
// which a client may send out of habit; what the process has comes last, and
// never goes to a host of the client's choice. tokens says whether the service
// takes API keys.
func (t *Transport) identify(s provider.Settings, tokens bool) (identity, error) {
	id := identity{
		region:   t.Region(s),
		endpoint: cmp.Or(s.CustomHost, t.config.Endpoint),
		key:      s.Option("aws_access_key_id"),
		secret:   s.Option("aws_secret_access_key"),
		session:  s.Option("aws_session_token"),
	}
	if !regionName(id.region) {
		return id, llm.Errorf(llm.BadRequest, "aws_region is not the name of a region")
	}
	if (id.key == "") != (id.secret == "") {
		return id, credential("set both aws_access_key_id and aws_secret_access_key, or neither")
	}
	role, kind := s.Option("aws_role_arn"), s.Option("aws_auth_type")
	if kind == "" && role != "" && id.key == "" {
		kind = authRole
	}
	switch kind {
	case authToken:
		if !tokens {
			return id, credential("aws_auth_type apiKey is for Bedrock only: set aws_access_key_id and aws_secret_access_key")
		}
		return id.withToken(s.APIKey.Reveal())
	case authRole:
		if role == "" {
			return id, credential("aws_auth_type assumedRole needs aws_role_arn")
		}
		id.role, id.externalID = role, s.Option("aws_external_id")
	default:
		if id.key == "" && !s.APIKey.IsZero() && tokens {
			return id.withToken(s.APIKey.Reveal())
		}
	}
	if id.key != "" {
		return id, nil
	}
	return t.lend(id, s.CustomHost, tokens)
}

// lend fills in what the process has.
func (t *Transport) lend(id identity, customHost string, tokens bool) (identity, error) {
	switch {
	case customHost != "" && !bedrockHost(customHost):
		return id, credential("no AWS credentials: set aws_access_key_id and aws_secret_access_key; those of the gateway are not sent to a custom host")
	case id.role == "" && tokens && !t.config.DefaultToken.IsZero():
		return id.withToken(t.config.DefaultToken.Reveal())
	case t.config.DefaultCredentials == nil:
		return id, credential("no AWS credentials: set aws_access_key_id and aws_secret_access_key, or a Bedrock API key with aws_auth_type apiKey")
	}
	id.lent = id.role == ""
	return id, nil
}

// bedrockHost reports whether a URL leads to Bedrock whatever else it says:
// to a public endpoint or to one inside a VPC.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/vpc-interface-endpoints.html
func bedrockHost(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || u.User != nil {
		return false
	}
	host, ok := strings.CutSuffix(strings.TrimSuffix(strings.ToLower(u.Hostname()), ".cn"), ".amazonaws.com")
	labels := strings.Split(host, ".")
	switch len(labels) {
	case 2: // bedrock-runtime.us-east-1
	case 4: // vpce-0123.bedrock-runtime.us-east-1.vpce
		ok = ok && labels[3] == "vpce"
		labels = labels[1:3]
	default:
		return false
	}
	return ok && (labels[0] == "bedrock-runtime" || labels[0] == "bedrock-runtime-fips") && commonRegion(labels[1])
}

// commonRegion holds for names such as us-gov-west-1, but not for what else
// stands in that place of a host, as s3-us-west-2 does.
func commonRegion(s string) bool {
	words := strings.Split(s, "-")
	n := len(words) - 1
	return n >= 2 && len(words[0]) == 2 && strings.Trim(strings.Join(words[:n], ""), "abcdefghijklmnopqrstuvwxyz") == "" &&
		words[n] != "" && strings.Trim(words[n], "0123456789") == ""
}

func (id identity) withToken(token string) (identity, error) {
	if token == "" {
		return id, credential("aws_auth_type apiKey needs a Bedrock API key")
	}
	if strings.ContainsAny(token, "\r\n\x00") {
		return id, credential("the Bedrock API key has characters that no key has")
	}
	return identity{region: id.region, endpoint: id.endpoint, token: token}, nil
}

func credential(message string) *llm.Error {
	return &llm.Error{Kind: llm.Credential, Message: message}
}

// regionName keeps anything but a name out of the host that the region is
// made part of: a dot or a slash would send signed requests elsewhere.
func regionName(s string) bool {
	return s != "" && len(s) <= 32 && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-')
	}) < 0
}
