// Package jobs does what OpenAI's API on kept things asks for — files,
// batches, fine-tuning — at providers that have them in a form of their own:
// files in a cloud's storage, and jobs that read and write them.
//
// A client uploads OpenAI's batch file. Its rows are rewritten while they pass
// by, a line at a time, by the dialects' own codecs; a row that cannot be
// rewritten fails the upload and is named by its line. The results are
// rewritten back the same way when they are read, so that a client of OpenAI
// sees its own form throughout.
//
// Ids are addresses: a file's is its URL in the storage, escaped; a job's is
// its name at the provider, escaped. Nothing is kept here.
package jobs
