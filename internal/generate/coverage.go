package generate

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// Coverage says whether events reach one resource, that is, whether the config can have a check for it.
type Coverage struct {
	// Resource is TEAM/PIPELINE[/VARS]/RESOURCE, or TEAM/PIPELINE[/VARS] for a pipeline that could not be read.
	Resource string `json:"resource"`
	// Team, Pipeline (TEAM/PIPELINE[/VARS]) and Name are the parts of Resource; empty for a pipeline that could not be read. Only
	// Name is as the pipeline has it, and may hold anything.
	Team     string `json:"team,omitempty"`
	Pipeline string `json:"pipeline,omitempty"`
	Name     string `json:"name,omitempty"`
	// Type is the resource's type, as the pipeline names it.
	Type string `json:"type,omitempty"`
	// Rules is the type whose rules it follows; "" if it is not covered.
	Rules string `json:"rules,omitempty"`
	// Kind says how well its type is known.
	Kind resource.Kind `json:"kind,omitempty"`
	// Role is how the pipeline's jobs use it.
	Role    config.Role `json:"role,omitempty"`
	Covered bool        `json:"covered"`
	// Group is where the summary counts it.
	Group Group `json:"group"`
	// By is what events must be about: a repository, a bucket, an image. It is "" if the resource is not covered.
	By string `json:"by,omitempty"`
	// Reason says why the resource is not covered, or for which type it is taken, and Remedy what to do about it.
	Reason string `json:"reason,omitempty"`
	Remedy string `json:"remedy,omitempty"`
	// Filter is the config's filter; nil if the resource is not covered. Keys are the parts of By.
	Filter json.RawMessage `json:"-"`
	Keys   []string        `json:"-"`
	// Polling is how Concourse checks the resource by itself.
	Polling Polling `json:"-"`
}

// Group is where a summary counts a resource. Those of resources that are not covered say why, and never change.
type Group string

// The groups: of covered resources first.
const (
	// Covered resources have events.
	Covered Group = "covered"
	// Assumed are covered by the rules of another type, from which their own may differ.
	Assumed Group = "assumed"
	// NotYours are covered, but what they watch belongs to others, where no hook can be made.
	NotYours Group = "not_yours"
	// TypeUnknown is a type without rules here.
	TypeUnknown Group = "type_unknown"
	// TypeUnresolved is a type whose image is a ((var)).
	TypeUnresolved Group = "type_unresolved"
	// SourceUnresolved is a source whose identifying field is a ((var)).
	SourceUnresolved Group = "source_unresolved"
	// SourceInvalid is a source that can't be understood.
	SourceInvalid Group = "source_invalid"
	// NameInvalid is a name that no request can have.
	NameInvalid Group = "name_invalid"
	// Unreadable is a pipeline, or a part of it, that could not be read.
	Unreadable Group = "unreadable"
	// Eventless is a type whose source tells nobody of a new version.
	Eventless Group = "eventless"
	// Unneeded resources have no check because no job waits for their versions.
	Unneeded Group = "unneeded"
	// Clock is a type whose versions come from the time.
	Clock Group = "clock"
	// PutOnlyType is a type that never finds a version.
	PutOnlyType Group = "put_only"
)

// Groups are all groups, in the order of a summary.
func Groups() []Group {
	return []Group{
		Covered, Assumed, NotYours, TypeUnknown, TypeUnresolved, SourceUnresolved, SourceInvalid, NameInvalid, Unreadable, Eventless, Unneeded,
		Clock, PutOnlyType,
	}
}

// remedies say what to do about the resources of a group, in the words of the syncer's flags.
var remedies = map[Group]string{
	Assumed:          "a fork may differ: go on polling it slowly",
	NotYours:         "no hook can be made there: leave it polling",
	TypeUnknown:      "if it acts like a known type: --type-alias NAME=TYPE",
	TypeUnresolved:   "give the image's ((var)) with -v or -l",
	SourceUnresolved: "give the ((var)) with -v or -l, as fly set-pipeline",
	SourceInvalid:    "correct the source; --uncovered says what is wrong",
	NameInvalid:      "rename it; --uncovered says why",
	Unreadable:       "correct it, or give the login viewer; see --uncovered",
	Eventless:        "nobody tells of its versions: leave it polling",
	Unneeded:         "nothing: no job waits for its versions",
	Clock:            "nothing: its versions come from the time",
	PutOnlyType:      "nothing: it is only put",
}

