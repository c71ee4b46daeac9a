// Package embed has the canonical form of embeddings, and the forms of the
// providers that do not speak OpenAI's: one file and one [Form] each.
//
// Clients speak OpenAI's form. Beside texts and token ids, an input may be an
// object {"text", "image", "video"}, as clients of multimodal models send.
//
// https://platform.openai.com/docs/api-reference/embeddings
package embed
