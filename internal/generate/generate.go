// Package generate is the middle step of a sync (read -> generate -> publish): it makes the config from the pipelines that were
// read. The config has a check for each resource that events can concern; the coverage report says why others have none. The
// package is pure: it reads and writes nothing.
package generate

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// generation is part of every digest of settings. Increase it when the code makes other checks from the same pipelines: then
// every pipeline is read again.
const generation = 5

// Settings are the operator's options for how checks are made.
type Settings struct {
	// Vars resolve the ((vars)) in the pipelines.
	Vars *pipeline.Vars
	// WebhookToken is the reference for each check whose resource has a webhook_token; "" for none. {team}, {pipeline} and
	// {resource} in it are replaced. The tokens themselves never leave Concourse.
	WebhookToken string
	// TypeAliases map a pipeline's own type to the type whose rules it follows: my-git to git.
	TypeAliases map[string]string
	// RepositoryAliases are those of the config. They do not change the checks, so they are not part of the digest.
	RepositoryAliases map[string]string
	// Forget are teams whose checks are dropped if the login can't read them. They are not part of the digest either.
	Forget []string
	// IncludeUnused makes checks also of resources for whose versions no job waits.
	IncludeUnused bool
	// Defaults are the cluster's defaults for the sources of base types, by type. Concourse's API does not show them.
	Defaults map[string]resource.Source
}

// rounds makes guessing vars and defaults from their published digest as slow as guessing a password from its hash.
const rounds = 100_000

