package s3vectors

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/core/cache"
	"sluice/core/cache/semantic"
	"sluice/core/internal/json"
)

// A fake is S3 Vectors as its reference describes it, with one bucket named
// "b". It notes what it was asked.
type fake struct {
	mu      sync.Mutex
	indexes map[string]map[string]vector
	asked   []string
	refuse  string // an operation that is throttled
}

func (s *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result(), r.Context().Err()
}

func (s *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	operation := strings.TrimPrefix(r.URL.Path, "/")
	s.asked = append(s.asked, operation+" "+string(body))
	if r.Method != http.MethodPost || !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/s3vectors/aws4_request, SignedHeaders=content-length;content-type;host;x-amz-date") {
		refuse(w, 403, "AccessDeniedException")
		return
	}
	index := json.Unquote(json.Lookup(body, "indexName"))
	vectors := s.indexes[index]
	switch {
	case operation == s.refuse:
		refuse(w, 429, "TooManyRequestsException")
	case json.Unquote(json.Lookup(body, "vectorBucketName")) != "b", vectors == nil && operation != "CreateIndex":
		refuse(w, 404, "NotFoundException")
	case operation == "CreateIndex" && vectors != nil:
		refuse(w, 409, "ConflictException")
	case operation == "CreateIndex":
		s.indexes[index] = map[string]vector{}
		io.WriteString(w, `{"indexArn":"arn"}`)
	case operation == "PutVectors":
		for _, v := range read[put](body).Vectors {
			vectors[v.Key] = v
		}
	case operation == "DeleteVectors":
		for _, k := range read[remove](body).Keys {
			delete(vectors, k)
		}
	case operation == "QueryVectors":
		w.Write(answer(vectors, read[query](body)))
	}
}

func read[T any](body []byte) (in T) {
	_ = json.Unmarshal(body, &in) // what cannot be read is empty, and noticed
	return in
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("X-Amzn-ErrorType", code+":http://internal.amazon.com/coral/")
	w.WriteHeader(status)
	io.WriteString(w, `{"message":"told"}`)
}

// answer looks through vectors as the service does.
func answer(vectors map[string]vector, q query) []byte {
	type near struct {
		Key      string  `json:"key"`
		Distance float64 `json:"distance,omitzero"`
	}
	var out struct {
		Vectors []near `json:"vectors"`
		Metric  string `json:"distanceMetric"`
	}
	out.Metric = "cosine"
	for _, v := range vectors {
		if !matches(q.Filter, v.Metadata) {
			continue
		}
		n := near{v.Key, 1 - semantic.Vector(q.Vector.Float32).Cosine(v.Data.Float32)}
		if len(out.Vectors) < q.TopK {
			out.Vectors = append(out.Vectors, n)
		} else if q.TopK == 1 && n.Distance < out.Vectors[0].Distance {
			out.Vectors[0] = n
		}
	}
	b, _ := json.Marshal(out)
	return b
}

func matches(f filter, m metadata) bool {
	for _, c := range f.All {
		if c.Group != nil && c.Group.To != m.Group || c.Expires != nil && c.Expires.Above > 0 && m.Expires <= c.Expires.Above ||
			c.Expires != nil && c.Expires.UpTo > 0 && m.Expires > c.Expires.UpTo {
			return false
		}
	}
	return true
}

func started() (*fake, *Index) {
	s := &fake{indexes: map[string]map[string]vector{}}
	keys := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "S"}, nil
	})
	return s, New(Config{HTTP: &http.Client{Transport: s}, Credentials: keys, Region: "eu-west-1", Bucket: "b"})
}

