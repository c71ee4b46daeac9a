package frame

import (
	"encoding/binary"
	"hash/crc32"
)

// AppendSSE appends one server-sent event. An empty name is left out. Data is
// split at line breaks, of which there is only one kind on the other side: CR
// and CRLF arrive as LF. A line break in the name becomes a space.
func AppendSSE(dst []byte, event string, data []byte) []byte {
	if event != "" {
		dst = append(appendLine(append(dst, "event: "...), event), '\n')
	}
	for i := lineEnd(data); i >= 0; i = lineEnd(data) {
		dst = append(append(append(dst, "data: "...), data[:i]...), '\n')
		if data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n' {
			i++
		}
		data = data[i+1:]
	}
	return append(append(append(dst, "data: "...), data...), '\n', '\n')
}

// AppendComment appends a comment, which every client ignores. Line breaks
// become spaces.
func AppendComment(dst []byte, text string) []byte {
	return append(appendLine(append(dst, ": "...), text), '\n', '\n')
}

// appendLine keeps s on one line: what follows a line break would be read as
// a field.
func appendLine(dst []byte, s string) []byte {
	at := len(dst)
	dst = append(dst, s...)
	for i, c := range dst[at:] {
		if c == '\n' || c == '\r' {
			dst[at+i] = ' '
		}
	}
	return dst
}

// AppendEvent appends a message of the AWS event stream that carries JSON.
func AppendEvent(dst []byte, eventType string, payload []byte) []byte {
	return appendMessage(dst, "event", ":event-type", eventType, payload)
}

// AppendException appends an exception message.
func AppendException(dst []byte, exceptionType string, payload []byte) []byte {
	return appendMessage(dst, "exception", ":exception-type", exceptionType, payload)
}

func appendMessage(dst []byte, kind, typeHeader, typ string, payload []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, preludeLen)...)
	dst = appendHeader(dst, ":message-type", kind)
	dst = appendHeader(dst, typeHeader, typ)
	dst = appendHeader(dst, ":content-type", "application/json")
	headers := len(dst) - start - preludeLen
	dst = append(dst, payload...)

	m := dst[start:]
	binary.BigEndian.PutUint32(m, uint32(len(m)+crcLen))
	binary.BigEndian.PutUint32(m[4:], uint32(headers))
	binary.BigEndian.PutUint32(m[8:], crc32.ChecksumIEEE(m[:8]))
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(m))
}

// maxHeaderValue is what AWS allows and SDKs accept, in bytes.
const maxHeaderValue = 1<<15 - 1

// appendHeader appends a text. A longer one is cut: the types that services
// have are a few dozen bytes long, and a stream has no better way to fail.
func appendHeader(dst []byte, name, value string) []byte {
	value = value[:min(len(value), maxHeaderValue)]
	dst = append(append(dst, byte(len(name))), name...)
	dst = binary.BigEndian.AppendUint16(append(dst, typeString), uint16(len(value)))
	return append(dst, value...)
}
