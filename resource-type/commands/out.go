package commands

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/match"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// out publishes a config, redeploys, and asks the added and changed resources to check once. If it publishes the version from a
// get, it returns that version: a new version would start the job again.
func (c *Command) out(ctx context.Context, req *request) (any, error) {
	dir, err := c.dir()
	if err != nil {
		return nil, err
	}
	syncer, err := req.open(ctx, false)
	if err != nil {
		return nil, err
	}
	if req.Source.Config == nil {
		return nil, errors.New("source.config: it is missing; give where to publish")
	}
	syncer.Reporter = c.reporter()
	given, err := req.given(dir)
	if err != nil {
		return nil, err
	}
	origin, err := originOf(ctx, syncer.Store)
	if err != nil {
		return nil, err
	}
	var out *syncing.Outcome
	if given == nil {
		out, err = syncer.Sync(ctx)
	} else {
		out, err = syncer.SyncTo(ctx, given)
	}
	if err != nil {
		return nil, err
	}
	shown := append(planned(out.Plan), metadata{"published", strconv.FormatBool(out.Published)}, metadata{"digest", out.Config.Digest})
	for _, r := range out.Redeployed {
		shown = append(shown, metadata{redeploy.Function{Name: r.Function, Alias: r.Alias}.String(), string(r.Status)})
	}
	return response{Version: next(req.Version, out.Config.Digest, origin), Metadata: shown}, nil
}

// given reads the config from the put's params, nil if there is none, and the version that a get wrote beside it.
func (r *request) given(dir string) (document *config.Config, err error) {
	if r.Params.Config == "" {
		return nil, nil
	}
	if document, err = r.document(dir); err != nil {
		return nil, err
	}
	r.Version, err = r.got(dir)
	return document, err
}

// document reads the config from the put's params.
func (r *request) document(dir string) (*config.Config, error) {
	if !filepath.IsLocal(r.Params.Config) {
		return nil, errors.New("params.config: the path is outside of the build's artifacts; give ARTIFACT/PATH")
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
		_, err = match.New(document) // do not publish what the endpoints would leave out
	}
	if err == nil {
		unknown := append(config.UnknownFields(data), match.Unknown(document)...)
		unknown = slices.DeleteFunc(unknown, func(name string) bool { return document.Unknown[name] != nil }) // those are kept
		if len(unknown) > 0 {
			err = fmt.Errorf("%s: no such field", strings.Join(unknown, ", "))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", r.Params.Config, err)
	}
	return document, nil
}

// got reads the version that a get of this resource wrote beside the config; nil if there is none.
func (r *request) got(dir string) (*version, error) {
	path := filepath.Join(filepath.Dir(r.Params.Config), versionFile)
	data, err := os.ReadFile(filepath.Join(dir, path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	v := new(version)
	if err == nil {
		err = strictjson.Unmarshal(data, v)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return v, nil
}
