// Package httpx sends requests to upstreams: a transport set up for streams
// and for processes that are frozen between requests, a guard that keeps
// requests inside the addresses that may be reached, and errors that say what
// kind of failure they are.
//
// Whoever builds a URL out of something that a client or a tenant wrote asks
// [Guard.CheckURL] first. That is for a clear refusal; what protects is the
// check of every resolved address when a connection is made, which all
// requests go through.
package httpx
