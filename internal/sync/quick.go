package sync

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concourse/concourse/go-concourse/concourse"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// readQuick lists the pipelines and gives the reading where they are those that are known; nil where more must be asked.
func (a *ATC) readQuick(client concourse.Client, transport *observer, opts ReadOptions) (*Reading, error) {
	if len(opts.Previous) == 0 {
		return nil, nil
	}
	list, err := client.ListPipelines()
	if err != nil {
		return nil, fmt.Errorf("listing the pipelines of %s: %w", a.URL, transport.explain(err))
	}
	settings := settingsDigest(opts.Settings, a.URL)
	known := make(map[string]config.Pipeline, len(opts.Previous))
	for _, p := range opts.Previous {
		known[p.String()] = p
	}
	r := &Reading{URL: a.URL}
	alone := settings + (&Reading{}).global()
	for _, l := range list {
		if skipped(l, opts) || len(opts.Teams) > 0 && !slices.Contains(opts.Teams, l.TeamName) {
			continue
		}
		p := listedPipeline(l)
		k, ok := known[p.String()]
		if !ok || !unchanged(k, p) || settings == "" || !strings.HasPrefix(k.Digest, settings) {
			return nil, nil
		}
		r.GlobalResources = r.GlobalResources || k.Digest != alone
		r.Pipelines = append(r.Pipelines, Pipeline{Pipeline: k, Unchanged: true})
	}
	if len(r.Pipelines) != len(known) {
		return nil, nil
	}
	if r.GlobalResources { // turned off, one check no longer serves all of a scope
		info, err := client.GetInfo()
		if err != nil {
			return nil, fmt.Errorf("asking %s for its version: %w", a.URL, transport.explain(err))
		}
		if !info.FeatureFlags["global_resources"] {
			return nil, nil
		}
	}
	return r, nil
}
