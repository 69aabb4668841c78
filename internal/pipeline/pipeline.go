// Package pipeline is the input of a sync: package read, or this package's Files, makes a Reading, and package generate makes
// the config from it. It has a pipeline's resources, resource types and name, and its ((vars)).
package pipeline

import (
	"encoding/json"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// Reading is the result of reading a Concourse, or files.
type Reading struct {
	// URL is the ATC's external URL, for the config.
	URL string
	// Version is the ATC's version; "" if it is not known.
	Version string
	// Teams are the teams whose pipelines the login may read, sorted.
	Teams []string
	// Wanted are the teams to which the reading is limited; empty if it is not.
	Wanted []string
	// Paused are the pipelines that are left out because they are paused.
	Paused []config.Pipeline
	// Unreadable names the pipelines of Teams whose config could not be read.
	Unreadable []string
	// Broken names those of Unreadable that the login may read: their config is not in order, or Concourse fails to give it.
	Broken []string
	// Gone names pipelines of other teams that do not exist any more, as Concourse says.
	Gone []string
	// GlobalResources says that resources with the same type and source share their checks.
	GlobalResources bool
	// UniqueHistory holds the base types of the workers; true for a type whose resources share no checks
	// (unique_version_history).
	UniqueHistory map[string]bool
	Pipelines     []Pipeline
	// LeftOut are the pipelines that could not be read.
	LeftOut []LeftOut
}

// LeftOut is a resource, or a whole pipeline, that the config leaves out.
type LeftOut struct {
	// Name is TEAM/PIPELINE[/VARS][/RESOURCE].
	Name string
	// Reason says why. It quotes no value of the source.
	Reason string
	// Unresolved says that it is for a ((var)) without a value.
	Unresolved bool
}

// AddBroken leaves out a pipeline whose config is not in order.
func (r *Reading) AddBroken(p config.Pipeline, reason error) {
	r.Unreadable, r.Broken = append(r.Unreadable, p.String()), append(r.Broken, p.String())
	r.LeftOut = append(r.LeftOut, LeftOut{Name: p.String(), Reason: reason.Error()})
}

// Pipeline is one pipeline, with the part of its config that a sync needs.
type Pipeline struct {
	config.Pipeline
	Resources []Resource
	// Types are the pipeline's own resource_types, by name.
	Types map[string]CustomType
	// Unchanged says that the pipeline was not read again: its checks are taken from the previous config.
	Unchanged bool
}

// Ref names one of the pipeline's resources.
func (p *Pipeline) Ref(resource string) config.Ref {
	return config.Ref{Team: p.Team, Pipeline: p.Name, InstanceVars: p.InstanceVars, Resource: resource}
}

// Resource is one of a pipeline's resources. Its source still has its ((vars)).
type Resource struct {
	Name         string          `json:"name"`
	Type         string          `json:"type"`
	Source       resource.Source `json:"source"`
	WebhookToken string          `json:"webhook_token"`
	// CheckEvery is how often Concourse checks it by itself: a duration, "never", or "" for the cluster's default.
	CheckEvery CheckEvery `json:"check_every"`
	// Role is how the pipeline's jobs use it; "" counts as config.Trigger.
	Role config.Role `json:"-"`
}

// CheckEvery is a resource's check_every. What is no text, which Concourse would refuse, is "".
type CheckEvery string

// UnmarshalJSON reads any JSON, so that a wrong value is not the end of the pipeline's other resources.
func (c *CheckEvery) UnmarshalJSON(raw []byte) error {
	var text string
	_ = json.Unmarshal(raw, &text)
	*c = CheckEvery(text)
	return nil
}

// CustomType is one of a pipeline's resource_types.
type CustomType struct {
	Name     string          `json:"name"`
	Type     string          `json:"type"`
	Source   resource.Source `json:"source"`
	Defaults resource.Source `json:"defaults"`
}
