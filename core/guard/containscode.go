package guard

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

func init() { add(Spec{ID: "default.containsCode", Form: true, New: newContainsCode}) }

// fences are the languages that blocks of code are marked with, by format.
// The reference knows fewer of them, so that `bash` was no Shell.
var fences = map[string][]string{
	"SQL": {"sql"}, "Python": {"py", "python", "gyp", "python3"}, "TypeScript": {"ts", "tsx", "typescript"}, "JavaScript": {"js", "jsx", "javascript"},
	"Java": {"java"}, "C#": {"cs", "csharp", "c#"}, "C++": {"cpp", "c++", "cc"}, "C": {"c"}, "Ruby": {"rb", "ruby"}, "PHP": {"php"}, "Swift": {"swift"},
	"Kotlin": {"kt", "kotlin"}, "Go": {"go", "golang"}, "Rust": {"rs", "rust"}, "Scala": {"scala"}, "R": {"r"}, "Perl": {"pl", "perl"},
	"Shell": {"sh", "bash", "shell", "zsh"}, "HTML": {"html"}, "CSS": {"css"}, "XML": {"xml"}, "JSON": {"json"}, "YAML": {"yml", "yaml"},
	"Markdown": {"md", "markdown"}, "Dockerfile": {"dockerfile", "docker"},
}

// formatByName has them by what formats and languages are called.
var formatByName = func() map[string]string {
	byName := map[string]string{}
	for format, languages := range fences {
		byName[strings.ToLower(format)] = format
		for _, l := range languages {
			byName[l] = format
		}
	}
	return byName
}()

// formatOf is the format of a language; one that is in no list is its own.
func formatOf(language string) string {
	return cmp.Or(formatByName[strings.ToLower(language)], language)
}

// formatsIn lists the formats of the blocks of code in a text.
func formatsIn(text string) []string {
	list, seen := []string{}, map[string]bool{"": true}
	for _, b := range codeBlocks(text) {
		if format := formatOf(b.language); !seen[format] {
			seen[format] = true
			list = append(list, format)
		}
	}
	return list
}

// newContainsCode passes texts with a block of code in a language.
func newContainsCode(p *Params, _ Env) Check {
	format, not := requiredText(p, "format"), p.Bool("not", false)
	return textCheck(func(_ context.Context, text string) (Verdict, error) {
		formats := formatsIn(text)
		has := slices.Contains(formats, formatOf(format))
		return found(has != not, struct {
			Explanation    string   `json:"explanation"`
			SearchedFormat string   `json:"searchedFormat"`
			Not            bool     `json:"not"`
			FoundFormats   []string `json:"foundFormats"`
			TextExcerpt    string   `json:"textExcerpt"`
		}{choose(len(formats) == 0, "No code blocks found in the text",
			fmt.Sprintf("%s code block(s) in %s format", choose(has, "Found", "Did not find"), format)),
			format, not, formats, excerpt(text)}), nil
	})
}

// A codeBlock stands between fences of three backticks or more.
type codeBlock struct{ language, code string }

// codeBlocks finds blocks of code. One that is not closed ends with the text.
func codeBlocks(text string) (blocks []codeBlock) {
	for {
		_, after, ok := strings.Cut(text, "```")
		if !ok {
			return blocks
		}
		code, rest, _ := strings.Cut(strings.TrimLeft(after, "`"), "```")
		text = strings.TrimLeft(rest, "`")
		blocks = append(blocks, newCodeBlock(code))
	}
}

// newCodeBlock takes the language off the first line. Between fences in one
// line there is none.
func newCodeBlock(code string) codeBlock {
	line, _, more := strings.Cut(code, "\n")
	language, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	if !more || strings.ContainsAny(language, "{[(\"'<=;") {
		return codeBlock{"", code}
	}
	return codeBlock{language, code[len(line):]}
}
