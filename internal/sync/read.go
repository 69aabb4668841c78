package sync

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
	"sync"
	"time"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/go-concourse/concourse"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// readers is how many pipelines' configs are read at once. More gain nothing on a web node of two cores.
const readers = 16

// answerTime bounds one answer of the ATC. The list of a thousand pipelines takes it some 40 ms.
const answerTime = time.Minute

// Reading is what one read of a Concourse, or of files, gave.
type Reading struct {
	// URL is the ATC's, for the config document.
	URL string
	// Teams are those whose pipelines the login may read, in order.
	Teams []string
	// GlobalResources says that resources of one type and source share their checks.
	GlobalResources bool
	// OwnHistory tells of the workers' base resource types whether their resources share nothing (unique_version_history).
	// Of a type that is not in it nothing is known.
	OwnHistory map[string]bool
	Pipelines  []Pipeline
	// Left are pipelines that could not be read, and why.
	Left []Left
}

// Left is a resource, or a whole pipeline, that the config leaves out.
type Left struct {
	// Name is TEAM/PIPELINE[/VARS][/RESOURCE].
	Name   string
	Reason string
}

// ReadOptions say what to read.
type ReadOptions struct {
	// Teams are the only ones to read; all that the login may see where empty.
	Teams []string
	// Paused includes the pipelines that are paused.
	Paused bool
	// Previous are the pipelines that need not be read again where they are the same, by settings too.
	Previous []config.Pipeline
	// Settings identify what else the checks are made with: a Pipeline's Digest.
	Settings string
	// Quick is for those who ask often: where the list of pipelines shows none that is new, changed or gone since Previous,
	// it is all that is asked for, but for whether global resources are still on where they were. What that does not show
	// (global resources turned on, a team that can't be read any more) waits for the next change. Reading.Teams is empty then.
	Quick bool
	// Progress is told how many of how many configs are read. Nil for silence.
	Progress func(done, of int)
}

// ATC is a Concourse to read from.
type ATC struct {
	// URL is its external URL.
	URL string
	// Transport adds the login.
	Transport http.RoundTripper
	// Wait waits, or fails where ctx ends before; nil waits really.
	Wait func(ctx context.Context, d time.Duration) error
}