// Digest identifies the settings.
func (s Settings) Digest() string {
	raw, err := json.Marshal([]any{generation, s.Vars.Values(), s.WebhookToken, s.TypeAliases, s.Defaults, s.IncludeUnused})
	if err != nil {
		return "" // then every pipeline is read again
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

// Generated is the config made from a reading, and what it leaves out.
type Generated struct {
	Config  *config.Config
	LeftOut []pipeline.LeftOut
	// Unused are the resources that have no check because no job waits for their versions.
	Unused []pipeline.LeftOut
	// TooLarge are the resources that are checked at every event, because a field of their source is over a limit.
	TooLarge []pipeline.LeftOut
	// Unserved are the types of which the resources have no check, though an event or a slow poll would serve them.
	Unserved []Unserved

	unserved map[string]int // the index in Unserved, by reason
}

// Generate makes the checks of every pipeline that was read. From the previous config, nil if there is none, it takes the
// checks of unchanged pipelines and of those that the login can't read any more, and what the operator added.
func Generate(reading *pipeline.Reading, settings Settings, previous *config.Config) (*Generated, error) {
	g := &Generated{Config: &config.Config{ATC: config.ATC{URL: reading.URL}, Checks: []config.Check{}}, LeftOut: reading.LeftOut}
	kept := make(map[string][]config.Check)
	if previous != nil {
		previous = g.named(previous)
		// Keep what only the operator sets.
		g.Config.ATC.Headers, g.Config.Secret = previous.ATC.Headers, previous.Secret
		g.Config.RepositoryAliases, g.Config.Unknown = previous.RepositoryAliases, previous.Unknown
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
		noted := p.Pipeline
		if p.Unchanged {
			g.Config.Checks = append(g.Config.Checks, kept[p.String()]...)
		} else {
			noted.Unused = g.pipeline(p, settings, reading)
		}
		if p.ID != 0 && len(p.String()) <= maxName {
			g.Config.Pipelines = append(g.Config.Pipelines, noted)
		}
	}
	g.Config.Pipelines = append(g.Config.Pipelines, reading.Paused...)
	for _, name := range reading.Unreadable {
		g.Config.Checks = append(g.Config.Checks, kept[name]...)
	}
	if err := g.hold(reading, settings.Forget, previous, kept); err != nil {
		return nil, err
	}
	g.Config.Sort()
	return g, nil
}

// named is the previous config without the checks that no resource can have, which somebody wrote into it.
func (g *Generated) named(previous *config.Config) *config.Config {
	c := *previous
	c.Checks = nil
	for _, check := range previous.Checks {
		if _, err := check.Ref(); err != nil {
			g.LeftOut = append(g.LeftOut, pipeline.LeftOut{Name: check.Name(), Reason: "the published config has it, but " + oneLine(err)})
			continue
		}
		c.Checks = append(c.Checks, check)
	}
	return &c
}

// pipelineOf is the name of a check's pipeline.
func pipelineOf(c config.Check) string {
	ref, _ := c.Ref()
	return config.PipelineString(ref.Team, ref.Pipeline, ref.InstanceVars)
}

// pipeline makes the checks of one pipeline, and returns the resources that have none because of their role.
func (g *Generated) pipeline(p *pipeline.Pipeline, settings Settings, reading *pipeline.Reading) (unused []string) {
	resolver := settings.Vars.Resolver(p.InstanceVars)
	for _, r := range p.Resources {
		check, large, err := makeCheck(p, r, resolver, settings, reading)
		var unserved *unservedTypeError
		if reason := settings.unused(r); reason != "" && !errors.As(err, &unserved) {
			g.Unused = append(g.Unused, pipeline.LeftOut{Name: nameOf(p, r), Reason: reason})
			if err == nil {
				unused = append(unused, r.Name)
			}
			continue
		}
		if large != "" {
			g.TooLarge = append(g.TooLarge, pipeline.LeftOut{Name: nameOf(p, r) + printable.Line(fmt.Sprintf(" (%.100s)", r.Type)), Reason: large})
		}
		switch {
		case errors.As(err, &unserved):
			g.unserve(unserved.Recognised)
		case err != nil:
			g.LeftOut = append(g.LeftOut, pipeline.LeftOut{Name: nameOf(p, r), Reason: oneLine(err)})
		default:
			g.Config.Checks = append(g.Config.Checks, check)
		}
	}
	return unused
}

// unused says why a resource has no check although events can concern it; "" if it has one.
func (s Settings) unused(r pipeline.Resource) string {
	switch {
	case s.IncludeUnused || r.Role.Waits():
		return ""
	case r.Role == config.PutOnly:
		return "no job waits for its versions, it is only put; --include-unused includes it"
	}
	return "no job uses it; --include-unused includes it"
}

// maxName is the longest name of a resource in bytes, with its team, pipeline and instance vars: the document has it once for each resource.
const maxName = 4096

// nameOf is a resource's name, cut where it is longer than a report should show.
func nameOf(p *pipeline.Pipeline, r pipeline.Resource) string {
	name := p.Ref(r.Name).String()
	if len(name) > maxName {
		return fmt.Sprintf("%.200s...", name) // whole characters
	}
	return name
}

// makeCheck makes the check of one resource, and says what of it is over a limit. Its errors name fields of the source but quote no
// values; even a panic is the error of this one resource.
func makeCheck(
	p *pipeline.Pipeline, r pipeline.Resource, vars pipeline.Resolver, settings Settings, reading *pipeline.Reading,
) (check config.Check, large string, err error) {
	defer panics.Recover(&err)
	if n := len(p.Ref(r.Name).String()); n > maxName {
		return config.Check{}, "", fmt.Errorf("its name and instance vars have %d bytes, more than %d", n, maxName)
	}
	if err := p.Ref(r.Name).Validate(); err != nil {
		return config.Check{}, "", err
	}
	source, unreadable := vars.Source(resource.Merge(settings.defaults(p, r.Type), r.Source))
	t, err := settings.typeOf(p, r, source, vars)
	switch {
	case err != nil: // what has no rules is no matter for its source
		return config.Check{}, "", err
	case unreadable != nil:
		return config.Check{}, "", unreadable
	}
	filter, err := t.Type.Filter(source)
	if err != nil {
		return config.Check{}, "", err
	}
	raw, err := config.MarshalPlain(filter)
	if err != nil {
		return config.Check{}, "", fmt.Errorf("writing the filter: %w", err)
	}
	check = config.Check{
		Check: p.Name + "/" + r.Name, Team: p.Team, InstanceVars: p.InstanceVars,
		Type: t.Type.Name(), Role: roleOf(r), Assumed: t.Kind == resource.Assumed, Scope: scopeOf(p, r, source, reading), Filter: raw,
	}
	if r.WebhookToken != "" && settings.WebhookToken != "" {
		check.WebhookToken, err = settings.webhookToken(p.Ref(r.Name))
	}
	return check, filter.TooLarge(), err
}

// roleOf is the resource's role as the document has it, which leaves out that of a trigger.
func roleOf(r pipeline.Resource) config.Role {
	if r.Role == config.Trigger {
		return ""
	}
	return r.Role
}

// webhookToken is the reference to a resource's webhook_token. A name with a slash, or with the # after which a secret's key stands,
// could make it the reference to another secret.
func (s Settings) webhookToken(ref config.Ref) (string, error) {
	for _, name := range [][2]string{{"{team}", ref.Team}, {"{pipeline}", ref.Pipeline}, {"{resource}", ref.Resource}} {
		if strings.Contains(s.WebhookToken, name[0]) && strings.ContainsAny(name[1], "/#") {
			return "", fmt.Errorf("the reference to its webhook_token has %s, which can't be a name with / or #: rename it", name[0])
		}
	}
	return strings.NewReplacer("{team}", ref.Team, "{pipeline}", ref.Pipeline, "{resource}", ref.Resource).Replace(s.WebhookToken), nil
}
