package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/match"
	"github.com/dpb587/concourse-resource-endpoints/internal/sync"
)

// out publishes a document, asks what it adds or changes to check once, and redeploys. It answers the version that was got
// where that is what was published, so that the put of a job does not make a version that starts the job again.
func (c *command) out(ctx context.Context, req *request) (any, error) {
	dir, err := c.dir()
	if err != nil {
		return nil, err
	}
	syncer, err := req.Source.open(ctx, false)
	if err != nil {
		return nil, err
	}
	if req.Source.Config == nil {
		return nil, errors.New("source.config: it is missing; give where to publish")
	}
	syncer.DryRun, syncer.Force = false, req.Params.Force
	syncer.Approve = func(out sync.Outcome) (bool, error) {
		c.warn(out.Left)
		c.showPlan(out.Plan)
		return true, nil
	}
	var redeployed []metadata
	syncer.Redeploy = func(ctx context.Context, digest string) (err error) {
		redeployed, err = c.redeploy(ctx, req.Source, digest)
		return err
	}
	document, err := req.given(dir)
	if err != nil {
		return nil, err
	}
	origin, err := originOf(ctx, syncer.Store)
	if err != nil {
		return nil, err
	}
	var outcome sync.Outcome
	if document == nil {
		outcome, err = syncer.Sync(ctx)
	} else {
		outcome, err = syncer.Publish(ctx, document)
	}
	if err == nil || outcome.Published {
		c.report(outcome, syncer)
	}
	var drastic *sync.DrasticError
	switch {
	case errors.As(err, &drastic):
		return nil, fmt.Errorf("%w. Publish it nevertheless with params.force", err)
	case err != nil:
		return nil, err
	}
	shown := append(planned(outcome.Plan),
		metadata{"published", strconv.FormatBool(outcome.Published)}, metadata{"digest", outcome.Config.Digest})
	return response{Version: next(req.Version, outcome.Config.Digest, origin), Metadata: append(shown, redeployed...)}, nil
}

// given reads the document that is to be published, and the version that was got with it.
func (r *request) given(dir string) (document *config.Config, err error) {
	if document, err = r.document(dir); err != nil {
		return nil, err
	}
	r.Version, err = r.got(dir)
	return document, err
}

// document reads the one that is to be published; nil where it is to be generated.
func (r *request) document(dir string) (*config.Config, error) {
	if r.Params.Config == "" {
		return nil, nil
	}
	if !filepath.IsLocal(r.Params.Config) {
		return nil, errors.New("params.config: it does not lie among the build's artifacts; give ARTIFACT/PATH")
	}
	data, err := os.ReadFile(filepath.Join(dir, r.Params.Config))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("params.config: there is no %s among the build's artifacts", r.Params.Config)
	}
	if err != nil {
		return nil, fmt.Errorf("params.config: %w", err)
	}
	document, err := config.Parse(data)
	if err == nil {
		_, err = match.New(document) // what the endpoints would refuse is not published
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", r.Params.Config, err)
	}
	return document, nil
}

// got reads the version that lies beside the document where a get of this resource wrote it; nil where none does.
func (r *request) got(dir string) (*version, error) {
	if r.Params.Config == "" {
		return nil, nil
	}
	path := filepath.Join(filepath.Dir(r.Params.Config), versionFile)
	data, err := os.ReadFile(filepath.Join(dir, path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	v := new(version)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return v, nil
}

func (c *command) report(outcome sync.Outcome, syncer *sync.Syncer) {
	if outcome.Plan.Empty() {
		c.logf("%s", outcome.Plan.Summary())
	}
	if outcome.Published {
		c.logf("published %s", syncer.Store)
	}
	if n := len(outcome.CatchUp.Success); n > 0 {
		c.logf("asked %d of them to check", n)
	}
	for _, f := range outcome.CatchUp.Failure {
		c.logf("warning: %s could not be asked to check once: %s", f.Check, f.Error)
	}
}
