package commands

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
)

// groupNames are the words for the groups.
var groupNames = map[generate.Group]string{
	generate.Covered: "covered", generate.Assumed: "covered, assumed", generate.NotYours: "covered, but not yours",
	generate.TypeUnknown: "type not known", generate.TypeUnresolved: "type's image not known", generate.SourceUnresolved: "source not resolved",
	generate.SourceInvalid: "source invalid", generate.NameInvalid: "name not possible", generate.Unreadable: "not readable",
	generate.Eventless: "type without events", generate.Unneeded: "no job waits", generate.Clock: "clock", generate.PutOnlyType: "type only for put",
}

// roles are the columns of the summary.
var roles = []config.Role{config.Trigger, config.Input, config.PassedOnly, config.PutOnly, config.Unused}

// printSummary prints what fits a screen of 80 columns.
func printSummary(s Streams, summary generate.Summary) error {
	w := tabwriter.NewWriter(s.Out, 0, 0, 0, ' ', tabwriter.AlignRight)
	row := func(name string, count func(config.Role) any, total any) {
		fmt.Fprintf(w, "%-24s\t", name)
		for _, role := range roles {
			fmt.Fprintf(w, "%9v\t", count(role))
		}
		fmt.Fprintf(w, "%9v\t\n", total)
	}
	row("RESOURCES", func(r config.Role) any { return strings.ToUpper(string(r)) }, "ALL")
	total, totals := 0, make(map[config.Role]int)
	for _, g := range summary.Groups {
		row(groupNames[g.Group], func(r config.Role) any { return g.Roles[r] }, g.Count)
		total += g.Count
		for role, n := range g.Roles {
			totals[role] += n
		}
	}
	row("all", func(r config.Role) any { return totals[r] }, total)
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "\n%s%% of the triggers that could have an event have one: %d of %d\n", percent(summary), summary.PossibleCovered, summary.Possible)
	return printRemedies(s.Out, summary)
}

// printRemedies prints what to do about each group, and how to see what is in it.
func printRemedies(out io.Writer, summary generate.Summary) error {
	var text strings.Builder
	for _, g := range summary.Groups {
		if g.Remedy != "" && !slices.Contains([]generate.Group{generate.Unneeded, generate.Clock, generate.PutOnlyType}, g.Group) {
			fmt.Fprintf(&text, "%-24s%s\n", groupNames[g.Group], g.Remedy)
		}
	}
	if text.Len() == 0 {
		return nil
	}
	_, err := fmt.Fprintf(out, "\n%sList them with --uncovered; ask about one with --resource TEAM/PIPELINE/RESOURCE\n", text.String())
	return err
}

// percent is the percentage in text, never rounded up: 99.96 is 99.9.
func percent(s generate.Summary) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", math.Floor(s.Percent*10)/10), ".0")
}

// printUncovered lists the resources without events by reason, then by type, most of them first.
func printUncovered(s Streams, list []generate.Coverage) error {
	var text strings.Builder
	count := 0
	for _, group := range generate.Groups() {
		var members []generate.Coverage
		for _, r := range list {
			if r.Group == group && r.Uncovered() {
				members = append(members, r)
			}
		}
		if len(members) == 0 {
			continue
		}
		count += len(members)
		fmt.Fprintf(&text, "%s (%d): %s\n", groupNames[group], len(members), group.Remedy())
		for _, sameType := range byType(members) {
			printType(&text, sameType)
		}
	}
	_, err := fmt.Fprintf(s.Out, "%s%d of %d resources have no events\n", text.String(), count, len(list))
	return err
}

// byType splits resources by type and by why they have no events, the largest part first.
func byType(list []generate.Coverage) [][]generate.Coverage {
	parts := make(map[[2]string][]generate.Coverage)
	for _, r := range list {
		key := [2]string{r.Type, why(r)}
		parts[key] = append(parts[key], r)
	}
	sorted := slices.Collect(maps.Values(parts))
	slices.SortFunc(sorted, func(a, b []generate.Coverage) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a[0].Type, b[0].Type), cmp.Compare(why(a[0]), why(b[0])))
	})
	return sorted
}

// why is why the resource has no events, or of which it has some.
func why(r generate.Coverage) string {
	if r.Covered {
		return r.By
	}
	return r.Reason
}

// printType lists resources of one type and reason, triggers first.
func printType(w io.Writer, list []generate.Coverage) {
	fmt.Fprintln(w, printable.Line(fmt.Sprintf("  %s (%d): %s", cmp.Or(list[0].Type, "no type"), len(list), why(list[0]))))
	order := func(r generate.Coverage) int { return slices.Index(roles, cmp.Or(r.Role, config.Trigger)) }
	slices.SortStableFunc(list, func(a, b generate.Coverage) int { return cmp.Compare(order(a), order(b)) })
	for _, r := range list {
		fmt.Fprintln(w, printable.Line(fmt.Sprintf("    %-8s %s", cmp.Or(r.Role, "-"), r.Resource)))
	}
}

func (a coverageAnswer) table(s Streams) error {
	if a.Total > 0 {
		w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
		fmt.Fprint(w, printable.Row("RESOURCE", "TYPE", "ROLE", "EVENTS"))
		for _, r := range a.Resources {
			events := r.By
			switch {
			case !r.Covered:
				events = "none: " + r.Reason
			case r.Group != generate.Covered:
				events += " (" + groupNames[r.Group] + ")"
			}
			fmt.Fprint(w, printable.Row(r.Resource, r.Type, string(r.Role), events))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(s.Out, "%d of %d resources have an event source\n", a.Covered, a.Total)
	return err
}
