package provider

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/core/llm"
)

// ociSign signs a request as Oracle Cloud Infrastructure wants it: the draft
// of HTTP signatures by Cavage and Sporny, with a digest of the body.
//
// https://docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm
func ociSign(r *http.Request, keyID, private, passphrase string) error {
	key, err := ociKey(private, passphrase)
	if err != nil {
		return err
	}
	body, err := bodyOf(r)
	if err != nil {
		return err
	}
	r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	lines := []string{
		"(request-target): " + strings.ToLower(r.Method) + " " + r.URL.RequestURI(),
		"date: " + r.Header.Get("Date"),
		"host: " + r.URL.Host,
	}
	if r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch {
		sum := sha256.Sum256(body)
		r.Header.Set("X-Content-Sha256", base64.StdEncoding.EncodeToString(sum[:]))
		if r.Header.Get("Content-Type") == "" {
			r.Header.Set("Content-Type", "application/json")
		}
		lines = append(lines,
			"x-content-sha256: "+r.Header.Get("X-Content-Sha256"),
			"content-type: "+r.Header.Get("Content-Type"),
			"content-length: "+strconv.Itoa(len(body)))
	}
	digest := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		return &llm.Error{Kind: llm.Credential, Message: "oracle_private_key cannot sign"}
	}
	names := make([]string, len(lines))
	for i, l := range lines {
		names[i], _, _ = strings.Cut(l, ": ")
	}
	r.Header.Set("Authorization", `Signature version="1",keyId="`+keyID+`",algorithm="rsa-sha256",headers="`+strings.Join(names, " ")+
		`",signature="`+base64.StdEncoding.EncodeToString(signature)+`"`)
	return nil
}

func bodyOf(r *http.Request) ([]byte, error) {
	if r.GetBody == nil {
		return nil, nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var b bytes.Buffer
	_, err = io.Copy(&b, body)
	return b.Bytes(), err
}
