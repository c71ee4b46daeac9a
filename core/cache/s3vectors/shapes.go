package s3vectors

// What requests and answers look like.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_S3_Vectors.html

// data is a vector.
type data struct {
	Float32 []float32 `json:"float32"`
}

// metadata stands beside a vector; queries can filter by all of it.
type metadata struct {
	Workspace string `json:"ws"`
	Model     string `json:"model"`
	Group     string `json:"cfg"`
	Expires   int64  `json:"exp"` // seconds since 1970
}

type vector struct {
	Key      string   `json:"key"`
	Data     data     `json:"data"`
	Metadata metadata `json:"metadata"`
}

type put struct {
	Bucket  string   `json:"vectorBucketName"`
	Index   string   `json:"indexName"`
	Vectors []vector `json:"vectors"`
}

type remove struct {
	Bucket string   `json:"vectorBucketName"`
	Index  string   `json:"indexName"`
	Keys   []string `json:"keys"`
}

type create struct {
	Bucket    string `json:"vectorBucketName"`
	Index     string `json:"indexName"`
	Type      string `json:"dataType"`
	Dimension int    `json:"dimension"`
	Metric    string `json:"distanceMetric"`
}

type query struct {
	Bucket   string `json:"vectorBucketName"`
	Index    string `json:"indexName"`
	TopK     int    `json:"topK"`
	Vector   data   `json:"queryVector"`
	Filter   filter `json:"filter"`
	Distance bool   `json:"returnDistance"`
}

// A filter holds where all its conditions do.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-metadata-filtering.html
type filter struct {
	All []condition `json:"$and"`
}

type condition struct {
	Group   *equal `json:"cfg,omitzero"`
	Expires *bound `json:"exp,omitzero"`
}

type equal struct {
	To string `json:"$eq"`
}

type bound struct {
	Above int64 `json:"$gt,omitzero"`
	UpTo  int64 `json:"$lte,omitzero"`
}

type queryAnswer struct {
	Vectors []struct {
		Key      string   `json:"key"`
		Distance *float64 `json:"distance"` // 1 − cosine
	} `json:"vectors"`
}
