// Package semantic finds earlier requests that mean the same as one that comes
// now, for the semantic mode of the cache.
//
// What users say is turned into a vector by an embedding model, and compared
// by cosine with the vectors of requests whose answers are kept. Everything
// else has to be equal: who asks, the target, and the request but for its user
// text; instructions of the system are left out, as the reference documents
// it. Vectors of different groups never meet, so that nobody is given what
// somebody else was answered.
//
// https://portkey.ai/docs/product/ai-gateway/cache-simple-and-semantic
package semantic
