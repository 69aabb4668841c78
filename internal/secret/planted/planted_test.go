package planted_test

import (
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/secret/planted"
)

func TestIn(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "x", "bot:", "user:"} {
		text := []byte(before + "planted-password")
		for _, form := range []string{string(text), hex.EncodeToString(text), base64.StdEncoding.EncodeToString(text)} {
			if !planted.In([]byte("Authorization: " + form)) {
				t.Errorf("%s is not found", form)
			}
		}
	}
	if planted.In([]byte("a plan of what was plant, ed")) {
		t.Error("something else is found")
	}
}

func TestLeaked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("given", "planted")
	changed := write("changed", "planted")
	before, err := planted.Holding(dir)
	if err != nil {
		t.Fatal(err)
	}
	write("changed", "planted again")
	fresh := write("new", "x planted")
	write("clean", "x")
	leaked, err := before.Leaked(dir)
	slices.Sort(leaked)
	if err != nil || !slices.Equal(leaked, []string{changed, fresh}) {
		t.Errorf("leaked %q, %v", leaked, err)
	}
}
