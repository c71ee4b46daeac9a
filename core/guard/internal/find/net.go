package find

import (
	"net/netip"
	"strings"
)

// Limits of RFC 5321, in bytes.
const (
	maxLocal   = 64
	maxAddress = 254
)

const localSigns = "._%+'-"

// emailAt is the address whose @ stands at i. Its local part is in ASCII, and
// its host has a name with a dot.
func emailAt(text string, i, from int) (start, end int) {
	start = i
	for start > max(from, i-maxLocal) && (isAlnum(text[start-1]) || indexByte(localSigns, text[start-1]) >= 0) {
		start--
	}
	for start < i && !isAlnum(text[start]) && text[start] != '_' {
		start++
	}
	if start == i || text[i-1] == '.' {
		return 0, 0
	}
	end = hostEnd(text, i+1, start+maxAddress)
	if text[start:i] == "git" && byteAt(text, end) == ':' { // the address of a repository
		return 0, 0
	}
	return start, end
}

// hostEnd is the end of a host's name, 0 if there is none.
func hostEnd(text string, i, limit int) int {
	begin, label := i, i
	for {
		for i < min(len(text), limit) && (isAlnum(text[i]) || text[i] == '-') {
			i++
		}
		if i == label || byteAt(text, i) != '.' || i+1 >= len(text) || !isAlnum(text[i+1]) {
			break
		}
		i++
		label = i
	}
	for i > label && text[i-1] == '-' {
		i--
	}
	if label == begin || i-label < 2 || i-label > 24 || !isLetter(text[label]) || !isLetter(text[label+1]) {
		return 0
	}
	return i
}

// ipv4 is an address that is somebody's: not a loopback one, nor a version. It
// may be that of a user's host.
func ipv4(n *number) int {
	if n.groups < 4 || !n.even(".", 4) || continues(n.text, n.start[0]) && byteAt(n.text, n.start[0]-1) != '@' {
		return 0
	}
	if end := n.end[3]; joint(n.text, end, 1) && n.text[end] != '/' && n.text[end] != ':' { // of a network, a port
		return 0
	}
	a, err := netip.ParseAddr(n.text[n.start[0]:n.end[3]])
	if err != nil || !somebodys(a) || hinted(n.text, n.start[0], "version", "release", "ver.", "build ", "section ", "chapter ", "clause ", "§", "版本", "バージョン") {
		return 0
	}
	return 4
}

func somebodys(a netip.Addr) bool {
	return !a.IsLoopback() && !a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// maxIPv6 is the longest form, with an IPv4 address at its end.
const maxIPv6 = 45

// ipv6At is an address that has a digit and cannot be names of C++.
func ipv6At(text string, i int) int {
	end := i
	for end < min(len(text), i+maxIPv6) && (isHex(text[end]) || text[end] == ':' || text[end] == '.') {
		if end-i == 4 && text[i+4] != ':' && strings.IndexByte(text[i:end], ':') < 0 {
			return 0
		}
		end++
	}
	for end > i && (text[end-1] == '.' || text[end-1] == ':' && byteAt(text, end-2) != ':') {
		end--
	}
	candidate := text[i:end]
	colons := strings.Count(candidate, ":")
	if colons < 2 || wordAt(text, end) || i > 0 && (text[i-1] == ':' || text[i-1] == '.' || isWord(text[i-1])) {
		return 0
	}
	if !strings.ContainsAny(candidate, "0123456789") || colons == 2 && strings.IndexByte(candidate, ':') != 4 {
		return 0
	}
	if a, err := netip.ParseAddr(candidate); err != nil || !somebodys(a) {
		return 0
	}
	return end
}
