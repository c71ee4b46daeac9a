package openaiwire

import "strings"

// AudioType is the media type of a format of input_audio, such as mp3.
func AudioType(format string) string {
	switch format {
	case "":
		return ""
	case "mp3":
		return "audio/mpeg"
	}
	return "audio/" + strings.ToLower(format)
}

// AudioFormat is the format of input_audio for a media type.
func AudioFormat(mediaType string) string {
	switch sub := strings.TrimPrefix(mediaType, "audio/"); sub {
	case "mpeg":
		return "mp3"
	case "x-wav", "wave", "vnd.wave":
		return "wav"
	default:
		return sub
	}
}
