package syncing_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// write writes a file and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Errors name the flag and the problem, never a value.
func TestOptionErrors(t *testing.T) {
	t.Parallel()
	broken := write(t, "broken.yml", "a: planted\nb: [planted\n")
	list := write(t, "list.yml", "- planted\n")
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"-v without a value":      {[]string{"-v", "b"}, "-v b: it is not of the form NAME=VALUE"},
		"-v without a name":       {[]string{"-v", "=planted"}, "it is not of the form NAME=VALUE"},
		"-v of an empty field":    {[]string{"-v", "a.=planted"}, "-v a.: invalid var"},
		"-y that is not YAML":     {[]string{"-y", "b={planted"}, "-y b: its value is not YAML"},
		"-l that is not there":    {[]string{"-l", "missing.yml"}, "reading -l missing.yml: no such file"},
		"-l with a syntax error":  {[]string{"-l", broken}, broken + ":2: did not find expected"},
		"-l that is a list":       {[]string{"-l", list}, list + ": it is an array where an object is expected"},
		"a token itself":          {[]string{"--webhook-token", "planted"}, "--webhook-token: it is not a reference"},
		"an alias without a type": {[]string{"--type-alias", "my-git"}, "--type-alias: my-git: it is not of the form NAME=TYPE"},
		"an alias of nothing":     {[]string{"--type-alias", "my-git=gti"}, "--type-alias my-git: type \"gti\" is not known; known are "},
		"defaults of a list":      {[]string{"--base-resource-type-defaults", list}, list + ": it is an array where an object is expected"},
		"vars that are no YAML":   {[]string{"--vars", "{planted"}, "--vars: its text:1: did not find expected"},
		"vars of a list":          {[]string{"--vars", "[planted]"}, "--vars: its text: it is an array where an object is expected"},
		"a pair of two":           {[]string{"--type-alias", `{"a": ["git"]}`}, "--type-alias: it is an array where a string is expected"},
		"defaults not there":      {[]string{"--base-resource-type-defaults", "missing.yml"}, "--base-resource-type-defaults: missing.yml: no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o syncing.PipelineOptions
			_, err := kong.Must(&o).Parse(test.args)
			if err == nil {
				_, err = o.Settings(syncing.Flag)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %q in it", err, test.want)
			}
			if strings.Contains(err.Error(), "planted") {
				t.Errorf("the error holds a value: %v", err)
			}
		})
	}
}
