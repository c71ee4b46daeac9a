package logs

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/core/store/driver"
	"sluice/core/usage"
)

// A place says where a record stands in an index: by its id in those of
// fields, by the end of its request, and then its id, in the feed. As texts,
// places are in the order of time.
type place = string

func endPlace(end time.Time, id string) place { return floor(end) + "-" + id }

// idOf is the id of the record at a place.
func idOf(p place) string { return p[max(len(p)-idLength, 0):] }

// idLength is that of an id, in bytes; floorLength that of what floor returns.
const (
	idLength    = len("01234567-89ab-7cde-8f01-23456789abcd")
	floorLength = len("01234567-89ab")
)

// secondOf is the second that a place is in.
func secondOf(p place) int64 {
	high, _ := strconv.ParseUint(p[:8], 16, 64)
	low, _ := strconv.ParseUint(p[9:floorLength], 16, 64)
	return int64((high<<16 | low) / 1000)
}

func floorOfSecond(second int64) place { return floor(time.Unix(second, 0)) }

// behindSecond is above every block that has a place below p.
func behindSecond(p place) place {
	if own := floorOfSecond(secondOf(p)); p == own {
		return p
	}
	return floorOfSecond(secondOf(p) + 1)
}

// A block is what a consumer has found of one value of a field, or for the
// feed, among the records that it had at hand: places within one second, in
// their order. Thousands of records share a write that way, and a lone one has
// a block of its own.
//
// Blocks of one second overlap, and may repeat each other: consumers are told of
// records in any order, and more than once.
type block []place

// key is where a block is in a part: at its last place, so that whoever reads
// blocks from the newest to the oldest knows what no other can come before.
// What follows tells blocks apart that end with the same one, so that none
// replaces another one with fewer.
func (b block) key(part string) driver.Key {
	last := b[len(b)-1]
	if len(b) == 1 {
		return driver.Key{Part: part, Sort: last}
	}
	h, text := fnv.New64a(), make([]byte, 0, len(last))
	for _, p := range b {
		text = append(text[:0], p...)
		h.Write(text)
	}
	return driver.Key{Part: part, Sort: last + "~" + strconv.FormatUint(h.Sum64(), 36)}
}

// encode writes a block: the number of bytes of a place, then places.
func (b block) encode() []byte {
	width := placeBytes(len(b[0]))
	data := make([]byte, 1, 1+width*len(b))
	data[0] = byte(width)
	digits := make([]byte, 0, 2*width)
	for _, p := range b {
		digits = digits[:0]
		for run := range strings.SplitSeq(p, "-") {
			digits = append(digits, run...)
		}
		data, _ = hex.AppendDecode(data, digits) // places are made of ids, which are hexadecimal
	}
	return data
}

// A blockWriter makes records of blocks. Those of several fields mostly have the
// same places, and are written once.
type blockWriter map[outline]written

// An outline is what equal blocks have in common, and few others.
type outline struct {
	first, last place
	length      int
}

type written struct {
	block
	sort string
	data []byte
}

func (w blockWriter) record(part string, b block, expires time.Time) driver.Record {
	o := outline{b[0], b[len(b)-1], len(b)}
	known, ok := w[o]
	if !ok || !slices.Equal(known.block, b) {
		known = written{b, b.key("").Sort, b.encode()}
		w[o] = known
	}
	return driver.Record{Key: driver.Key{Part: part, Sort: known.sort}, Version: driver.Any, Data: known.data, Expires: expires}
}

// placeBytes is how many bytes a place of this length takes.
func placeBytes(length int) int {
	if length == idLength {
		return idBytes
	}
	return msBytes + idBytes
}

const (
	idBytes = 16
	msBytes = 6
)

// decodeBlock is the inverse of encode.
func decodeBlock(data []byte) (block, error) {
	if len(data) < 2 || data[0] != idBytes && data[0] != msBytes+idBytes || (len(data)-1)%int(data[0]) != 0 {
		return nil, fmt.Errorf("logs: a block of %d bytes cannot be read", len(data))
	}
	width := int(data[0])
	var b block
	for p := range slices.Chunk(data[1:], width) {
		id := uuid(p[width-idBytes:])
		if _, ok := usage.TimeOf(id); !ok {
			return nil, fmt.Errorf("logs: a block has the id %s", id)
		}
		if width > idBytes {
			h := hex.EncodeToString(p[:msBytes])
			id = h[:8] + "-" + h[8:] + "-" + id
		}
		b = append(b, id)
	}
	return b, nil
}

// uuid writes 16 bytes as an id.
func uuid(b []byte) string {
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
