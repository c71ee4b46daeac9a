package dynamostore

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/core/store/driver"
	"sluice/core/store/mototest"
)

// image is an item as a stream has it, after a way through its JSON.
func image(t *testing.T, item map[string]types.AttributeValue) (i Image) {
	t.Helper()
	plain := map[string]map[string]any{}
	for name, v := range item {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			plain[name] = map[string]any{"S": v.Value}
		case *types.AttributeValueMemberN:
			plain[name] = map[string]any{"N": v.Value}
		case *types.AttributeValueMemberB:
			plain[name] = map[string]any{"B": v.Value}
		}
	}
	b, err := json.Marshal(plain)
	if err == nil {
		err = json.Unmarshal(b, &i)
	}
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestImagesOfAStreamAreRecords(t *testing.T) {
	t.Parallel()
	blobs, _ := newBucket(t, mototest.URL(t))
	table := newTable(t, mototest.URL(t), Config{Blobs: blobs})
	expires := time.Now().Add(time.Hour)
	for name, data := range map[string][]byte{
		"text": []byte("short"), "nothing": nil, "zipped": bytes.Repeat([]byte("x"), 1000), "counter": []byte("-12"), "large": noise(MaxInline + 1),
	} {
		key := driver.Key{Part: "LOG#\x00" + name, Sort: ""}
		if _, err := table.Put(t.Context(), driver.Record{Key: key, Data: data, Expires: expires}); err != nil {
			t.Fatal(err)
		}
		i := image(t, table.raw(t, key))
		if k, err := i.Key(); k != key || err != nil {
			t.Errorf("%s: the key is %q, %v", name, k, err)
		}
		r, err := i.Record()
		if name == "large" {
			if !errors.Is(err, ErrNotInImage) {
				t.Errorf("%s: got %v", name, err)
			}
			continue
		}
		want, gone := table.Get(t.Context(), key)
		if err != nil || gone != nil || r.Version != want.Version || !r.Expires.Equal(want.Expires) || !bytes.Equal(r.Data, want.Data) {
			t.Errorf("%s: got %+v, %v, want %+v, %v", name, r, err, want, gone)
		}
	}
	for _, i := range []Image{nil, {"pk": {S: "p"}}, {"pk": {S: "p"}, "sk": {S: "s"}}, {"pk": {S: "p"}, "sk": {S: "s"}, "v": {N: "1"}, "g": {B: []byte("no gzip")}}} {
		if r, err := i.Record(); err == nil {
			t.Errorf("%v: got %+v", i, r)
		}
	}
}
