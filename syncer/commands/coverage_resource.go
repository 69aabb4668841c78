package commands

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/pending"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// resourceAnswer says what would make one resource check. docs/coverage.md explains the JSON form.
type resourceAnswer struct {
	generate.Coverage

	// Needs is the config's filter: what an event must agree with.
	Needs json.RawMessage `json:"filter,omitempty"`
	Hooks []hook          `json:"hooks"`
	// Pending are the checks that a server's state file holds for it.
	Pending []pending.Entry `json:"pending,omitempty"`
	// State says what the state file tells.
	State string `json:"state,omitempty"`
}

// explain prints what would make one resource check.
func (c *coverageCommand) explain(s Streams, list []generate.Coverage) error {
	r, err := find(list, c.Resource)
	if err != nil {
		return err
	}
	a := resourceAnswer{Coverage: r, Needs: r.Filter, Hooks: []hook{}}
	for _, key := range r.Keys {
		a.Hooks = append(a.Hooks, hookFor(key, r.Rules))
	}
	if c.State != "" {
		if err := a.delivered(c.State); err != nil {
			return err
		}
	}
	if c.JSON {
		return writeJSON(s, a)
	}
	var text strings.Builder
	a.print(&text, c.Owner)
	_, err = io.WriteString(s.Out, text.String())
	return err
}

// find finds a resource by its name, with or without the team.
func find(list []generate.Coverage, name string) (generate.Coverage, error) {
	var found, alike []generate.Coverage
	last := name[strings.LastIndexByte(name, '/')+1:]
	for _, r := range list {
		_, withoutTeam, _ := strings.Cut(r.Resource, "/")
		switch {
		case r.Resource == name:
			return r, nil
		case withoutTeam == name:
			found = append(found, r)
		case r.Name == last:
			alike = append(alike, r)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	hint := "`syncer coverage --all` lists all"
	if alike = append(found, alike...); len(alike) > 0 {
		var names []string
		for _, r := range alike[:min(len(alike), 3)] {
			names = append(names, r.Resource)
		}
		hint = "did you mean " + strings.Join(names, " or ") + "?"
	}
	return generate.Coverage{}, fmt.Errorf("--resource %s: there is no such resource, of the form TEAM/PIPELINE[/VARS]/RESOURCE; %s", name, hint)
}

// delivered reads from a server's state file what waits for the resource.
func (a *resourceAnswer) delivered(path string) error {
	waiting, dead, err := pending.Read(path)
	if errors.Is(err, pending.ErrInUse) {
		a.State = "a server has " + path + " open; ask it: `server pending` and `server dead`"
		return nil
	}
	if err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	a.State = "a state file holds only what Concourse has not taken; what it took is in the server's log"
	for _, e := range slices.Concat(waiting, dead) {
		if e.Name == a.Resource {
			a.Pending = append(a.Pending, e)
		}
	}
	return nil
}

// print prints the answer in words, under four questions.
func (a *resourceAnswer) print(w io.Writer, owners []string) {
	section := func(title string, lines ...string) {
		fmt.Fprintf(w, "\n%s\n", title)
		for _, line := range lines {
			fmt.Fprintf(w, "  %s\n", printable.Line(line))
		}
	}
	fmt.Fprintln(w, printable.Line(fmt.Sprintf("%s: type %s, %s", a.Resource, a.Type, roleWords[a.Role])))
	if !a.Covered {
		section("What makes it check", "No event does: Concourse has to poll it.", a.Reason, "What to do: "+a.Remedy)
		return
	}
	section("What makes it check", a.makesItCheck()...)
	if a.Group != generate.NotYours {
		var lines []string
		for _, h := range a.Hooks {
			lines = append(lines, "at     "+h.At, "sends  "+h.Sends, "to     "+h.To)
		}
		section("Which hook has to exist", lines...)
	}
	section("Whose it is", a.owner(owners))
	section("What was last delivered", a.deliveries()...)
}

// roleWords say how jobs use a resource.
var roleWords = map[config.Role]string{
	"":             "of a pipeline that could not be read",
	config.Trigger: "a trigger", config.Input: "an input that starts no job", config.PassedOnly: "an input in versions that passed another job",
	config.PutOnly: "only put, so that no job waits for its versions", config.Unused: "used by no job, so that nothing waits for its versions",
}

func (a *resourceAnswer) makesItCheck() []string {
	lines := []string{"An event about " + strings.Join(a.Keys, " or ") + "."}
	if strings.Contains(a.By, "*") {
		lines = append(lines, "* stands for a ((var)) that is not resolved here: it matches anything.")
	}
	if conditions := a.conditions(); len(conditions) > 0 {
		lines = append(lines, "Of these, what the rules of "+a.Rules+" do not exclude by its fields:")
		lines = append(lines, conditions...)
	} else {
		lines = append(lines, "The source has no field that excludes any; the rules of "+a.Rules+" decide (docs/support.md).")
	}
	if a.Kind == resource.Assumed {
		lines = append(lines, "It is assumed: "+a.Reason+".")
	}
	return append(lines, "For one delivery: syncer match --config CONFIG --delivery FILE --all")
}

// conditions are the fields of the filter, without those by which events find it.
func (a *resourceAnswer) conditions() []string {
	var fields map[string]any
	if json.Unmarshal(a.Needs, &fields) != nil {
		return nil
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if slices.Contains([]string{"uri", "repository", "bucket", "owner"}, name) {
			continue
		}
		value, err := config.MarshalPlain(fields[name])
		if err != nil {
			continue
		}
		lines = append(lines, fmt.Sprintf("- %s: %s", name, value))
	}
	return lines
}

func (a *resourceAnswer) owner(owners []string) string {
	switch {
	case a.Group == generate.NotYours:
		return "It belongs to others (--owner " + strings.Join(owners, ", ") + "): no hook can be made there; leave it polling."
	case len(owners) > 0:
		return "It is of --owner " + strings.Join(owners, ", ") + ", or that can't be told. Who makes the hook needs admin rights there."
	}
	return "Not said: with --owner NAME, what belongs to others is marked. Who makes the hook needs admin rights there."
}

// deliveries are what waits for the resource.
func (a *resourceAnswer) deliveries() []string {
	if a.State == "" {
		return []string{"Not looked up: --state FILE reads a server's state file; its log names each check that it made."}
	}
	var lines []string
	for _, e := range a.Pending {
		kind := "waits for Concourse"
		if !e.Died.IsZero() {
			kind = "was given up"
		}
		line := fmt.Sprintf("A check %s since %s", kind, e.Oldest.UTC().Format(time.RFC3339))
		if len(e.Deliveries) > 0 {
			line += fmt.Sprintf(", by %s, delivery %s", strings.Join(e.Providers, ", "), strings.Join(e.Deliveries, " "))
		}
		lines = append(lines, line)
		if e.Error != "" {
			lines = append(lines, fmt.Sprintf("%d attempts failed, the last one so: %s", e.Attempts, e.Error))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, "Nothing is known of it.")
	}
	return append(lines, strings.ToUpper(a.State[:1])+a.State[1:]+".")
}
