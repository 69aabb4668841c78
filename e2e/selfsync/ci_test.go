package selfsync_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// The pipelines are valid without vars. Below the comments, they have the format of `fly format-pipeline`.
func TestPipelineFiles(t *testing.T) {
	fly, err := stack.Program("fly")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"self-sync.yml", "self-sync-idtoken.yml", "set-self.yml"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(root, "ci", name)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			plain := regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(string(content), "")
			formatted, err := exec.CommandContext(t.Context(), fly, "format-pipeline", "-c", path).Output()
			if err != nil || string(formatted) != plain {
				t.Errorf("fly format-pipeline: error is %v, and its output differs from the file:\n%s", err, formatted)
			}
			// fly validate-pipeline does not know the var source idtoken, unlike the server, so this cuts off the var sources at
			// the end of the file. See the imports of
			// https://github.com/concourse/concourse/blob/master/fly/commands/validate_pipeline.go.
			text, _, _ := strings.Cut(string(content), "\nvar_sources:\n")
			valid := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(valid, []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), fly, "validate-pipeline", "--strict", "-c", valid).CombinedOutput()
			if err != nil || strings.TrimSpace(string(out)) != "looks good" {
				t.Errorf("fly validate-pipeline --strict: %v\n%s", err, out)
			}
		})
	}
}
