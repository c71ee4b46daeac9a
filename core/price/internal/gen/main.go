// Command gen makes the embedded price table from the published data set.
//
//	go run ./core/price/internal/gen -o core/price/data/prices.txt pricing.json
//
// The input is Portkey's data set in the form of one object for each model,
// {"meta": {"source": …}, "providers": {id: {"models": {name: entry}}}}, where
// an entry is a [price.Entry]. The corrections beside the output are laid
// over it, then the rules of this package, each of which says what it mends
// and why. What they did is printed, so that a new data set is not taken
// unread. Equal inputs give equal bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"sluice/core/internal/json"
	"sluice/core/price"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("gen", flag.ContinueOnError)
	out := flags.String("o", "prices.txt", "file to write; corrections.json is read from its folder")
	dump := flags.Bool("text", false, "print the table as text and write nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("one input file is needed")
	}
	data, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		return err
	}
	fixes, err := os.ReadFile(filepath.Join(filepath.Dir(*out), "corrections.json"))
	if err != nil {
		return err
	}
	text, err := build(data, fixes, stdout)
	if err != nil {
		return err
	}
	if *dump {
		_, err := stdout.Write(text)
		return err
	}
	fmt.Fprintf(stdout, "%d bytes\n", len(text))
	return os.WriteFile(*out, text, 0o644)
}

type source struct {
	Meta struct {
		Source string `json:"source"`
	} `json:"meta"`
	Providers map[string]struct {
		Models map[string]*price.Entry `json:"models"`
	} `json:"providers"`
}

var date = regexp.MustCompile(`\d{4}-\d{2}-\d{2}`)

// build returns the text of the table.
func build(data, fixes []byte, log io.Writer) ([]byte, error) {
	var src source
	if err := json.Unmarshal(data, &src); err != nil {
		return nil, fmt.Errorf("reading the data: %w", err)
	}
	cor, err := parseCorrections(fixes)
	if err != nil {
		return nil, err
	}
	t := &table{log: log, providers: map[string]models{}}
	for id, p := range src.Providers {
		t.providers[id] = p.Models
	}
	for _, r := range before {
		t.apply(r)
	}
	if err := t.correct(cor); err != nil {
		return nil, err
	}
	for _, r := range after {
		t.apply(r)
	}
	version := fmt.Sprintf("%s.%d", date.FindString(src.Meta.Source), cor.Revision)
	return price.Build(version, src.Meta.Source, t.overrides())
}
