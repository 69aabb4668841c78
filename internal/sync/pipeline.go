package sync

import (
	"github.com/concourse/concourse/atc"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// Pipeline is one pipeline with what of its config matters here.
type Pipeline struct {
	config.Pipeline
	Resources []Resource
	// Types are the pipeline's own resource_types, by name.
	Types map[string]CustomType
	// Unchanged says that the config was not read, since the previous document holds the checks that it would give.
	Unchanged bool
}

// Resource is one of a pipeline's resources, its source as the pipeline has it, before interpolation.
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

// withConfig fills in what the ATC tells of a pipeline's config.
func (p Pipeline) withConfig(c atc.Config) Pipeline {
	for _, r := range c.Resources {
		p.Resources = append(p.Resources, Resource{
			Name: r.Name, Type: r.Type, Source: resource.Source(r.Source), WebhookToken: r.WebhookToken,
		})
	}
	p.Types = make(map[string]CustomType, len(c.ResourceTypes))
	for _, t := range c.ResourceTypes {
		p.Types[t.Name] = CustomType{
			Name: t.Name, Type: t.Type, Source: resource.Source(t.Source), Defaults: resource.Source(t.Defaults),
		}
	}
	return p
}