// Read lists the pipelines and reads the configs of those that may have changed.
func (a *ATC) Read(ctx context.Context, opts ReadOptions) (*Reading, error) {
	transport := &observer{ctx: ctx, next: a.Transport}
	client := concourse.NewClient(a.URL, &http.Client{
		Transport: transport, Timeout: answerTime,
		// The login goes with every request, so that none may go elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, false)
	if opts.Quick {
		if r, err := a.readQuick(client, transport, opts); r != nil || err != nil {
			return r, err
		}
	}
	info, err := client.GetInfo()
	if err != nil {
		return nil, fmt.Errorf("asking %s for its version: %w", a.URL, transport.explain(err))
	}
	r := &Reading{URL: a.URL, GlobalResources: info.FeatureFlags["global_resources"]}
	if r.GlobalResources {
		r.OwnHistory = ownHistory(client)
	}
	opts.Settings = r.digest(opts.Settings)
	if r.Teams, err = readTeams(client, opts.Teams); err != nil {
		return nil, fmt.Errorf("listing the teams of %s: %w", a.URL, transport.explain(err))
	}
	wanted := func(p atc.Pipeline) bool { return !skipped(p, opts) && slices.Contains(r.Teams, p.TeamName) }
	list, err := a.list(ctx, client, transport, wanted)
	if err != nil {
		return nil, err
	}
	if err := r.readConfigs(ctx, client, transport, list, opts); err != nil {
		return nil, err
	}
	return r, nil
}

// readTeams lists the teams that the login has a role in, of those that are wanted. Concourse silently shows less to those
// with less, so a wanted team that is not there is an error.
func readTeams(client concourse.Client, wanted []string) ([]string, error) {
	list, err := client.ListTeams()
	if err != nil {
		return nil, err
	}
	user, err := client.UserInfo()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, t := range list {
		if user.IsAdmin || len(user.Teams[t.Name]) > 0 {
			names = append(names, t.Name)
		}
	}
	slices.Sort(names)
	if len(wanted) == 0 {
		if len(names) == 0 {
			return nil, errors.New("the login has no role in any team: give it viewer, or pipeline-operator so that it may check, by `fly set-team`")
		}
		return names, nil
	}
	for _, w := range wanted {
		if !slices.Contains(names, w) {
			return nil, fmt.Errorf("the login can't read team %q: there is none, or it has no role in it", w)
		}
	}
	return slices.Sorted(slices.Values(wanted)), nil
}

// ownHistory finds the base types, and which of them let their resources share nothing. Where the workers can't be listed
// none is known.
func ownHistory(client concourse.Client) map[string]bool {
	types := make(map[string]bool)
	workers, err := client.ListWorkers()
	if err != nil {
		return types
	}
	for _, w := range workers {
		for _, t := range w.ResourceTypes {
			types[t.Type] = types[t.Type] || t.UniqueVersionHistory
		}
	}
	return types
}

// digest identifies the settings together with what else of the Concourse the checks depend on, so that a change of that
// reads every pipeline again.
func (r *Reading) digest(settings string) string {
	return settingsDigest(settings, r.URL) + r.global()
}

// global is the part of a digest that tells of global resources.
func (r *Reading) global() string { return shortHash(r.GlobalResources, r.OwnHistory) }

// settingsDigest is the part of a digest that is known without asking.
func settingsDigest(settings, url string) string { return shortHash(settings, url) }

// shortHash is 16 hexadecimal digits, or none where the values can't be told apart.
func shortHash(values ...any) string {
	raw, err := json.Marshal(values)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// readConfigs reads the listed pipelines' configs, several at once; the first error ends it.
func (r *Reading) readConfigs(
	ctx context.Context, client concourse.Client, transport *observer, list []atc.Pipeline, opts ReadOptions,
) error {
	listed := transport.now()
	known := make(map[string]config.Pipeline, len(opts.Previous))
	for _, p := range opts.Previous {
		known[p.String()] = p
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		mu   sync.Mutex
		done int
		wg   sync.WaitGroup
		next = make(chan atc.Pipeline)
	)
	for range readers {
		wg.Go(func() {
			for l := range next {
				p, left, err := readPipeline(client, transport, l, known, listed, opts.Settings)
				if err != nil {
					cancel(err)
					return
				}
				mu.Lock()
				r.add(p, left)
				if done++; opts.Progress != nil {
					opts.Progress(done, len(list))
				}
				mu.Unlock()
			}
		})
	}
	for _, p := range list {
		select {
		case next <- p:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	wg.Wait()
	slices.SortFunc(r.Pipelines, func(a, b Pipeline) int { return cmp.Compare(a.String(), b.String()) })
	slices.SortFunc(r.Left, func(a, b Left) int { return cmp.Compare(a.Name, b.Name) })
	return context.Cause(ctx)
}

func (r *Reading) add(p *Pipeline, left *Left) {
	if left != nil {
		r.Left = append(r.Left, *left)
	} else if p != nil {
		r.Pipelines = append(r.Pipelines, *p)
	}
}

// readPipeline reads one config. Without an error, a pipeline that is neither given nor left is gone by now.
func readPipeline(
	client concourse.Client, transport *observer, listed atc.Pipeline, known map[string]config.Pipeline, at time.Time, settings string,
) (*Pipeline, *Left, error) {
	p := Pipeline{Pipeline: listedPipeline(listed)}
	p.Digest = settings
	if k, ok := known[p.String()]; ok && unchanged(k, p.Pipeline) && settings != "" && k.Digest == settings {
		p.Unchanged = true
		return &p, nil, nil
	}
	if maybeStale(listed, at) {
		p.LastUpdated = 0 // read it the next time, too
	}
	c, _, ok, err := client.Team(listed.TeamName).PipelineConfig(listed.Ref())
	if isForbidden(err) {
		return nil, &Left{Name: p.String(), Reason: "the login needs the viewer role in its team to read its config"}, nil
	}
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("reading the config of pipeline %s: %w", p, transport.explain(err))
	case !ok:
		return nil, nil, nil
	}
	p = p.withConfig(c)
	return &p, nil, nil
}
