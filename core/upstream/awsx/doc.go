// Package awsx carries raw bodies to Amazon Bedrock and raw answers back. The
// AWS SDK gives the endpoint, the credentials, the signature and the shape of
// the URL; what it would do to bodies is taken out of its middleware stack:
// typed serializers drop members that they do not know, and typed
// deserializers swallow those of answers and the difference between a stream
// that ended and one that was cut.
//
// Nothing is tried twice here: the gateway has one owner of retries.
package awsx
