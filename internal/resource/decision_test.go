package resource_test

import (
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// A reason is one line, whatever file or tag it quotes.
func TestReasonIsOneLine(t *testing.T) {
	t.Parallel()
	const file, want = "a\nb\x1b[2K\u202e", `touches a\nb\x1b[2K\u202e`
	for _, d := range []resource.Decision{resource.Check(resource.Named, "touches %s", file), resource.Skip(resource.Named, "touches %s", file)} {
		if d.Reason != want {
			t.Errorf("reason %q, want %s", d.Reason, want)
		}
	}
}

// A reason is short, whatever a delivery's names are.
func TestReasonIsShort(t *testing.T) {
	t.Parallel()
	d := resource.Skip(resource.Named, "touches %s", strings.Repeat("é", 1<<20))
	if len(d.Reason) > 4100 || !strings.HasSuffix(d.Reason, "éé...") {
		t.Errorf("a reason of %d bytes: %.20s", len(d.Reason), d.Reason)
	}
}
