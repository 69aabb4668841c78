// Package match finds the checks that events concern (a delivery -> provider -> event -> match -> notify -> Concourse).
//
// It looks the checks up by what the events happened to, then lets the filter of each decide. Its cost follows the checks of
// that repository, bucket or image, not the number of all checks.
package match

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// Matcher holds the checks of one config, indexed. It is safe for use by several goroutines.
type Matcher struct {
	checks []check
	exact  map[event.Key][]int32
	// patterns are of the filters whose key is known in part only, by their space; every event of that looks at them.
	patterns map[event.Space][]pattern
	aliases  event.Aliases
	// teams number the checks' teams. They share the steps that a delivery may take.
	teams map[string]int32
	steps int
	// names finds a check by its name. It is made at the first event that names a check itself, which few do.
	names func() map[string]int32
}

type check struct {
	config config.Check
	ref    config.Ref
	filter resource.Filter
	team   int32
}

type pattern struct {
	resource.Pattern
	check int32
}

// Match is one check and what was decided on it.
type Match struct {
	Ref config.Ref
	// Config is the check as the document has it.
	Config config.Check
	resource.Decision
}

// Unread are the errors of single checks: those whose name, type or filter is wrong or not understood, and those that are there twice,
// of which every filter counts. Each names its check.
type Unread []error

func (u Unread) Error() string { return errors.Join(u...).Error() }

// New indexes the config's checks. Its error, if there is one, is Unread; the matcher then has all checks but those that it can't read.
func New(c *config.Config) (*Matcher, error) {
	m := &Matcher{
		checks: make([]check, 0, len(c.Checks)), exact: make(map[event.Key][]int32, len(c.Checks)),
		aliases: event.NewAliases(c.RepositoryAliases), teams: make(map[string]int32), steps: totalSteps, patterns: make(map[event.Space][]pattern),
	}
	var unread Unread
	seen := make(map[string]int, len(c.Checks))
	for i := range c.Checks {
		name := c.Checks[i].Name()
		err := m.add(c.Checks[i])
		// The 2016 form may list a resource several times, each time with another filter.
		if first, twice := seen[name]; twice && c.Version > 0 && err == nil {
			err = fmt.Errorf("check: the same as checks[%d], and both filters count", first)
		}
		seen[name] = i
		if err != nil {
			unread = append(unread, fmt.Errorf("checks[%d] (%s): %w", i, name, err))
		}
	}
	m.names = sync.OnceValue(m.indexNames)
	if len(unread) > 0 {
		return m, unread
	}
	return m, nil
}

// Unknown names the fields of the checks' filters that their types do not have, and that are ignored.
func Unknown(c *config.Config) (list []string) {
	for i := range c.Checks {
		t, err := typeOf(&c.Checks[i])
		if err != nil {
			continue
		}
		for _, field := range t.Unknown(c.Checks[i].Filter) {
			list = append(list, fmt.Sprintf("checks[%d].filter.%s", i, field))
		}
	}
	return list
}

// typeOf is the type whose rules a check's filter follows.
func typeOf(c *config.Check) (resource.Type, error) {
	name := c.Type
	if name == "" {
		if name = resource.Guess(c.Filter); name == "" {
			return nil, errors.New("type: missing, and the filter's fields do not tell which it is")
		}
	}
	t, ok := resource.Lookup(name)
	if !ok {
		return nil, fmt.Errorf("type: %q is not known; known are %s", name, strings.Join(resource.Names(), ", "))
	}
	return t, nil
}

func (m *Matcher) add(c config.Check) (err error) {
	defer panics.Recover(&err)
	ref, err := c.Ref()
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(c.Filter), []byte("{")) {
		return errors.New("filter: an object is needed")
	}
	t, err := typeOf(&c)
	if err != nil {
		return err
	}
	filter, err := t.Parse(c.Filter)
	if err != nil {
		return fmt.Errorf("filter: %w", err)
	}
	i := int32(len(m.checks))
	team, ok := m.teams[ref.Team]
	if !ok {
		team = int32(len(m.teams))
		m.teams[ref.Team] = team
	}
	m.checks = append(m.checks, check{config: c, ref: ref, filter: filter, team: team})
	for _, keys := range []resource.Keys{filter.Keys(), filter.Keys().OnAnyHost()} {
		for _, k := range keys.Exact {
			m.exact[k] = append(m.exact[k], i)
		}
		for _, p := range keys.Patterns {
			m.patterns[p.Space()] = append(m.patterns[p.Space()], pattern{Pattern: p, check: i})
		}
	}
	return nil
}

