package guard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"sluice/core/internal/httpx"
	"sluice/core/internal/json"
	"sluice/core/internal/redact"
)

// An Error says why a check has no verdict, under the reference's names.
type Error struct{ Name, Message string }

func (e *Error) Error() string { return e.Message }

// MaxAnswer bounds what a check reads of an answer, in bytes.
const MaxAnswer = 1 << 20

// Send sends a request of a check and reads the whole answer within the
// timeout. An answer of another status than 2xx comes with an error.
//
// Errors never quote the request: its URL and headers may hold credentials.
// Those that the service repeats are taken out of its answer.
func Send(ctx context.Context, d Doer, req *http.Request, timeout time.Duration) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	resp, err := d.Do(req.WithContext(ctx))
	if err != nil {
		return 0, nil, unanswered(ctx, err, timeout)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	long := len(body) > MaxAnswer
	body = credentialsOf(req).JSON(body)
	switch {
	case err != nil:
		return resp.StatusCode, nil, unanswered(ctx, err, timeout)
	case long:
		return resp.StatusCode, nil, &Error{"Error", fmt.Sprintf("the answer is longer than %d bytes", MaxAnswer)}
	case resp.StatusCode/100 != 2:
		return resp.StatusCode, body, &Error{"HttpError", fmt.Sprintf("HTTP error! status: %d", resp.StatusCode)}
	}
	return resp.StatusCode, body, nil
}

// credentialsOf are those that a request carries.
func credentialsOf(req *http.Request) redact.Secrets {
	return redact.New(append(redact.OfHeader(req.Header), ofURL(req.URL)...)...)
}

// ofURL lists the credentials in a URL.
func ofURL(u *url.URL) []string {
	password, _ := u.User.Password()
	return append(redact.OfQuery(u.RawQuery), u.User.Username(), password)
}

// unanswered puts an error of HTTP in words that hold nothing of the request.
func unanswered(ctx context.Context, err error, timeout time.Duration) error {
	if httpx.IsTimeout(err) || ctx.Err() == context.DeadlineExceeded {
		return &Error{"TimeoutError", fmt.Sprintf("Request timed out after %dms", timeout.Milliseconds())}
	}
	if e, ok := errors.AsType[*httpx.Error](err); ok {
		return &Error{"Error", e.Class.String()}
	}
	return &Error{"Error", "no connection"}
}

// PostJSON makes a request with a JSON body.
func PostJSON(address string, header http.Header, body json.Value) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, &Error{"Error", "the URL cannot be used"}
	}
	req.Header = header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("Content-Type", "application/json")
	return req, nil
}

// endpoint reads a parameter that is a URL to send requests to.
func endpoint(p *Params, name string) string {
	address := requiredText(p, name)
	u, err := url.Parse(address)
	if address != "" && (err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https") {
		p.Fail(name, "Must be a URL with http or https")
	}
	if err == nil {
		p.Conceal(ofURL(u)...)
	}
	return address
}

// shown is a URL as results may hold it: whoever it was made for may have put
// a password or a token into the rest.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}
