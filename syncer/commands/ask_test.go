package commands

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// syncAtTerminal syncs one pipeline to a new file, and answers the question from in.
func syncAtTerminal(ctx context.Context, t *testing.T, in io.Reader) (status int, stderr string, published bool) {
	t.Helper()
	dir := t.TempDir()
	pipeline, document := filepath.Join(dir, "app.yml"), filepath.Join(dir, "config.json")
	if err := os.WriteFile(pipeline, []byte(`resources: [{name: r, type: git, source: {uri: "https://github.com/acme/app"}}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errors bytes.Buffer
	status = Run(ctx, []string{"sync", "--pipeline", "app=" + pipeline, "--config", document, "--concourse-url", "https://ci.example.com"},
		Streams{In: in, Out: &out, Err: &errors, Terminal: true})
	if !strings.Contains(out.String(), "+ main/app/r (git)") {
		t.Errorf("the plan was not shown:\n%s%s", &out, &errors)
	}
	_, err := os.Stat(document)
	return status, errors.String(), err == nil
}

func TestAsk(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{
		"y\n": true, "yes\n": true, " YES \r\n": true, "y": true, "n\n": false, "\n": false, "": false, "yo\n": false,
	} {
		status, stderr, published := syncAtTerminal(t.Context(), t, strings.NewReader(answer))
		if published != want || (status == 0) != want {
			t.Errorf("answer %q: published %v, status %d, want %v", answer, published, status, want)
		}
		if !want && !strings.HasSuffix(stderr, "syncer: error: nothing was published\n") {
			t.Errorf("answer %q: %s", answer, stderr)
		}
	}
}

// An interrupt ends the question.
func TestAskIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	in, never := io.Pipe()
	t.Cleanup(func() { _ = never.Close() })
	cancel()
	if status, _, published := syncAtTerminal(ctx, t, in); status != 1 || published {
		t.Errorf("status %d, published %v", status, published)
	}
}
