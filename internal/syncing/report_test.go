package syncing_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// A sync's log names the fields that this release does not know.
func TestLogUnknownFields(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	outcome := &syncing.Outcome{Reading: new(pipeline.Reading)}
	outcome.Config = new(config.Config)
	outcome.UnknownFields = []generate.UnknownField{{Type: "git", Field: "later", Resource: "main/app/source", Count: 3}}
	syncing.Log{Logger: slog.New(slog.NewTextHandler(&out, nil))}.Planned(outcome)
	if !strings.Contains(out.String(), "level=WARN") || !strings.Contains(out.String(), "main/app/source and 2 more are checked at every event") {
		t.Error(out.String())
	}
}
