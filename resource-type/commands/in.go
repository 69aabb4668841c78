package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/internal/publish"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// The files that in writes.
const (
	configFile    = "config.json"    // the config for the current pipelines
	publishedFile = "published.json" // the published config; absent if there is none
	planFile      = "plan.txt"       // the changes from the published config, one check per line
	summaryFile   = "summary.json"   // the numbers of the plan, see summary
	versionFile   = "version.json"   // the requested version
)

// summary counts the checks of a config, and the changes from the published one.
type summary struct {
	// Digest is the digest of the checks.
	Digest  string `json:"digest"`
	Checks  int    `json:"checks"`
	Added   int    `json:"added"`
	Changed int    `json:"changed"`
	Removed int    `json:"removed"`
	// Resources counts all resources that were read.
	Resources int `json:"resources"`
	// Uncovered are the resources that no event reaches though one could help, with the reason. Concourse keeps polling them.
	Uncovered []generate.Coverage `json:"uncovered"`
}

// in writes the config for the current pipelines. For an old version the config is newer, and has another digest, since Concourse
// does not keep old pipelines.
func (c *Command) in(ctx context.Context, req *request) (any, error) {
	dir, err := c.dir()
	if err != nil {
		return nil, err
	}
	if req.Version == nil {
		return nil, errNoVersion
	}
	syncer, err := req.open(ctx, false)
	if err != nil {
		return nil, err
	}
	syncer.Fresh = true // coverage needs all resources
	out, before, err := syncer.Plan(ctx)
	if err != nil {
		return nil, err
	}
	document, err := out.Config.Marshal()
	if err != nil {
		return nil, err
	}
	s := summarise(out, generate.Cover(out.Reading, syncer.Settings))
	var plan bytes.Buffer
	out.Plan.Print(&plan)
	files := map[string][]byte{configFile: document, planFile: plan.Bytes(), summaryFile: indented(s), versionFile: indented(req.Version)}
	if before.Config != nil {
		files[publishedFile] = before.Data
	}
	if err := write(dir, files); err != nil {
		return nil, err
	}
	c.reporter().Planned(out)
	if s.Digest != req.Version.Digest {
		c.logf("the pipelines have changed since the version %s: this is %s", req.Version.Digest, s.Digest)
	}
	shown := append(planned(out.Plan), number("uncovered", len(s.Uncovered)), number("left out", len(out.LeftOut)), metadata{"digest", s.Digest})
	return response{Version: *req.Version, Metadata: shown}, nil
}

func write(dir string, files map[string][]byte) error {
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil { //nolint:gosec // other users' tasks read it
			return err
		}
	}
	return nil
}

func summarise(out *syncing.Outcome, coverage []generate.Coverage) summary {
	s := summary{
		Digest: out.Config.Digest, Checks: out.Plan.After, Added: out.Plan.Count(publish.Added), Changed: out.Plan.Count(publish.Changed),
		Removed: out.Plan.Count(publish.Removed), Resources: len(coverage), Uncovered: []generate.Coverage{},
	}
	for _, c := range coverage {
		if c.Uncovered() {
			s.Uncovered = append(s.Uncovered, c)
		}
	}
	return s
}

// indented is a value's JSON for people: indented, without escapes in regular expressions, and printable.
func indented(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // never fails for strings and numbers
	return []byte(printable.JSON(b.String()))
}
