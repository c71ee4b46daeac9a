package api

import (
	"compress/gzip"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"sluice/core/internal/header"
	"sluice/core/llm"
)

// zstdWindow is the largest window that a sender may claim, in bytes: what the
// format's own specification recommends to support. It is memory that a few
// bytes can ask for.
//
// https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.1.2
const zstdWindow = 8 << 20

// plainBody undoes the content encoding. Codex packs with zstd. How much comes
// out is limited by whoever reads.
func (q *request) plainBody() (io.Reader, error) {
	switch enc := strings.ToLower(header.Get(q.r.Header, "Content-Encoding")); enc {
	case "", "identity":
		return q.r.Body, nil
	case "gzip":
		z, err := gzip.NewReader(q.r.Body)
		if err != nil {
			return nil, llm.Errorf(llm.BadRequest, "the request body is not valid gzip")
		}
		return z, nil
	case "zstd":
		return zstd.NewReader(q.r.Body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true))
	case "br":
		return brotli.NewReader(q.r.Body), nil
	default:
		return nil, llm.Errorf(llm.UnsupportedMedia, "content encoding %q is not supported: send the body plain, or as gzip, zstd or br", enc)
	}
}
