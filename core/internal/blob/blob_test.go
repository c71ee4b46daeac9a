package blob

import "testing"

func TestIDsAreReadHoweverOftenTheyAreEscaped(t *testing.T) {
	t.Parallel()
	n := Name{"my-bucket", "folder/a b.jsonl"}
	if n.ID("s3") != "s3%3A%2F%2Fmy-bucket%2Ffolder%2Fa+b.jsonl" {
		t.Errorf("id %s", n.ID("s3"))
	}
	for _, id := range []string{"s3://my-bucket/folder/a b.jsonl", n.ID("s3"), "s3%253A%252F%252Fmy-bucket%252Ffolder%252Fa%2Bb.jsonl"} {
		if got, ok := Parse("s3", id); !ok || got != n {
			t.Errorf("%s: %v %t", id, got, ok)
		}
	}
	for _, id := range []string{"", "file-1", "gs://b/k", "s3://b", "s3://b/", "s3:///k", "%zz"} {
		if got, ok := Parse("s3", id); ok {
			t.Errorf("%q is %v", id, got)
		}
	}
}
