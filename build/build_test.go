// Package build_test checks that the documents about the build agree with the build.
package build_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDependencies: docs/dependencies.md names the direct dependencies of the main module, and no others.
func TestDependencies(t *testing.T) {
	t.Parallel()
	required := find(`(?m)^(?:\t|require )(\S+) v\S+$`, read(t, "go.mod"))
	list, _, _ := strings.Cut(read(t, "docs/dependencies.md"), "## The end-to-end tests")
	explained := find("(?m)^\\* `(.+)`: .", list)
	if diff := cmp.Diff(required, explained); diff != "" {
		t.Errorf("docs/dependencies.md differs from go.mod's direct dependencies:\n%s", diff)
	}
}

// TestHelp: make help lists every target of the Makefile.
func TestHelp(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "make", "help")
	list.Dir = ".."
	help, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range find(`(?m)^\.PHONY: (.+)$`, read(t, "Makefile")) {
		if !strings.Contains(string(help), "make "+target+" ") {
			t.Errorf("make help does not list %s:\n%s", target, help)
		}
	}
}

// TestFunctionsWithoutClients: the Lambda functions do not contain the SDK's clients, nor its reading of settings, which would make
// them half as large again.
func TestFunctionsWithoutClients(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags=lambda.norpc", "./lambda/...")
	list.Dir = ".."
	packages, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	if found := find(`(?m)^(github\.com/aws/aws-sdk-go-v2/(?:service|config|credentials|feature)/?.*)$`, string(packages)); len(found) > 0 {
		t.Errorf("the functions contain %s; package awscall calls AWS for them", strings.Join(found, ", "))
	}
}

// find returns what the pattern's group matches, in order.
func find(pattern, text string) (found []string) {
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile("../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
