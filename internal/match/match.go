// Package match finds the checks that events concern: a lookup by what happened to whom, then each found filter's
// decision. Its cost follows the checks of that repository, bucket or image, not the number of all checks.
package match

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// Matcher holds the checks of one config, indexed. It is safe for use by several goroutines.
type Matcher struct {
	checks []check
	exact  map[event.Key][]int32
	// patterns are those known in part only; every event of their space looks at them.
	patterns []pattern
	aliases  event.Aliases
	// names are made at the first event that names a check itself, which few do.
	names func() map[string]int32
}

type check struct {
	config config.Check
	ref    config.Ref
	filter resource.Filter
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

// New indexes the config's checks. Its error names every check whose type or filter is not understood.
func New(c *config.Config) (*Matcher, error) {
	m := &Matcher{
		checks: make([]check, 0, len(c.Checks)), exact: make(map[event.Key][]int32, len(c.Checks)),
		aliases: event.NewAliases(c.RepositoryAliases),
	}
	var errs []error
	for i := range c.Checks {
		if err := m.add(c.Checks[i]); err != nil {
			errs = append(errs, fmt.Errorf("checks[%d] (%s): %w", i, c.Checks[i].Name(), err))
		}
	}
	m.names = sync.OnceValue(m.indexNames)
	return m, errors.Join(errs...)
}

func (m *Matcher) add(c config.Check) error {
	ref, err := c.Ref()
	if err != nil {
		return err
	}
	name := c.Type
	if name == "" {
		if name = resource.Guess(c.Filter); name == "" {
			return errors.New("type: missing, and the filter's fields do not tell it")
		}
	}
	t, ok := resource.Lookup(name)
	if !ok {
		return fmt.Errorf("type: %q is not known; known are %s", name, strings.Join(resource.Names(), ", "))
	}
	filter, err := t.Parse(c.Filter)
	if err != nil {
		return fmt.Errorf("filter: %w", err)
	}
	i := int32(len(m.checks))
	m.checks = append(m.checks, check{config: c, ref: ref, filter: filter})
	keys := filter.Keys()
	for _, k := range keys.Exact {
		m.exact[k] = append(m.exact[k], i)
	}
	for _, p := range keys.Patterns {
		m.patterns = append(m.patterns, pattern{Pattern: p, check: i})
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

// Len is the number of checks.
func (m *Matcher) Len() int { return len(m.checks) }

// Match decides on the checks that the events' keys lead to, each check once: it is to be checked if one event says so.
// They come in the order in which the events find them.
func (m *Matcher) Match(events []event.Event) []Match {
	found := newResult(m)
	for _, e := range events {
		if named, ok := e.(event.Named); ok {
			if i, ok := m.names()[named.Check]; ok {
				found.add(i, resource.Check("the delivery names it"))
			}
			continue
		}
		e = m.aliases.Of(e)
		for _, i := range m.lookup(e) {
			found.add(i, m.checks[i].filter.Decide(e))
		}
	}
	return found.matches
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
		for i := range m.patterns {
			if m.patterns[i].Match(key) {
				take(m.patterns[i].check)
			}
		}
	}
	return found
}

// All decides on every check, those that no key leads to as well: what an operator asks who misses one. It is a scan.
func (m *Matcher) All(events []event.Event) []Match {
	found := newResult(m)
	for _, match := range m.Match(events) {
		found.add(m.names()[match.Ref.String()], match.Decision)
	}
	for i := range m.checks {
		found.add(int32(i), resource.Skip("%s", unrelated(events, m.checks[i].filter)))
	}
	return found.matches
}

// unrelated says what the events are about and the filter is not.
func unrelated(events []event.Event, f resource.Filter) string {
	if len(events) == 0 {
		return "nothing happened"
	}
	var about, watches []string
	for _, e := range events {
		for _, k := range e.Keys() {
			about = append(about, k.String())
		}
	}
	for _, k := range f.Keys().Exact {
		watches = append(watches, k.String())
	}
	for _, p := range f.Keys().Patterns {
		watches = append(watches, p.String())
	}
	return "it watches " + strings.Join(watches, ", ") + "; the event is about " + strings.Join(about, ", ")
}

// result collects decisions by the checks' names: a document of the original's form may hold one resource several times.
type result struct {
	m       *Matcher
	matches []Match
	at      map[string]int
}

func newResult(m *Matcher) *result { return &result{m: m, at: make(map[string]int)} }

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