func unit(t *testing.T, numbers ...float32) semantic.Vector {
	t.Helper()
	v, err := semantic.Unit(numbers)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var home = semantic.Place{Workspace: "w", Model: "openai/e/3", Group: cache.Key{1}}

// nearest is what is found, the zero key for nothing.
func nearest(t *testing.T, x *Index, p semantic.Place, v semantic.Vector) cache.Key {
	t.Helper()
	k, ok, err := x.Nearest(t.Context(), p, v, 0.95)
	if err != nil || ok == (k == cache.Key{}) {
		t.Fatalf("got %s, %v, %v", k, ok, err)
	}
	return k
}

func add(t *testing.T, x *Index, p semantic.Place, v semantic.Vector, k byte, life time.Duration) cache.Key {
	t.Helper()
	key := cache.Key{k}
	if err := x.Add(t.Context(), p, v, key, time.Now().Add(life)); err != nil {
		t.Fatal(err)
	}
	return key
}

// TestRequestsAreAsTheServiceWantsThem: the members are those of the service's
// reference, of version 2025-07-15.
func TestRequestsAreAsTheServiceWantsThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // at midnight of 2000-01-01
		s, x := started()
		add(t, x, home, unit(t, 0, 2, 0), 7, time.Hour)
		nearest(t, x, home, unit(t, 0, 1, 0))
		const at = `"vectorBucketName":"b","indexName":"sluice-eb45b5d8e0adb5331d8c43a914d3e9b580d94209"`
		stored := `PutVectors {` + at + `,"vectors":[{"key":"` + cache.Key{7}.String() + `","data":{"float32":[0,1,0]},"metadata":{"ws":"w","model":"openai/e/3","cfg":"` + home.Group.String() + `","exp":946688400}}]}`
		want := []string{
			stored,
			`CreateIndex {` + at + `,"dataType":"float32","dimension":3,"distanceMetric":"cosine"}`,
			stored,
			`QueryVectors {` + at + `,"topK":1,"queryVector":{"float32":[0,1,0]},"filter":{"$and":[{"cfg":{"$eq":"` + home.Group.String() + `"}},{"exp":{"$gt":946684800}}]},"returnDistance":true}`,
		}
		if got := strings.Join(s.asked, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("asked\n%s\nwant\n%s", got, strings.Join(want, "\n"))
		}
	})
}

func TestTheNearestOfAPlaceIsFound(t *testing.T) {
	t.Parallel()
	_, x := started()
	v := unit(t, 1, 0, 0)
	if k := nearest(t, x, home, v); k != (cache.Key{}) {
		t.Errorf("found %s where nothing is", k)
	}
	add(t, x, home, unit(t, 1, 0.3, 0), 1, time.Hour)
	second := add(t, x, home, unit(t, 1, 0.1, 0), 2, time.Hour)
	if k := nearest(t, x, home, v); k != second {
		t.Errorf("found %s", k)
	}
	if k := nearest(t, x, home, unit(t, 1, 1, 0)); k != (cache.Key{}) {
		t.Errorf("found %s, which is too far", k)
	}
	for name, p := range map[string]semantic.Place{
		"workspace": {Workspace: "v", Model: home.Model, Group: home.Group}, "model": {Workspace: "w", Model: "other", Group: home.Group},
		"group": {Workspace: "w", Model: home.Model, Group: cache.Key{2}},
	} {
		if k := nearest(t, x, p, v); k != (cache.Key{}) {
			t.Errorf("another %s: found %s", name, k)
		}
	}
	if k := nearest(t, x, home, unit(t, 1, 0, 0, 0)); k != (cache.Key{}) {
		t.Errorf("a longer vector found %s", k)
	}
}

func TestVectorsExpireAndAreDeleted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, x := started()
		v := unit(t, 1, 0, 0)
		for k := range byte(sweepEvery - 2) {
			add(t, x, home, v, k+1, time.Minute)
		}
		time.Sleep(time.Minute)
		if k := nearest(t, x, home, v); k != (cache.Key{}) {
			t.Errorf("found %s, which has expired", k)
		}
		add(t, x, home, v, 100, time.Hour)
		last := add(t, x, home, unit(t, 1, 0.01, 0), 101, time.Hour)
		for _, vectors := range s.indexes {
			if len(vectors) != 2 {
				t.Errorf("%d vectors are left", len(vectors))
			}
		}
		if k := nearest(t, x, home, unit(t, 1, 0.01, 0)); k != last {
			t.Errorf("found %s", k)
		}
	})
}

func TestWhoIsFasterMakesTheIndex(t *testing.T) {
	t.Parallel()
	s, x := started()
	done := make(chan error, 8)
	for i := range cap(done) {
		go func() { done <- x.Add(t.Context(), home, unit(t, 1, 2), cache.Key{byte(i)}, time.Now().Add(time.Hour)) }()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if len(s.indexes) != 1 {
		t.Errorf("%d indexes", len(s.indexes))
	}
	for _, vectors := range s.indexes {
		if len(vectors) != cap(done) {
			t.Errorf("%d vectors", len(vectors))
		}
	}
}

func TestRefusalsAreTold(t *testing.T) {
	t.Parallel()
	s, x := started()
	add(t, x, home, unit(t, 1, 2), 1, time.Hour)
	s.refuse = "QueryVectors"
	_, _, err := x.Nearest(t.Context(), home, unit(t, 1, 2), 0.95)
	if want := "s3vectors: QueryVectors: 429 TooManyRequestsException told"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	s.refuse = "PutVectors"
	if err := x.Add(t.Context(), home, unit(t, 1, 2), cache.Key{1}, time.Now()); !is(err, "TooManyRequestsException") {
		t.Errorf("got %v", err)
	}
}
