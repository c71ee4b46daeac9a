package awsx

import (
	"context"
	"net/http"
	"strings"

	"sluice/core/provider"
)

// takesKeys are the services that know Bedrock's API keys.
var takesKeys = map[string]bool{"bedrock-mantle": true}

// Sign signs a plain request for a service of AWS, or gives it the target's
// API key where the service knows one. All headers must be set, and body must
// be what is sent. Its errors are those of [Transport.Do].
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func (t *Transport) Sign(ctx context.Context, r *http.Request, s provider.Settings, service string, body []byte) error {
	id, err := t.identify(s, takesKeys[service])
	if err != nil {
		return err
	}
	id.region = regionOf(r.URL.Hostname(), id.region)
	if err := t.sign(ctx, r, id, service, body); err != nil {
		return classify(ctx, err)
	}
	return nil
}

// regionOf is the region in the name of a host of AWS's, which has to be the
// one that is signed for; of any other host, the target's.
func regionOf(host, region string) string {
	name, ok := strings.CutSuffix(host, ".amazonaws.com")
	if !ok {
		name, ok = strings.CutSuffix(host, ".api.aws")
	}
	labels := strings.Split(name, ".")
	if last := labels[len(labels)-1]; ok && commonRegion(last) {
		return last
	}
	return region
}
