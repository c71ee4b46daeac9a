package bedrock

import (
	"strconv"
	"strings"

	"sluice/core/dialect"
)

// sent returns the name under which a tool is sent.
//
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolSpecification.html
func (p *preparation) sent(tool string) string { return p.names.Send(tool, dialect.MaxToolName) }

func legal(s string) string { return dialect.LegalName(s, dialect.MaxToolName) }

// alphanumeric reports whether r is an ASCII letter or digit.
func alphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// maxDocumentName is how long the name of a document may be.
const maxDocumentName = 200

// documentNames gives documents names that Bedrock takes: letters, digits,
// single spaces, hyphens, parentheses and brackets, no two alike. A name
// depends on the documents before it only, so that a growing conversation
// keeps its prefix and the provider's cache with it.
//
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
type documentNames map[string]bool

func (d *documentNames) name(s string) string {
	s = documentName(s)
	out := s
	for n := 2; (*d)[out]; n++ {
		number := " (" + strconv.Itoa(n) + ")"
		out = s[:min(len(s), maxDocumentName-len(number))] + number
	}
	if *d == nil {
		*d = documentNames{}
	}
	(*d)[out] = true
	return out
}

func documentName(s string) string {
	clean := strings.Map(func(r rune) rune {
		if alphanumeric(r) || strings.ContainsRune("-()[]", r) {
			return r
		}
		return ' '
	}, s)
	clean = strings.Join(strings.Fields(clean), " ")
	clean = strings.TrimSpace(clean[:min(len(clean), maxDocumentName)])
	if clean == "" {
		return "document"
	}
	return clean
}
