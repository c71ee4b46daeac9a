// Package cache answers a request with what an earlier one was answered.
//
// An [Entry] is kept under a [Key], which holds everything that decides an
// answer: who asks, which target with which credential, and the request
// itself, in its canonical form where it has one, so that clients of several
// dialects share an entry. Nobody is ever given what somebody else was
// answered.
//
// What is kept are whole, good answers that have passed their output
// guardrails; a memory of the process stands in front of a table that all
// processes share.
package cache