// Remedy says what to do about the resources of the group; "" for nothing.
func (g Group) Remedy() string { return remedies[g] }

// ofKind are the groups of the types without rules.
var ofKind = map[resource.Kind]Group{
	resource.Clock: Clock, resource.Eventless: Eventless, resource.PutOnly: PutOnlyType, resource.Unresolved: TypeUnresolved,
}

// Cover lists whether events reach each resource of a reading, in the order of the pipelines. All pipelines must have been read
// in full: an unchanged one has no resources here.
func Cover(reading *pipeline.Reading, settings Settings) []Coverage {
	list := []Coverage{}
	for _, l := range reading.LeftOut {
		group := Unreadable
		if l.Unresolved {
			group = SourceUnresolved
		}
		team, _, _ := strings.Cut(l.Name, "/")
		list = append(list, Coverage{Resource: l.Name, Team: team, Group: group, Reason: l.Reason, Remedy: group.Remedy()})
	}
	for i := range reading.Pipelines {
		p := &reading.Pipelines[i]
		vars := settings.Vars.Resolver(p.InstanceVars)
		for _, r := range p.Resources {
			list = append(list, cover(p, r, vars, settings, reading))
		}
	}
	return list
}

func cover(p *pipeline.Pipeline, r pipeline.Resource, vars pipeline.Resolver, settings Settings, reading *pipeline.Reading) Coverage {
	c := Coverage{
		Resource: nameOf(p, r), Team: p.Team, Pipeline: p.String(), Name: r.Name, Type: r.Type, Role: cmp.Or(r.Role, config.Trigger),
		Polling: pollingOf(p, r, vars, settings, reading),
	}
	t := settings.recognised(p, r, vars)
	c.Kind = t.Kind
	check, _, err := makeCheck(p, r, vars, settings, reading)
	unused := settings.unused(r)
	switch {
	case err != nil:
		if c.Group, c.Reason = groupOf(p, r, err), oneLine(err); unused == "" || c.Group == Clock || c.Group == PutOnlyType {
			break
		}
		unused, _, _ = strings.Cut(unused, ";") // to include it would not help
		fallthrough
	case unused != "":
		c.Group, c.Reason = Unneeded, unused
	}
	if c.Group != "" {
		c.Remedy = c.Group.Remedy()
		return c
	}
	c.Covered, c.Group, c.Rules = true, Covered, check.Type
	c.Filter, c.Keys = check.Filter, watched(check)
	c.By = strings.Join(c.Keys, ", ")
	if check.Assumed {
		c.Group, c.Reason, c.Remedy = Assumed, printable.Line(t.Reason), Assumed.Remedy()
	}
	return c
}

// recognised is what is known of the resource's type; nothing if that can't be told.
func (s Settings) recognised(p *pipeline.Pipeline, r pipeline.Resource, vars pipeline.Resolver) (t resource.Recognised) {
	var err error
	defer panics.Recover(&err)
	source, err := vars.Source(resource.Merge(s.defaults(p, r.Type), r.Source))
	if err != nil {
		return t
	}
	t, _ = s.typeOf(p, r, source, vars)
	return t
}

// groupOf is the group of a resource of which no check could be made.
func groupOf(p *pipeline.Pipeline, r pipeline.Resource, err error) Group {
	var unserved *unservedTypeError
	switch {
	case errors.As(err, &unserved):
		return cmp.Or(ofKind[unserved.Kind], TypeUnknown)
	case errors.Is(err, resource.ErrUnresolved):
		return SourceUnresolved
	case p.Ref(r.Name).Validate() != nil:
		return NameInvalid
	}
	return SourceInvalid
}

// watched names the keys under which a delivery finds the check's filter.
func watched(c config.Check) []string {
	t, ok := resource.Lookup(c.Type)
	if !ok {
		return []string{c.Type}
	}
	filter, err := t.Parse(c.Filter)
	if err != nil {
		return []string{c.Type}
	}
	return filter.Keys().Names()
}

// oneLine is the text of an error, which may be several errors joined, on one line. It may quote names of the pipeline's author.
func oneLine(err error) string { return printable.Line(strings.ReplaceAll(err.Error(), "\n", "; ")) }
