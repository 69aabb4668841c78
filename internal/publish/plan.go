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
	// Now is the check in the new config; the zero value if it is removed.
	Now config.Check
}

func (c Change) String() string {
	return fmt.Sprintf("%c %s (%s)", c.Action, c.Check, c.Detail)
}

// NewPlan compares two configs, and their checks by name; before is nil if there was no config.
func NewPlan(before, after *config.Config) Plan {
	var old []config.Check
	if before != nil {
		old = before.Checks
	}
	p := Plan{Before: len(old), After: len(after.Checks)}
	was := make(map[string]config.Check, len(old))
	for _, c := range old {
		was[c.Name()] = c
	}
	for _, c := range after.Checks {
		name := c.Name()
		o, ok := was[name]
		delete(was, name)
		if !ok {
			p.Changes = append(p.Changes, Change{Added, name, typeName(c), c})
		} else if detail := differences(o, c); detail != "" {
			p.Changes = append(p.Changes, Change{Changed, name, detail, c})
		}
	}
	for name, c := range was {
		p.Changes = append(p.Changes, Change{Removed, name, typeName(c), config.Check{}})
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

// Drastic reports whether the plan removes more than half of the checks, and more than ten. Then it is more likely that the
// login lost rights than that so many pipelines are gone.
func (p Plan) Drastic() bool {
	removed := p.Count(Removed)
	return removed > 10 && removed*2 > p.Before
}
