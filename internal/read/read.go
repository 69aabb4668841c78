// Package read is the first step of a sync (read -> generate -> publish): it reads the pipelines from a Concourse. It is the only
// package that imports go-concourse.
package read

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/go-concourse/concourse"
	"golang.org/x/sync/errgroup"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
)

// readers is how many pipeline configs are read at once. More are not faster on a web node with two cores.
const readers = 16

// answerTime limits one answer of the ATC. It needs about 40 ms to list a thousand pipelines.
const answerTime = time.Minute

// Options say what to read.
type Options struct {
	// Teams are the teams to read; if empty, all in which the login has a role.
	Teams []string
	// Paused includes paused pipelines.
	Paused bool
	// Previous are the pipelines of the previous config. A pipeline that has not changed since, and whose checks were made with
	// the same settings, is not read again.
	Previous []config.Pipeline
	// Settings is the digest of the settings that checks are made with.
	Settings string
	// Quick reads only the list of pipelines, if that shows that none is new, changed or gone since Previous. If global
	// resources were on, it also asks whether they still are. It misses, until the next change, that global resources were
	// turned on, or that a team can no longer be read. Reading.Teams is then empty.
	Quick bool
	// Progress, if not nil, is called with the number of configs that are read, and of all.
	Progress func(done, of int)
}

// ATC is a Concourse to read from.
type ATC struct {
	// URL is its external URL.
	URL string
	// Transport adds the login to each request.
	Transport http.RoundTripper
	// Wait waits for d, or fails if ctx ends first. It is nil outside of tests.
	Wait func(ctx context.Context, d time.Duration) error
}

// reader does one reading.
type reader struct {
	*ATC
	client    concourse.Client
	transport *transport
	options   Options
	known     map[string]config.Pipeline // Options.Previous by name
	settings  string                     // config.Pipeline.Settings for what is read now
}

// Read lists the pipelines and reads the configs of those that may have changed. Its errors say which request failed, and quote
// no answer.
func (a *ATC) Read(ctx context.Context, opts Options) (*pipeline.Reading, error) {
	t := &transport{ctx: ctx, next: a.Transport}
	r := &reader{
		ATC: a, transport: t, options: opts, known: make(map[string]config.Pipeline, len(opts.Previous)), settings: digest(opts.Settings, a.URL),
		client: concourse.NewClient(a.URL, &http.Client{
			Transport: t, Timeout: answerTime,
			// Every request has the login, so do not follow a redirect to another server.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}, false),
	}
	for _, p := range opts.Previous {
		r.known[p.String()] = p
	}
	if opts.Quick && len(opts.Previous) > 0 {
		if reading, err := r.quick(); reading != nil || err != nil {
			return reading, err
		}
	}
	return r.full(ctx)
}

func (r *reader) full(ctx context.Context) (*pipeline.Reading, error) {
	info, err := r.info()
	if err != nil {
		return nil, err
	}
	reading := &pipeline.Reading{URL: r.URL, Version: info.Version, GlobalResources: globalResources(info)}
	if reading.GlobalResources {
		if reading.UniqueHistory, err = r.baseTypes(); err != nil {
			return nil, fmt.Errorf("listing the workers of %s: %w", r.URL, err)
		}
	}
	if reading.Teams, err = r.teams(); err != nil {
		return nil, fmt.Errorf("listing the teams of %s: %w", r.URL, err)
	}
	reading.Wanted = r.options.Teams
	list, paused, err := r.list(ctx, func(p atc.Pipeline) bool { return slices.Contains(reading.Teams, p.TeamName) })
	if err != nil {
		return nil, err
	}
	for _, l := range paused {
		reading.Paused = append(reading.Paused, pausedPipeline(l))
	}
	reading.Gone = r.gone(reading.Teams)
	return reading, r.readConfigs(ctx, list, reading)
}

func (r *reader) info() (atc.Info, error) {
	info, err := r.client.GetInfo()
	if err != nil {
		return atc.Info{}, fmt.Errorf("asking %s for its version: %w", r.URL, explain(err))
	}
	return info, nil
}

func globalResources(info atc.Info) bool { return info.FeatureFlags["global_resources"] }

// gone names the known pipelines of teams that the login can't read, and that do not exist any more. To those without a role Concourse
// answers 403 for a pipeline, and 404 if there is none, or no such team
// (https://github.com/concourse/concourse/blob/master/atc/api/auth/check_pipeline_access_handler.go). It asks until one of the team
// exists.
func (r *reader) gone(readable []string) (names []string) {
	exists := make(map[string]bool)
	for _, p := range r.options.Previous {
		if slices.Contains(readable, p.Team) || exists[p.Team] || config.ValidatePipeline(p.Team, p.Name) != nil {
			continue
		}
		if _, found, err := r.client.Team(p.Team).Pipeline(atc.PipelineRef{Name: p.Name, InstanceVars: p.InstanceVars}); found || err != nil {
			exists[p.Team] = true
		} else {
			names = append(names, p.String())
		}
	}
	return names
}

// teams lists the teams in which the login has a role, or those of them that are wanted. It fails if there is none: Concourse hides a
// team's pipelines from a login without a role, and says nothing.
func (r *reader) teams() ([]string, error) {
	list, err := r.client.ListTeams()
	if err != nil {
		return nil, explain(err)
	}
	user, err := r.client.UserInfo()
	if err != nil {
		return nil, explain(err)
	}
	var names []string
	for _, t := range list {
		if user.IsAdmin || len(user.Teams[t.Name]) > 0 {
			names = append(names, t.Name)
		}
	}
	slices.Sort(names)
	wanted := r.options.Teams
	if len(wanted) == 0 {
		if len(names) == 0 {
			return nil, errors.New("the login has no role in any team: use `fly set-team` to give it viewer, or pipeline-operator so that it may also check")
		}
		return names, nil
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(wanted, name) })
	if len(names) == 0 {
		return nil, fmt.Errorf("the login can't read team %q: there is no such team, or the login has no role in it", wanted[0])
	}
	return names, nil
}

// baseTypes maps the base types of all workers to whether their resources share no checks.
func (r *reader) baseTypes() (map[string]bool, error) {
	workers, err := r.client.ListWorkers()
	if err != nil {
		return nil, explain(err)
	}
	types := make(map[string]bool)
	for _, w := range workers {
		for _, t := range w.ResourceTypes {
			types[t.Type] = types[t.Type] || t.UniqueVersionHistory
		}
	}
	return types, nil
}

// scopesOf is config.Pipeline.Scopes: the digest of what in Concourse decides the scopes.
func scopesOf(reading *pipeline.Reading) string {
	if !reading.GlobalResources {
		return ""
	}
	return digest(reading.UniqueHistory)
}

// digest is 16 hexadecimal digits; "" if the values can't be encoded.
func digest(values ...any) string {
	raw, err := json.Marshal(values)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// readConfigs reads the listed pipelines' configs, several at once, and stops at the first error. It also fails if none of those that the
// login may read can be read, or of the first ones: then it is more than single pipelines that are not in order.
func (r *reader) readConfigs(ctx context.Context, list []atc.Pipeline, reading *pipeline.Reading) error {
	listed, scopes := r.transport.now(), scopesOf(reading)
	var (
		mu    sync.Mutex
		done  int
		first error // why the first pipeline could not be read
	)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for _, l := range list {
		group.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			p := &pipeline.Pipeline{Pipeline: listedPipeline(l)}
			p.Settings, p.Scopes = r.settings, scopes
			found, leftOut, err := r.readConfig(p, l, listed)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, errForbidden):
				reading.Unreadable = append(reading.Unreadable, p.String())
				leftOut = append(leftOut, pipeline.LeftOut{Name: p.String(), Reason: "the login needs the viewer role in its team to read its config"})
			case err != nil:
				first = cmp.Or(first, fmt.Errorf("reading the config of pipeline %s: %w", p, err))
				if broken := new(brokenError); !errors.As(err, &broken) || len(reading.Pipelines) == 0 && len(reading.Broken) == readers {
					return first
				}
				reading.AddBroken(p.Pipeline, err)
			case found:
				reading.Pipelines = append(reading.Pipelines, *p)
			}
			reading.LeftOut = append(reading.LeftOut, leftOut...)
			if done++; r.options.Progress != nil {
				r.options.Progress(done, len(list))
			}
			return nil
		})
	}
	err := group.Wait()
	if err == nil && len(reading.Pipelines) == 0 {
		err = first
	}
	slices.SortFunc(reading.Pipelines, func(a, b pipeline.Pipeline) int { return cmp.Compare(a.String(), b.String()) })
	slices.SortStableFunc(reading.LeftOut, func(a, b pipeline.LeftOut) int { return cmp.Compare(a.Name, b.Name) })
	slices.Sort(reading.Broken)
	return err
}

