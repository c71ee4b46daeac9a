// Package s3vectors keeps the vectors of the semantic cache in Amazon S3
// Vectors, where nothing is paid for but what is stored and asked, and
// processes need not read a place before they can look.
//
// There is one index for each workspace and model of embeddings, made when its
// first vector is kept. Vectors have no expiry there: what has expired is
// filtered out of queries, and deleted by and by when others are added.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors.html
package s3vectors
