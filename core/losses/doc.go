// Package losses measures what each pair of a client's and an upstream's
// dialect carries, and what not: the table in core/dialect/LOSSES.md is its
// result, and a test of it fails when the two disagree.
//
// Nothing in the table is an opinion. A field is put into a conversation, the
// conversation is written in the client's dialect, read, prepared for the
// upstream, and read again as the upstream would read it. What has become of
// the field by then is the cell. A field that is gone without a word fails
// the test.
package losses