// brokenError says why one pipeline's config can't be read, which the others' may be.
type brokenError struct{ text string }

func (e *brokenError) Error() string { return e.text }

// readConfig reads one pipeline's config if it may have changed, and says which of its resources are left out. It reports false for a
// pipeline that no longer exists.
func (r *reader) readConfig(p *pipeline.Pipeline, listed atc.Pipeline, at time.Time) (found bool, leftOut []pipeline.LeftOut, err error) {
	if k, ok := r.known[p.String()]; ok && r.settings != "" && unchanged(k, p.Pipeline) && k.Settings == p.Settings && k.Scopes == p.Scopes {
		p.Unchanged, p.Unused = true, k.Unused
		return true, nil, nil
	}
	if err := config.ValidatePipeline(p.Team, p.Name); err != nil { // its config would be at another path, or answer with a redirect
		return false, []pipeline.LeftOut{{Name: p.String(), Reason: err.Error()}}, nil //nolint:nilerr // it is left out, and the others are read
	}
	if maybeStale(listed, at) {
		p.LastUpdated = 0 // so that the next sync reads it, too
	}
	raw, found, err := r.config(p)
	if err != nil || !found {
		return false, nil, err
	}
	leftOut, err = p.SetConfig(raw)
	if err != nil {
		return false, nil, &brokenError{"its config: " + err.Error()}
	}
	return true, leftOut, nil
}

// config asks for a pipeline's config. go-concourse would refuse all of a config with one thing that it does not know, such as a step of a
// later Concourse.
func (r *reader) config(p *pipeline.Pipeline) (raw []byte, found bool, err error) {
	ref := p.Ref("")
	address := strings.TrimRight(r.URL, "/") + ref.PipelineAPIPath() + "/config"
	if query := ref.Query(); query != nil {
		address += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(r.transport.ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, false, errors.New("its name can't be in a URL")
	}
	resp, err := r.client.HTTPClient().Do(req)
	if err != nil {
		return nil, false, explain(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusNotFound {
		return nil, false, nil
	}
	var answer struct {
		Config json.RawMessage `json:"config"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, false, &brokenError{"the answer is not the JSON of Concourse's API"}
	}
	return answer.Config, true, nil
}
