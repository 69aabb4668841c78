// Docs writes docs/support.md from the code's own tables, so that the page can't say what the code does not do. Run it in the
// main module's folder.
//
// The words are here, since the programs have no use for them: support.md.tmpl is the prose, providers.go has what is said of
// each provider, and types.go of each resource type. Whatever the code itself can tell is asked of the code. The provider
// reads the deliveries of its testdata, and the type makes filters of sources; a word that they contradict is an error, as is
// a provider, an event or a type that no row tells of.
package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

const (
	output = "docs/support.md"
	// testdata is where the folders of the providers' packages are.
	testdata = "internal/provider"
)

//go:embed support.md.tmpl
var prose string

func main() {
	page, err := support(".")
	if err == nil {
		err = os.WriteFile(output, page, 0o644)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "writing %s: %v\n", output, err)
		os.Exit(1)
	}
}

// support makes the page. The root is the main module's folder.
func support(root string) ([]byte, error) {
	p, err := readProviders(providerDocs, filepath.Join(root, testdata))
	t, typesErr := readTypes(typeDocs)
	if err := errors.Join(err, typesErr); err != nil {
		return nil, err
	}
	tmpl, err := template.New("support.md.tmpl").Parse(prose)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	err = tmpl.Execute(&page, map[string]string{
		"Providers": table("provider | path | authenticity | recognised at `/` by", p.rows),
		"Replays":   table("path | what is signed | played again", p.replays),
		"Events":    table("provider | event | becomes", p.events),
		"Types":     table("type | watches | found by | decided by | by which events", t.rows),
		"Images":    table("type | comes with Concourse | images", t.images),
	})
	return page.Bytes(), err
}

// table is a table of Markdown, without a line break at its end.
func table(head string, rows [][]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|%s", head, strings.Repeat(" --- |", strings.Count(head, " | ")+1))
	for _, cells := range rows {
		b.WriteString("\n|")
		for _, cell := range cells {
			b.WriteString(strings.TrimRight(" "+cell, " ") + " |")
		}
	}
	return b.String()
}

// listed is the words with commas between.
func listed(words []string) string { return strings.Join(words, ", ") }

// quoted is s as code in Markdown.
func quoted(s string) string { return "`" + s + "`" }
