package provider

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A tokenRequest buys a token: a form to post, or else a query.
type tokenRequest struct {
	seller    string      // for error texts
	header    http.Header // of a query
	url       string
	form      url.Values
	assertion string // file that the form's client_assertion is read from
}

// key depends on all that a token depends on. A caller that knows another's
// client id, but not its secret, gets another key.
func (q tokenRequest) key() tokenKey {
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %q", q.url, q.form.Encode(), q.assertion))
}

// buyTimeout bounds one purchase.
const buyTimeout = 15 * time.Second

// noRedirects is for requests that carry a credential.
var noRedirects = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (q tokenRequest) buy(ctx context.Context, client *http.Client) (string, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, buyTimeout)
	defer cancel()
	req, err := q.http(ctx)
	if err != nil {
		return "", 0, &llm.Error{Kind: llm.Credential, Message: "no access token from " + q.seller, Err: err}
	}
	resp, err := cmp.Or(client, noRedirects).Do(req)
	if err != nil {
		kind := llm.Unreachable
		if errors.Is(err, context.DeadlineExceeded) {
			kind = llm.Timeout
		}
		return "", 0, &llm.Error{Kind: kind, Message: "no access token from " + q.seller, Err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", 0, &llm.Error{Kind: llm.Unreachable, Message: "no access token from " + q.seller, Err: err}
	}
	return q.read(resp.StatusCode, body)
}

func (q tokenRequest) http(ctx context.Context) (*http.Request, error) {
	if q.form == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, q.url, nil)
		if err == nil {
			req.Header = q.header.Clone()
		}
		return req, err
	}
	form := q.form
	if q.assertion != "" {
		// Kubernetes replaces the file about every hour.
		jwt, err := os.ReadFile(q.assertion)
		if err != nil {
			return nil, err
		}
		form = url.Values{"client_assertion": {strings.TrimSpace(string(jwt))}}
		for k, v := range q.form {
			form[k] = slices.Clone(v)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, q.url, strings.NewReader(form.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req, err
}

func (q tokenRequest) read(status int, body []byte) (string, time.Duration, error) {
	var a struct {
		Token   string     `json:"access_token"`
		Expires json.Value `json:"expires_in"` // seconds; the metadata service quotes them
		Error   string     `json:"error_description"`
	}
	err := json.UnmarshalLoose(body, &a)
	switch {
	case status/100 == 5 || status == http.StatusTooManyRequests:
		return "", 0, &llm.Error{Kind: llm.Upstream, Message: fmt.Sprintf("%s answered %d to a request for an access token", q.seller, status), Err: err}
	case status != http.StatusOK || err != nil || a.Token == "":
		return "", 0, &llm.Error{Kind: llm.Credential, Message: cmp.Or(a.Error, fmt.Sprintf("%s gave no access token (status %d)", q.seller, status)), Err: err}
	}
	seconds, err := strconv.ParseInt(cmp.Or(json.Unquote(a.Expires), string(a.Expires)), 10, 32)
	if err != nil {
		seconds = 0 // used once
	}
	return a.Token, time.Duration(max(seconds, 0)) * time.Second, nil
}
