// Package pipeline says what a pipeline is to a sync: its resources and their types, its name, its ((vars)), and its YAML on
// disk.
//
// It stands at the start of a sync: package read and this package's Files make a Reading, and package generate makes the
// config of it.
package pipeline

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// Reading is what one read of a Concourse, or of files, gave.
type Reading struct {
	// URL is the ATC's external URL, for the config.
	URL string
	// Teams are those whose pipelines the login may read, in order.
	Teams []string
	// GlobalResources says that resources of one type and source share their checks.
	GlobalResources bool
	// OwnHistory tells of each base type that a worker has whether its resources share nothing (unique_version_history).
	OwnHistory map[string]bool
	Pipelines  []Pipeline
	// Left are the pipelines that could not be read.
	Left []Left
}

// Left is a resource, or a whole pipeline, that the config leaves out.
type Left struct {
	// Name is TEAM/PIPELINE[/VARS][/RESOURCE].
	Name string
	// Reason says why. It holds no value of the source.
	Reason string
}

// Pipeline is one pipeline, with the part of its config that a sync needs.
type Pipeline struct {
	config.Pipeline
	Resources []Resource
	// Types are the pipeline's own resource_types, by name.
	Types map[string]CustomType
	// Unchanged says that the pipeline's config was not read: the checks that it gives stand in the config before.
	Unchanged bool
}

// Resource is one of a pipeline's resources. Its source is as the pipeline has it, with its ((vars)).
type Resource struct {
	Name         string          `json:"name"`
	Type         string          `json:"type"`
	Source       resource.Source `json:"source"`
	WebhookToken string          `json:"webhook_token"`
}

// CustomType is one of a pipeline's resource_types.
type CustomType struct {
	Name     string          `json:"name"`
	Type     string          `json:"type"`
	Source   resource.Source `json:"source"`
	Defaults resource.Source `json:"defaults"`
}
