package upstream

import (
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"sluice/core/dialect"
	"sluice/core/llm"
)

// typeOf finds the media type of what was fetched from a path, and reports
// whether that is what the request calls it. The bytes count more than what the
// host says of them, except among texts, which look alike; where neither tells,
// the request and the name of the file do.
func typeOf(m *llm.Media, name, header string, data []byte) (typ string, fits bool) {
	found, said, asked := plainType(http.DetectContentType(data)), plainType(header), plainType(m.MediaType)
	named := plainType(mime.TypeByExtension(path.Ext(name)))
	switch {
	case m.Kind != llm.Document && (isKind(found, m.Kind) || isContainer(found)):
		return firstOf(m.Kind, found, said, asked, named)
	case m.Kind != llm.Document, isMedia(found):
		return found, false
	case found == "application/pdf":
		return found, true
	case said == "text/html" && asked != said && named != said:
		return said, false // a page that says that the document is gone, or wants a login
	}
	return firstOf(m.Kind, said, asked, named, found)
}

// firstOf returns the first type that is of a kind, else the first.
func firstOf(kind llm.MediaKind, types ...string) (typ string, fits bool) {
	i := slices.IndexFunc(types, func(t string) bool { return isKind(t, kind) })
	return types[max(i, 0)], i >= 0
}

func isKind(typ string, kind llm.MediaKind) bool {
	if kind == llm.Document {
		return typ != "" && !isMedia(typ) && !strings.HasSuffix(typ, "/octet-stream")
	}
	return strings.HasPrefix(typ, string(kind)+"/")
}

// isMedia reports whether a type is that of an image, a sound or a film.
func isMedia(typ string) bool {
	return isKind(typ, llm.Image) || isKind(typ, llm.Audio) || isKind(typ, llm.Video)
}

// isContainer reports whether bytes of a type may be of any kind, or of none
// that is known.
func isContainer(typ string) bool {
	return typ == "application/octet-stream" || typ == "video/mp4" || typ == "video/webm" || typ == "audio/ogg"
}

// plainType is a media type in plain spelling. Ogg is told from its bytes as an
// application.
func plainType(s string) string {
	if t := dialect.PlainMediaType(s); t != "application/ogg" {
		return t
	}
	return "audio/ogg"
}
