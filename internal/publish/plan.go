package publish

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// Plan is what publishing a config would change.
type Plan struct {
	Changes []Change
	// Before and After count the checks.
	Before, After int
}

// Action says what happens to a check: '+', '-' or '~'.
type Action byte

// The actions, as a plan prints them.
const (
	Added   Action = '+'
	Removed Action = '-'
	Changed Action = '~'
)

// Change is one check that is added, removed or changed, or a changed field of the config: "atc.url", "repository_aliases".
type Change struct {
	Action Action
	// Check is the check's name, or the field's.
	Check string
	// Detail is the check's type, or the names of the fields that differ.
	Detail string
	// Was is the check in the old config, if it is removed; else the zero value.
	Was config.Check
	// Expected says that it is removed because its pipeline is paused, its team to be forgotten, its name one that no resource has, or
	// because no job waits for its versions.
	Expected bool
	// Quiet says that only what is said about the check changed, its role or that its type is assumed: no event can have been missed.
	Quiet bool
}

// String is a line of a plan. A document that somebody else wrote may have any type or field.
func (c Change) String() string {
	return fmt.Sprintf("%c %s (%s)", c.Action, c.Check, printable.Line(c.Detail))
}

// NewPlan compares two configs, and their checks by name; before is nil if there was no config. The operator wants to forget the teams.
func NewPlan(before, after *config.Config, forget ...string) Plan {
	var old []config.Check
	if before != nil {
		old = before.Checks
	}
	p := Plan{Before: len(old), After: len(after.Checks)}
	was := make(map[string]config.Check, len(old))
	for _, c := range old {
		if name := c.Name(); was[name].Check == "" { // the 2016 form may list a resource twice: the first one is compared
			was[name] = c
		}
	}
	seen := make(map[string]bool, len(after.Checks))
	for _, c := range after.Checks {
		name := c.Name()
		if seen[name] {
			continue
		}
		seen[name] = true
		o, ok := was[name]
		delete(was, name)
		if !ok {
			p.Changes = append(p.Changes, Change{Action: Added, Check: name, Detail: typeName(c)})
		} else if detail := differences(o, c); detail != "" {
			o.Role, o.Assumed = c.Role, c.Assumed
			p.Changes = append(p.Changes, Change{Action: Changed, Check: name, Detail: detail, Quiet: differences(o, c) == ""})
		}
	}
	paused, unused := make(map[string]bool), make(map[string]bool)
	for _, p := range after.Pipelines {
		paused[p.String()] = p.Paused
		for _, name := range p.Unused {
			unused[config.Ref{Team: p.Team, Pipeline: p.Name, InstanceVars: p.InstanceVars, Resource: name}.String()] = true
		}
	}
	for name, c := range was {
		ref, err := c.Ref()
		expected := err != nil || unused[name] || slices.Contains(forget, ref.Team) || paused[config.PipelineString(ref.Team, ref.Pipeline, ref.InstanceVars)]
		p.Changes = append(p.Changes, Change{Action: Removed, Check: name, Detail: typeName(c), Was: c, Expected: expected})
	}
	slices.SortFunc(p.Changes, func(a, b Change) int { return strings.Compare(a.Check, b.Check) })
	if before != nil && before.ATC.URL != after.ATC.URL {
		moved := Change{Action: Changed, Check: "atc.url", Detail: before.ATC.URL + " -> " + after.ATC.URL}
		p.Changes = slices.Insert(p.Changes, 0, moved)
	}
	if before != nil && !maps.Equal(before.RepositoryAliases, after.RepositoryAliases) {
		p.Changes = slices.Insert(p.Changes, 0, Change{Action: Changed, Check: "repository_aliases", Detail: "further names of repositories"})
	}
	return p
}

// Expect says that the removal of these checks, given by name, is expected.
func (p Plan) Expect(names []string) {
	for i := range p.Changes {
		p.Changes[i].Expected = p.Changes[i].Expected || slices.Contains(names, p.Changes[i].Check)
	}
}

// typeName is a check's type. If it has none, as in the 2016 form, the filter's fields decide.
func typeName(c config.Check) string {
	if c.Type != "" {
		return c.Type
	}
	return cmp.Or(resource.Guess(c.Filter), "unknown type")
}

// differences names the fields in which two checks differ; "" if there are none.
func differences(a, b config.Check) string {
	var names []string
	note := func(name string, differ bool) {
		if differ {
			names = append(names, name)
		}
	}
	note("type", typeName(a) != typeName(b))
	note("role", cmp.Or(a.Role, config.Trigger) != cmp.Or(b.Role, config.Trigger))
	note("assumed", a.Assumed != b.Assumed)
	note("scope", a.Scope != b.Scope)
	note("webhook_token", a.WebhookToken != b.WebhookToken)
	var fa, fb map[string]any
	if json.Unmarshal(a.Filter, &fa) != nil || json.Unmarshal(b.Filter, &fb) != nil {
		note("filter", !bytes.Equal(a.Filter, b.Filter))
	}
	all := make(map[string]any)
	maps.Copy(all, fa)
	maps.Copy(all, fb)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		note(key, !reflect.DeepEqual(fa[key], fb[key]))
	}
	return strings.Join(names, ", ")
}

// Count counts the changes of one action.
func (p Plan) Count(a Action) int {
	n := 0
	for _, c := range p.Changes {
		if c.Action == a {
			n++
		}
	}
	return n
}

// Print writes a line for each change, and the summary.
func (p Plan) Print(w io.Writer) {
	for _, change := range p.Changes {
		fmt.Fprintln(w, change)
	}
	fmt.Fprintln(w, p.Summary())
}

// Empty reports whether there are no changes.
func (p Plan) Empty() bool { return len(p.Changes) == 0 }

// Summary is the plan in one line, in the style of terraform.
func (p Plan) Summary() string {
	if p.Empty() {
		return fmt.Sprintf("no changes: %d checks", p.After)
	}
	return fmt.Sprintf("plan: %d to add, %d to change, %d to remove; %d checks then",
		p.Count(Added), p.Count(Changed), p.Count(Removed), p.After)
}

// Vanishing counts the checks that the plan removes that are not expected to go.
func (p Plan) Vanishing() int {
	n := 0
	for _, c := range p.Changes {
		if c.Action == Removed && !c.Expected {
			n++
		}
	}
	return n
}

// Drastic reports whether more than ten checks vanish, and more than half of those that are not expected to. Then it is more likely
// that the login lost rights than that so many pipelines are gone.
func (p Plan) Drastic() bool {
	vanishing := p.Vanishing()
	expected := p.Count(Removed) - vanishing
	return vanishing > 10 && vanishing*2 > p.Before-expected
}

// Hold is the new config with the checks that would vanish. Pipelines that keep some of them are read again by the next sync, which
// would otherwise take them for the pipelines' own.
func (p Plan) Hold(after *config.Config) *config.Config {
	c := *after
	c.Checks, c.Pipelines = slices.Clone(c.Checks), slices.Clone(c.Pipelines)
	holding := make(map[string]bool)
	for _, change := range p.Changes {
		if change.Action == Removed && !change.Expected {
			c.Checks = append(c.Checks, change.Was)
			ref, _ := change.Was.Ref()
			holding[config.PipelineString(ref.Team, ref.Pipeline, ref.InstanceVars)] = true
		}
	}
	for i := range c.Pipelines {
		if holding[c.Pipelines[i].String()] {
			c.Pipelines[i].LastUpdated = 0
		}
	}
	return &c
}