func (m *Matcher) indexNames() map[string]int32 {
	names := make(map[string]int32, len(m.checks))
	for i := range m.checks {
		names[m.checks[i].ref.String()] = int32(i)
	}
	return names
}

// Find finds the check of a resource by its name, TEAM/PIPELINE[/VARS]/RESOURCE.
func (m *Matcher) Find(name string) (config.Check, config.Ref, bool) {
	i, ok := m.names()[name]
	if !ok {
		return config.Check{}, config.Ref{}, false
	}
	return m.checks[i].config, m.checks[i].ref, true
}

// Watching names the resources that watch a repository, by its URL; all of them where the URL is "".
func (m *Matcher) Watching(repository string) []string {
	var names []string
	if repository == "" {
		for i := range m.checks {
			names = append(names, m.checks[i].ref.String())
		}
		return names
	}
	for _, i := range m.lookup(m.aliases.Of(event.RepositoryChanged{Repository: event.Repository{URLs: []string{repository}}})) {
		names = append(names, m.checks[i].ref.String())
	}
	return names
}

// Len is the number of checks.
func (m *Matcher) Len() int { return len(m.checks) }

// Match decides on the checks that the events' keys find, once on each: to check it if one event says so. They come in the
// order in which the events find them. The work is bounded, and shared out to the checks' teams: what a team's filters do not
// decide within its part is checked.
func (m *Matcher) Match(events []event.Event) []Match { return m.deliver(events).matches }

func (m *Matcher) deliver(events []event.Event) *delivery {
	d := m.newDelivery()
	for _, e := range events {
		if named, ok := e.(event.Named); ok {
			if i, ok := m.names()[named.Check]; ok {
				d.add(i, resource.Check(resource.Named, "the delivery names it"))
			}
			continue
		}
		d.match(m.aliases.Of(e))
	}
	return d
}

// lookup finds the checks that share a key with the event, each once.
func (m *Matcher) lookup(e event.Event) []int32 {
	var found []int32
	seen := make(map[int32]bool)
	take := func(i int32) {
		if !seen[i] {
			seen[i] = true
			found = append(found, i)
		}
	}
	for _, key := range e.Keys() {
		for _, i := range m.exact[key] {
			take(i)
		}
		for _, p := range m.patterns[key.Space] {
			if p.Match(key) {
				take(p.check)
			}
		}
	}
	return found
}

// All decides on every check, also on those that no key finds. It looks at all of them, for an operator who misses one.
func (m *Matcher) All(events []event.Event) []Match {
	var about []string
	for _, e := range events {
		for _, k := range e.Keys() {
			about = append(about, k.String())
		}
	}
	found := m.deliver(events)
	for i := range m.checks {
		d := resource.Skip(resource.NoEvents, "nothing happened")
		if len(events) > 0 {
			d = resource.Skip(resource.OtherKey, "it watches %s; the event is about %s",
				strings.Join(m.checks[i].filter.Keys().Names(), ", "), strings.Join(about, ", "))
		}
		found.add(int32(i), d)
	}
	return found.matches
}

// result collects decisions by the checks' names, since a document of the 2016 form may hold one resource several times.
type result struct {
	m       *Matcher
	matches []Match
	at      map[string]int
}

func (r *result) add(i int32, d resource.Decision) {
	c := &r.m.checks[i]
	name := c.ref.String()
	at, ok := r.at[name]
	if !ok {
		r.at[name] = len(r.matches)
		r.matches = append(r.matches, Match{Ref: c.ref, Config: c.config, Decision: d})
		return
	}
	if d.Check && !r.matches[at].Check {
		r.matches[at].Config, r.matches[at].Decision = c.config, d
	}
}
