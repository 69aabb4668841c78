package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

const root = "../.."

// docs/support.md is what make docs writes.
func TestSupport(t *testing.T) {
	t.Parallel()
	want, err := support(root)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, output))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(page)); diff != "" {
		t.Errorf("%s is not what the code's tables make; change those or build/docs, and run make docs (-want +got):\n%s", output, diff)
	}
}

// No word about a provider stays that the provider contradicts.
func TestProviderContradicts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, provider string
		change         func(*providerDoc)
		want           string
	}{
		{"no header for it", "github", func(d *providerDoc) { d.recognised = nil }, "recognised"},
		{"a header of no use", "github", func(d *providerDoc) { d.recognised = []string{"X-Acme-Event"} }, "X-Acme-Event does not make"},
		{"a header of another", "github", func(d *providerDoc) { d.recognised = []string{"X-Gitea-Event"} }, "X-Gitea-Event does not make"},
		{"a signature of another", "gitlab", func(d *providerDoc) { d.authentic = "`X-Hub-Signature: sha256=`" }, "X-Hub-Signature"},
		{"no secret in the URL", "github", func(d *providerDoc) { d.authentic += ", or the secret in the URL" }, `says "the secret in the URL": true`},
		{"a secret in the URL", "acr", func(d *providerDoc) { d.authentic = "the `Authorization` header" }, `says "the secret in the URL": false`},
		{"an event that is left out", "gitlab", func(d *providerDoc) { d.sends[0].deliveries = d.sends[0].deliveries[1:] }, "event push"},
		{"an event of no use", "github", func(d *providerDoc) { d.sends[0].deliveries[0].event = "star" }, "star event ignored"},
		{"no file", "quay", func(d *providerDoc) { d.sends[0].deliveries[0].file = "quay/none.json" }, "none.json"},
		{"a file with another text", "jfrog", func(d *providerDoc) {
			d.sends[0].deliveries[1].replace = []string{"x y z", "z"}
		}, "nothing is replaced"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(providerDocs, func(d providerDoc) bool { return d.name == tt.provider })
			d := providerDocs[i]
			d.sends = slices.Clone(d.sends)
			d.sends[0].deliveries = slices.Clone(d.sends[0].deliveries)
			tt.change(&d)
			_, err := readProviders([]providerDoc{d}, filepath.Join(root, testdata))
			wantError(t, err, tt.want)
			wantError(t, err, "generic: build/docs/providers.go has no entry")
		})
	}
}

// No word about a type stays that the type contradicts.
func TestTypeContradicts(t *testing.T) {
	t.Parallel()
	const source = `{"uri": "https://git.example.com/o/r.git", "branch": "main", "commit_filter": {}, "tag_filter": "v*"}`
	tests := []struct {
		name string
		doc  typeDoc
		want string
	}{
		{"a field that nothing reads", typeDoc{decided: "`commit_filter`"}, "decided names commit_filter"},
		{"a field that no source has", typeDoc{decided: "`paths`"}, "decided names paths"},
		{"a field that finds nothing", typeDoc{found: "`branch`"}, "found names branch"},
		{"a source of another type", typeDoc{sources: []string{`{"bucket": "b"}`}}, "uri is missing"},
		{"a source that is no JSON", typeDoc{sources: []string{`{`}}, "reading the source {"},
		{"only patterns", typeDoc{sources: []string{`{"uri": "https://git.example.com/((o))/r.git"}`}}, "all patterns"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.doc.name = "git"
			if tt.doc.sources == nil {
				tt.doc.sources = []string{source}
			}
			_, err := readTypes([]typeDoc{tt.doc})
			wantError(t, err, tt.want)
			for _, name := range resource.Names() {
				if missing := fmt.Sprintf("%s: build/docs/types.go has no entry", name); name != "git" {
					wantError(t, err, missing)
				}
			}
		})
	}
}

func wantError(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v, want %q in it", err, text)
	}
}
