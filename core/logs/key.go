package logs

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"sluice/core/internal/json"
	"sluice/core/store/driver"
	"sluice/core/usage"
)

// RecordPrefix begins the part of every record, and of nothing else.
const RecordPrefix = "LOG#"

// IsRecord reports whether a record of [usage] is kept under k, to be read
// with [Decode].
func IsRecord(k driver.Key) bool { return strings.HasPrefix(k.Part, RecordPrefix) }

// shards are the parts into which the records of a workspace and a day go: a
// part of DynamoDB takes a thousand writes a second.
const shards = 4

// longest is how many bytes of a value stand in a key. Longer ones are hashed.
const longest = 128

// dayLayout is how a day stands in a key; in UTC.
const dayLayout = "20060102"

func dayOf(t time.Time) string { return t.UTC().Format(dayLayout) }

// segment is a text as a piece of a key: # and % are escaped, so that no value
// runs into the next one, and one that is too long is its hash.
func segment(s string) string {
	if len(s) > longest {
		sum := sha256.Sum256([]byte(s))
		return "%%" + hex.EncodeToString(sum[:])
	}
	if !strings.ContainsAny(s, "#%") {
		return s
	}
	return strings.NewReplacer("%", "%25", "#", "%23").Replace(s)
}

func recordPart(workspace, day string, shard int) string {
	return RecordPrefix + segment(workspace) + "#" + day + "#" + strconv.Itoa(shard)
}

func shardOf(id string) int {
	if id == "" {
		return 0
	}
	n, _ := strconv.ParseUint(id[len(id)-1:], 16, 8) // what is no digit goes to the first
	return int(n % shards)
}

// recordKey is where the record with an id is. It reports false for what is
// no id.
func recordKey(workspace, id string) (driver.Key, bool) {
	t, ok := usage.TimeOf(id)
	return driver.Key{Part: recordPart(workspace, dayOf(t), shardOf(id)), Sort: id}, ok
}

func bodyKey(workspace, id string, t time.Time) driver.Key {
	return driver.Key{Part: "LOGBODY#" + segment(workspace) + "#" + dayOf(t), Sort: id}
}

// isID reports whether a text is the id of a record.
func isID(s string) bool {
	_, ok := usage.TimeOf(s)
	return ok
}

// A pair is a field and its value, under which entries are found.
type pair struct{ field, value string }

func (p pair) part(workspace, day string) string {
	return "LOGX#" + segment(workspace) + "#" + p.field + "=" + segment(p.value) + "#" + day
}

// metadataField is the field of a key of metadata. No key runs into its value.
func metadataField(key string) string {
	return byMetadata + strings.ReplaceAll(segment(key), "=", "%3D")
}

func donePart(workspace, day string) string { return "LOGX#" + segment(workspace) + "#done#" + day }

// floor is at or below every id of a record of an instant or later, and above
// every earlier one.
func floor(t time.Time) string {
	ms := max(t.UnixMilli(), 0)
	h := hex.EncodeToString([]byte{byte(ms >> 40), byte(ms >> 32), byte(ms >> 24), byte(ms >> 16), byte(ms >> 8), byte(ms)})
	return h[:8] + "-" + h[8:]
}

// workspacesPart has every workspace that has records.
const workspacesPart = "LOGWORKSPACE"

func workspaceKey(workspace string) driver.Key {
	return driver.Key{Part: workspacesPart, Sort: segment(workspace)}
}

// workspaceName reads what a record of [workspacesPart] has.
func workspaceName(r driver.Record) string { return json.Unquote(r.Data) }

func quoted(s string) []byte { return json.Quote(s) }
