package lambdaemu

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	region     = "us-east-1"
	account    = "123456789012"
	urlID      = "emulatedemulatedemulatedemulated"
	domain     = urlID + ".lambda-url." + region + ".on.aws"
	maxPayload = 6 << 20 // of an event and of a buffered answer
)

// event is a request in payload format 2.0.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-request-payload.
type event struct {
	Version               string            `json:"version"`
	RouteKey              string            `json:"routeKey"`
	RawPath               string            `json:"rawPath"`
	RawQueryString        string            `json:"rawQueryString"`
	Cookies               []string          `json:"cookies,omitempty"`
	Headers               map[string]string `json:"headers"`
	QueryStringParameters map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext        requestContext    `json:"requestContext"`
	Body                  string            `json:"body,omitempty"`
	IsBase64Encoded       bool              `json:"isBase64Encoded"`
}

type requestContext struct {
	AccountID    string      `json:"accountId"`
	APIID        string      `json:"apiId"`
	DomainName   string      `json:"domainName"`
	DomainPrefix string      `json:"domainPrefix"`
	HTTP         contextHTTP `json:"http"`
	RequestID    string      `json:"requestId"`
	RouteKey     string      `json:"routeKey"`
	Stage        string      `json:"stage"`
	Time         string      `json:"time"`
	TimeEpoch    int64       `json:"timeEpoch"`
}

type contextHTTP struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// newEvent writes the event of a request whose body has been read.
func newEvent(id string, r *http.Request, body []byte) ([]byte, error) {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	source, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		source = r.RemoteAddr
	}
	now := time.Now().UTC()
	e := event{
		Version: "2.0", RouteKey: "$default",
		RawPath: path, RawQueryString: query,
		Cookies:               cookies(r.Header),
		Headers:               headers(id, r, source),
		QueryStringParameters: parameters(query),
		RequestContext: requestContext{
			AccountID: "anonymous", APIID: urlID, DomainName: domain, DomainPrefix: urlID,
			HTTP:      contextHTTP{r.Method, path, r.Proto, source, r.UserAgent()},
			RequestID: id, RouteKey: "$default", Stage: "$default",
			Time: now.Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
		},
		Body: string(body),
	}
	if len(body) > 0 && !isText(r.Header, body) {
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err = enc.Encode(e)
	return bytes.TrimRight(buf.Bytes(), "\n"), err
}

// headers gives names in lower case and joins values that came apart. What
// the connection is about stays behind.
func headers(id string, r *http.Request, source string) map[string]string {
	m := map[string]string{
		"host":              domain,
		"x-amzn-trace-id":   "Root=" + traceRoot(id),
		"x-forwarded-port":  "443",
		"x-forwarded-proto": "https",
	}
	for name, values := range r.Header {
		switch name {
		case "Connection", "Expect", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		default:
			m[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	m["x-forwarded-for"] = strings.TrimPrefix(m["x-forwarded-for"]+","+source, ",")
	return m
}

func cookies(h http.Header) []string {
	var list []string
	for _, line := range h["Cookie"] {
		for c := range strings.SplitSeq(line, ";") {
			if c = strings.TrimSpace(c); c != "" {
				list = append(list, c)
			}
		}
	}
	return list
}

func parameters(query string) map[string]string {
	values, _ := url.ParseQuery(query) // what can be read of it
	m := make(map[string]string, len(values))
	for name, v := range values {
		m[name] = strings.Join(v, ",")
	}
	return m
}

// isText says whether a body goes into the event as it is.
func isText(h http.Header, body []byte) bool {
	if h.Get("Content-Encoding") != "" || !utf8.Valid(body) {
		return false
	}
	t, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	switch t {
	case "application/json", "application/xml", "application/javascript":
		return true
	}
	return strings.HasPrefix(t, "text/") || strings.HasSuffix(t, "+json") || strings.HasSuffix(t, "+xml")
}

// traceRoot makes the root of an X-Ray trace of the id of a request.
func traceRoot(id string) string {
	hex := strings.ReplaceAll(id, "-", "")
	return "1-" + hex[:8] + "-" + hex[8:]
}
