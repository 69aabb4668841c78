// Package generate makes the config of the pipelines that were read: a check for each resource that events can concern, and
// the report on those that none can. It is pure: it reads and writes nothing.
//
// It stands in the middle of a sync: Concourse's pipelines -> read -> generate -> publish.
package generate

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// generation is part of every digest of settings. Count it up when the code makes other checks of the same pipelines, so that
// every pipeline is read again.
const generation = 2

// Settings are the operator's part in the checks.
type Settings struct {
	// Vars resolve the ((vars)) that the pipelines leave open.
	Vars *pipeline.Vars
	// WebhookToken is the reference that each check gets whose resource has a webhook_token. {team}, {pipeline} and {resource}
	// in it are replaced. Empty for none: the tokens themselves never leave Concourse.
	WebhookToken string
	// TypeAliases name the type whose rules a pipeline's own type follows: my-git is git.
	TypeAliases map[string]string
	// RepositoryAliases are the config's. They do not change the checks, and so are not part of the digest.
	RepositoryAliases map[string]string
	// Defaults are the cluster's defaults of base types' sources, by the type's name. Concourse's API does not show them.
	Defaults map[string]resource.Source
}

// rounds makes it as slow to guess at vars and defaults by their digest, which is published, as to guess at a password.
const rounds = 100_000

// Digest identifies the settings.
func (s Settings) Digest() string {
	raw, err := json.Marshal([]any{generation, s.Vars.Values(), s.WebhookToken, s.TypeAliases, s.Defaults})
	if err != nil {
		return "" // every pipeline is read again
	}
	n := 1
	if len(s.Defaults) > 0 || s.Vars.Given() {
		n = rounds
	}
	sum, err := pbkdf2.Key(sha256.New, string(raw), []byte("settings"), n, 8)
	if err != nil {
		return ""
	}
	return hex.EncodeToString(sum)
}

// Generated is the config that a reading gives, and what it leaves out.
type Generated struct {
	Config *config.Config
	Left   []pipeline.Left
}

// Generate makes the checks of every pipeline that was read. It takes those of an unchanged pipeline, and what the operator
// added to the config, from the config before; nil where there was none.
func Generate(reading *pipeline.Reading, settings Settings, previous *config.Config) (*Generated, error) {
	g := &Generated{Config: &config.Config{ATC: config.ATC{URL: reading.URL}, Checks: []config.Check{}}, Left: reading.Left}
	kept := make(map[string][]config.Check)
	if previous != nil {
		// What a sync does not make is the operator's, and stays.
		g.Config.ATC.Headers, g.Config.Secret = previous.ATC.Headers, previous.Secret
		g.Config.RepositoryAliases = previous.RepositoryAliases
		for _, c := range previous.Checks {
			name := pipelineOf(c)
			kept[name] = append(kept[name], c)
		}
	}
	if len(settings.RepositoryAliases) > 0 {
		g.Config.RepositoryAliases = settings.RepositoryAliases
	}
	seen := make(map[string]bool, len(reading.Pipelines))
	for i := range reading.Pipelines {
		p := &reading.Pipelines[i]
		if seen[p.String()] {
			return nil, fmt.Errorf("pipeline %s is given twice", p)
		}
		seen[p.String()] = true
		if p.ID != 0 {
			g.Config.Pipelines = append(g.Config.Pipelines, p.Pipeline)
		}
		if p.Unchanged {
			g.Config.Checks = append(g.Config.Checks, kept[p.String()]...)
			continue
		}
		g.pipeline(p, settings, reading)
	}
	g.Config.Sort()
	return g, nil
}

// pipelineOf is the name of a check's pipeline.
func pipelineOf(c config.Check) string {
	ref, err := c.Ref()
	if err != nil {
		return ""
	}
	return config.PipelineString(ref.Team, ref.Pipeline, ref.InstanceVars)
}

func (g *Generated) pipeline(p *pipeline.Pipeline, settings Settings, reading *pipeline.Reading) {
	resolver := settings.Vars.Resolver(p.InstanceVars)
	for _, r := range p.Resources {
		check, err := makeCheck(p, r, resolver, settings, reading)
		var unserved *unservedTypeError
		switch {
		case errors.As(err, &unserved) && !resource.BuiltIn(r.Type):
			// The coverage report lists the types that are not served; a warning at each sync would be too much. But a type with
			// the name of one that is served most likely is a mirror of it.
		case err != nil:
			g.Left = append(g.Left, pipeline.Left{Name: p.String() + "/" + r.Name, Reason: oneLine(err)})
		default:
			g.Config.Checks = append(g.Config.Checks, check)
		}
	}
}

// makeCheck makes the check of one resource. Its error holds nothing of the source but the names of fields.
func makeCheck(p *pipeline.Pipeline, r pipeline.Resource, vars pipeline.Resolver, settings Settings, reading *pipeline.Reading) (config.Check, error) {
	t, err := settings.typeOf(p, r, vars)
	if err != nil {
		return config.Check{}, err
	}
	source, err := vars.Source(resource.Merge(settings.defaults(p, r.Type), r.Source))
	if err != nil {
		return config.Check{}, err
	}
	filter, err := t.Filter(source)
	if err != nil {
		return config.Check{}, err
	}
	var raw bytes.Buffer
	encoder := json.NewEncoder(&raw)
	encoder.SetEscapeHTML(false) // regular expressions stay readable
	if err := encoder.Encode(filter); err != nil {
		return config.Check{}, fmt.Errorf("writing the filter: %w", err)
	}
	check := config.Check{
		Check: p.Name + "/" + r.Name, Team: p.Team, InstanceVars: p.InstanceVars,
		Type: t.Name(), Scope: scopeOf(p, r, source, reading), Filter: bytes.TrimSpace(raw.Bytes()),
	}
	if r.WebhookToken != "" && settings.WebhookToken != "" {
		check.WebhookToken = strings.NewReplacer("{team}", p.Team, "{pipeline}", p.Name, "{resource}", r.Name).Replace(settings.WebhookToken)
	}
	return check, nil
}
