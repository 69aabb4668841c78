package secret_test

import (
	"path"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

// FuzzResolve: there is a value or an error, a value is never blank, and an error shows nothing of a text that is no reference but
// what is before its first colon.
func FuzzResolve(f *testing.F) {
	for _, text := range []string{"env:A", "SSM:/planted", " planted ", "((planted))", "arn:aws:planted", "hunter2", "file:", "secretsmanager:x#y"} {
		f.Add(text)
	}
	r := &secret.Resolver{Getenv: func(name string) string { return name }}
	f.Fuzz(func(t *testing.T, text string) {
		value, literal, err := r.Resolve(t.Context(), text)
		if (strings.TrimSpace(value) == "") == (err == nil) {
			t.Fatalf("%q: value %q, error %v", text, value, err)
		}
		if literal == secret.IsReference(text) {
			t.Errorf("%q: literal %v", text, literal)
		}
		_, after, _ := strings.Cut(text, ":")
		if err != nil && literal && len(after) > 20 && strings.Contains(err.Error(), after) {
			t.Errorf("%q: the error shows it: %v", text, err)
		}
	})
}

// FuzzAllows: what a prefix of a folder allows is a reference, and a file below that folder.
func FuzzAllows(f *testing.F) {
	for _, ref := range []string{"file:/secrets/a", "file:/secrets/../a", "file:/secrets//../../a", "file:/secrets/", "env:/secrets/a"} {
		f.Add(ref)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		for _, allowed := range []secret.Allowed{{"file:/secrets/"}, {"file:/secrets/*"}} {
			name, ok := strings.CutPrefix(ref, "file:")
			if allowed.Allows(ref) && (!ok || !strings.HasPrefix(path.Clean(name)+"/", "/secrets/")) {
				t.Errorf("%v allows %q", allowed, ref)
			}
		}
	})
}
