// Package admin is the control plane's JSON API: logs, their exports, feedback,
// analytics and the live log, each for the workspace of the key that asks.
//
// Paths are those of the hosted service below its base URL, with and without
// /v1. What it has no path for is ours: the list of logs, and what is under
// /v1/sluice. Amounts are in cents of a dollar, times in RFC 3339, errors in
// OpenAI's form with the hosted service's codes (AB01 for what is wrong in a
// request, AB08 for what is not there).
package admin
