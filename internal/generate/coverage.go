package generate

import (
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// Coverage is whether events reach one resource: whether it is in the config.
type Coverage struct {
	// Resource is TEAM/PIPELINE[/VARS]/RESOURCE; TEAM/PIPELINE[/VARS] of a pipeline that could not be read.
	Resource string `json:"resource"`
	// Type is the resource's, as the pipeline names it.
	Type    string `json:"type,omitempty"`
	Covered bool   `json:"covered"`
	// By is what events are to be about: a repository, a bucket, an image. "" where the resource is not covered.
	By string `json:"by,omitempty"`
	// Reason is why not.
	Reason string `json:"reason,omitempty"`
}

// Cover tells of every resource of a reading whether events reach it, in the order of the pipelines. Every pipeline's config must
// have been read: an unchanged one has no resources here.
func Cover(reading *pipeline.Reading, settings Settings) []Coverage {
	list := []Coverage{}
	for _, l := range reading.Left {
		list = append(list, Coverage{Resource: l.Name, Reason: l.Reason})
	}
	for i := range reading.Pipelines {
		p := &reading.Pipelines[i]
		vars := settings.Vars.Resolver(p.InstanceVars)
		for _, r := range p.Resources {
			c := Coverage{Resource: p.String() + "/" + r.Name, Type: r.Type}
			if check, err := makeCheck(p, r, vars, settings, reading); err != nil {
				c.Reason = oneLine(err)
			} else {
				c.Covered, c.By = true, watched(check)
			}
			list = append(list, c)
		}
	}
	return list
}

// watched names what a check's filter is looked up by.
func watched(c config.Check) string {
	t, ok := resource.Lookup(c.Type)
	if !ok {
		return c.Type
	}
	filter, err := t.Parse(c.Filter)
	if err != nil {
		return c.Type
	}
	return strings.Join(filter.Keys().Names(), ", ")
}

// oneLine is the text of an error that may have joined several.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
