package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/publish"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
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
	Uncovered []generate.Coverage `json:"uncovered"`
}

// in writes the config that the pipelines give now. A version that has passed can't be had again, since Concourse keeps no old
// pipelines: then the config is a later one, and its digest says so.
func (c *Command) in(ctx context.Context, req *request) (any, error) {
	dir, err := c.dir()
	if err != nil {
		return nil, err
	}
	if req.Version == nil {
		return nil, errNoVersion
	}
	got, err := c.get(ctx, req)
	if err != nil {
		return nil, err
	}
	files, err := got.files(*req.Version)
	if err != nil {
		return nil, err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil { //nolint:gosec // tasks of other users read it
			return nil, err
		}
	}
	c.reporter().Planned(got.Outcome)
	if got.Digest != req.Version.Digest {
		c.logf("the pipelines have changed since the version %s: this is %s", req.Version.Digest, got.Digest)
	}
	shown := append(planned(got.Plan), number("uncovered", len(got.Uncovered)), number("left out", len(got.Left)), metadata{"digest", got.Digest})
	return response{Version: *req.Version, Metadata: shown}, nil
}

// gotten is what a get writes about.
type gotten struct {
	*syncing.Outcome
	summary
	// document is the config's text, and published that of the config that it is to replace.
	document, published []byte
}

// get reads all pipelines, so that it can tell of every resource whether it is covered.
func (c *Command) get(ctx context.Context, req *request) (*gotten, error) {
	syncer, err := req.open(ctx, false)
	if err != nil {
		return nil, err
	}
	var before publish.Published
	if syncer.Store != nil {
		if before, err = publish.Load(ctx, syncer.Store); err != nil {
			return nil, err
		}
	}
	reading, err := syncer.Read(ctx, nil)
	if err != nil {
		return nil, err
	}
	generated, err := generate.Generate(reading, syncer.Settings, before.Config)
	if err != nil {
		return nil, err
	}
	document, err := generated.Config.Marshal()
	if err != nil {
		return nil, err
	}
	plan := publish.NewPlan(before.Config, generated.Config)
	return &gotten{
		Outcome:  &syncing.Outcome{Generated: *generated, Reading: reading, Plan: plan},
		summary:  summarise(generated.Config.Digest, plan, generate.Cover(reading, syncer.Settings)),
		document: document, published: before.Data,
	}, nil
}

func summarise(digest string, plan publish.Plan, coverage []generate.Coverage) summary {
	s := summary{
		Digest: digest, Checks: plan.After, Added: plan.Count(publish.Added), Changed: plan.Count(publish.Changed),
		Removed: plan.Count(publish.Removed), Resources: len(coverage), Uncovered: []generate.Coverage{},
	}
	for _, c := range coverage {
		if !c.Covered {
			s.Uncovered = append(s.Uncovered, c)
		}
	}
	return s
}

// files are those that in writes, by name.
func (g *gotten) files(v version) (map[string][]byte, error) {
	var plan bytes.Buffer
	g.Plan.Print(&plan)
	files := map[string][]byte{configFile: g.document, planFile: plan.Bytes()}
	if g.published != nil {
		files[publishedFile] = g.published
	}
	for name, value := range map[string]any{summaryFile: g.summary, versionFile: v} {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(value); err != nil {
			return nil, fmt.Errorf("writing %s: %w", name, err)
		}
		files[name] = b.Bytes()
	}
	return files, nil
}
