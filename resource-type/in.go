package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/sync"
)

// The files that in writes.
const (
	configFile    = "config.json"    // the document that the pipelines give now
	publishedFile = "published.json" // the document that it is to replace; absent where there is none
	planFile      = "plan.txt"       // what differs between the two, a check a line
	summaryFile   = "summary.json"   // the plan in numbers: a summary
	versionFile   = "version.json"   // the version that was asked for
)

// summary counts what a document covers, and what publishing it changes.
type summary struct {
	// Digest is that of the document's checks.
	Digest  string `json:"digest"`
	Checks  int    `json:"checks"`
	Added   int    `json:"added"`
	Changed int    `json:"changed"`
	Removed int    `json:"removed"`
	// Resources counts all that were read.
	Resources int `json:"resources"`
	// Uncovered are the resources that no event reaches, so that they go on being polled, and why.
	Uncovered []sync.Coverage `json:"uncovered"`
}

// in writes the document that the pipelines give now. A version that has passed can't be had again, since Concourse keeps
// no old pipelines: then the document is a later one, and says so by its digest.
func (c *command) in(ctx context.Context, req *request) (any, error) {
	dir, err := c.dir()
	if err != nil {
		return nil, err
	}
	if req.Version == nil {
		return nil, errNoVersion
	}
	syncer, err := req.Source.open(ctx, false)
	if err != nil {
		return nil, err
	}
	read := syncer.Read
	syncer.Read = func(ctx context.Context, _ []config.Pipeline) (*sync.Reading, error) {
		return read(ctx, nil) // all of them, to tell of every resource whether it is covered
	}
	out, err := syncer.Sync(ctx)
	if err != nil {
		return nil, err
	}
	s := summarise(out, syncer.Settings)
	if err := writeFiles(ctx, dir, syncer, out, s, *req.Version); err != nil {
		return nil, err
	}
	c.warn(out.Left)
	c.showPlan(out.Plan)
	if s.Digest != req.Version.Digest {
		c.logf("the pipelines have changed since the version %s: this is %s", req.Version.Digest, s.Digest)
	}
	shown := append(planned(out.Plan), number("uncovered", len(s.Uncovered)), number("left out", len(out.Left)), metadata{"digest", s.Digest})
	return response{Version: *req.Version, Metadata: shown}, nil
}

func summarise(out sync.Outcome, settings sync.Settings) summary {
	s := summary{
		Digest: out.Config.Digest, Checks: out.Plan.After, Added: out.Plan.Count(sync.Added),
		Changed: out.Plan.Count(sync.Changed), Removed: out.Plan.Count(sync.Removed), Uncovered: []sync.Coverage{},
	}
	for _, covered := range sync.Cover(out.Reading, settings) {
		s.Resources++
		if !covered.Covered {
			s.Uncovered = append(s.Uncovered, covered)
		}
	}
	return s
}

func writeFiles(ctx context.Context, dir string, syncer *sync.Syncer, out sync.Outcome, s summary, v version) error {
	document, err := out.Config.Marshal()
	if err != nil {
		return err
	}
	var plan strings.Builder
	for _, change := range out.Plan.Changes {
		fmt.Fprintln(&plan, change)
	}
	fmt.Fprintln(&plan, out.Plan.Summary())
	files := map[string][]byte{configFile: document, planFile: []byte(plan.String())}
	if published, err := syncer.Store.Load(ctx, ""); err == nil {
		files[publishedFile] = published.Data
	}
	for name, value := range map[string]any{summaryFile: s, versionFile: v} {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(value); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
		files[name] = b.Bytes()
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil { //nolint:gosec // tasks of other users read it
			return err
		}
	}
	return nil
}
