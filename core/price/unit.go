package price

import (
	"slices"
	"strings"
)

// A Unit is something that has a price. Token units are disjoint in a bill:
// each token is in exactly one line.
type Unit uint8

// Units. Those that are measured, not counted, have a finer measure than
// their price: a price for a minute, but milliseconds in an [Item].
const (
	Input            Unit = iota // tokens read
	CachedInput                  // tokens read from a prompt cache
	CacheWrite                   // tokens written to it, for the shortest lifetime that there is
	CacheWrite1h                 // for one hour
	Output                       // tokens written
	Reasoning                    // those of them that were thought, where they have a price of their own
	AudioInput                   // tokens of sound, and so on
	CachedAudioInput             //
	AudioOutput                  //
	ImageInput                   //
	CachedImageInput             //
	ImageOutput                  //
	TextInput                    // tokens of text of a model that has no one price for its input
	CachedTextInput              //
	TextOutput                   //
	VideoOutput                  //
	Routing                      // tokens that a model router looked at, on top of what its choice costs
	FinetuneTraining             // tokens trained on
	lastToken        = FinetuneTraining
)

const (
	Character           Unit = iota + lastToken + 1 // of text to be spoken
	Minute                                          // of audio; an Item has milliseconds
	VideoSecond                                     // of video made, by size; an Item has milliseconds
	InputVideoSecond                                // of video read, by quality; an Item has milliseconds
	FinetuneHour                                    // of training; an Item has milliseconds
	Megapixel                                       // of images made; an Item has pixels
	Image                                           // made, by quality and size
	InputImage                                      // an image read
	Page                                            // of a document read
	Request                                         // each request
	Search                                          // a query to a ranker or search engine
	WebSearch                                       // a search that a model made, by quality: how much it reads
	EnterpriseWebSearch                             // one of Google's, for enterprises
	FileSearch                                      // in files that were uploaded
	MapSearch                                       // of places
	XSearch                                         // of posts on X
	AttachmentSearch                                // in what a message has attached
	CodeExecution                                   // a run of code that a model wrote
	Several                                         // what did not fit into a Breakdown
	numUnits
)

const (
	million     = 1_000_000
	millisecond = 1
	second      = 1000 * millisecond
)

var units = [numUnits]struct {
	name string // in JSON
	per  int64
}{
	Input:               {"input", million},
	CachedInput:         {"cached_input", million},
	CacheWrite:          {"cache_write", million},
	CacheWrite1h:        {"cache_write_1h", million},
	Output:              {"output", million},
	Reasoning:           {"reasoning", million},
	AudioInput:          {"audio_input", million},
	CachedAudioInput:    {"cached_audio_input", million},
	AudioOutput:         {"audio_output", million},
	ImageInput:          {"image_input", million},
	CachedImageInput:    {"cached_image_input", million},
	ImageOutput:         {"image_output", million},
	TextInput:           {"text_input", million},
	CachedTextInput:     {"cached_text_input", million},
	TextOutput:          {"text_output", million},
	VideoOutput:         {"video_output", million},
	Routing:             {"routing", million},
	FinetuneTraining:    {"finetune_training", million},
	Character:           {"character", million},
	Minute:              {"minute", 60 * second},
	VideoSecond:         {"video_seconds", second},
	InputVideoSecond:    {"input_video_seconds", second},
	FinetuneHour:        {"finetune_training_per_hour", 3600 * second},
	Megapixel:           {"megapixels", million},
	Image:               {"generated_images", 1},
	InputImage:          {"input_image", 1},
	Page:                {"page", 1},
	Request:             {"request", 1},
	Search:              {"search", 1},
	WebSearch:           {"web_search", 1},
	EnterpriseWebSearch: {"enterprise_web_search", 1},
	FileSearch:          {"file_search", 1},
	MapSearch:           {"maps", 1},
	XSearch:             {"x_search", 1},
	AttachmentSearch:    {"attachment_search", 1},
	CodeExecution:       {"code_execution", 1},
	Several:             {"several", 1},
}

// String is the unit's name in overrides and records.
func (u Unit) String() string {
	if u < numUnits {
		return units[u].name
	}
	return "unknown"
}

// Per is how many of what an [Item] counts a price is for: a million for
// tokens, 60,000 (milliseconds) for minutes.
func (u Unit) Per() int64 {
	if u < numUnits {
		return units[u].per
	}
	return 1
}

// Token reports whether the unit counts tokens.
func (u Unit) Token() bool { return u <= lastToken }

// MarshalText writes the unit's name.
func (u Unit) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

func unitNamed(name string) (Unit, bool) {
	i := slices.IndexFunc(units[:], func(u struct {
		name string
		per  int64
	}) bool {
		return u.name == name
	})
	return Unit(max(i, 0)), i >= 0 && Unit(i) != Several
}

// parseUnit reads the name of a unit in overrides, where a quality or a size
// may be part of it: web_search_low_context, video_seconds_1280x720.
func parseUnit(name string) (u Unit, quality, size string, ok bool) {
	if u, ok = unitNamed(name); ok {
		return u, "", "", true
	}
	if q, found := between(name, "web_search_", "_context"); found {
		return WebSearch, q, "", true
	}
	if q, found := strings.CutPrefix(name, "input_video_seconds_"); found && q != "" {
		return InputVideoSecond, q, "", true
	}
	if s, found := strings.CutPrefix(name, "video_seconds_"); found && s != "" {
		return VideoSecond, "", s, true
	}
	return 0, "", "", false
}

func between(s, before, after string) (string, bool) {
	s, ok := strings.CutPrefix(s, before)
	if !ok {
		return "", false
	}
	s, ok = strings.CutSuffix(s, after)
	return s, ok && s != ""
}
