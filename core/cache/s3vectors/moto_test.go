package s3vectors

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/core/cache"
	"sluice/core/store/mototest"
)

func TestMain(m *testing.M) { mototest.Main(m) }

// TestAnEmulatorTakesWhatIsWritten: moto knows no queries, but reads what is
// put and deleted as the service's model has it.
func TestAnEmulatorTakesWhatIsWritten(t *testing.T) {
	t.Parallel()
	keys := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "S"}, nil
	})
	x := New(Config{HTTP: http.DefaultClient, Credentials: keys, Region: "us-east-1", Bucket: "bucket", Endpoint: mototest.URL(t)})
	v := unit(t, 1, 2, 3)
	if err := x.call(t.Context(), "CreateVectorBucket", map[string]string{"vectorBucketName": "bucket"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := x.Add(t.Context(), home, v, cache.Key{1}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	var kept struct {
		Vectors []vector `json:"vectors"`
	}
	list := map[string]any{"vectorBucketName": "bucket", "indexName": indexName(home, v), "returnMetadata": true, "returnData": true}
	if err := x.call(t.Context(), "ListVectors", list, &kept); err != nil || len(kept.Vectors) != 1 {
		t.Fatalf("%+v, %v", kept, err)
	}
	if got := kept.Vectors[0]; got.Key != (cache.Key{1}).String() || v.Cosine(got.Data.Float32) < 0.9999 || got.Metadata.Group != home.Group.String() {
		t.Errorf("kept %+v", got)
	}
	if err := x.call(t.Context(), "DeleteVectors", remove{"bucket", indexName(home, v), []string{cache.Key{1}.String()}}, nil); err != nil {
		t.Error(err)
	}
	kept.Vectors = nil
	if err := x.call(t.Context(), "ListVectors", list, &kept); err != nil || len(kept.Vectors) != 0 {
		t.Errorf("%+v, %v", kept, err)
	}
}
