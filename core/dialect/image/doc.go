// Package image has the canonical form of image generation, and the forms of
// the providers that do not speak OpenAI's: one file and one [Form] each.
//
// https://platform.openai.com/docs/api-reference/images
package image
