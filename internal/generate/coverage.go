package generate

import (
	"errors"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// Coverage says whether events reach one resource, that is, whether the config has a check for it.
type Coverage struct {
	// Resource is TEAM/PIPELINE[/VARS]/RESOURCE, or TEAM/PIPELINE[/VARS] for a pipeline that could not be read.
	Resource string `json:"resource"`
	// Type is the resource's type, as the pipeline names it.
	Type string `json:"type,omitempty"`
	// Kind says how well its type is known.
	Kind resource.Kind `json:"kind,omitempty"`
	// Role is how the pipeline's jobs use it.
	Role    config.Role `json:"role,omitempty"`
	Covered bool        `json:"covered"`
	// By is what events must be about: a repository, a bucket, an image. It is "" if the resource is not covered.
	By string `json:"by,omitempty"`
	// Reason says why the resource is not covered, or for which type it is taken.
	Reason string `json:"reason,omitempty"`
}

// Cover lists whether events reach each resource of a reading, in the order of the pipelines. All pipelines must have been read
// in full: an unchanged one has no resources here.
func Cover(reading *pipeline.Reading, settings Settings) []Coverage {
	list := []Coverage{}
	for _, l := range reading.LeftOut {
		list = append(list, Coverage{Resource: l.Name, Reason: l.Reason})
	}
	for i := range reading.Pipelines {
		p := &reading.Pipelines[i]
		vars := settings.Vars.Resolver(p.InstanceVars)
		for _, r := range p.Resources {
			c := Coverage{Resource: nameOf(p, r), Type: r.Type}
			check, _, err := makeCheck(p, r, vars, settings, reading)
			var unserved *unservedTypeError
			switch {
			case errors.As(err, &unserved):
				c.Kind, c.Reason = unserved.Kind, oneLine(err)
			case err != nil:
				c.Reason = oneLine(err)
			case check.Assumed:
				c.Kind, c.Covered, c.By = resource.Assumed, true, watched(check)
				if t, err := settings.typeOf(p, r, nil, vars); err == nil {
					c.Reason = printable.Line(t.Reason)
				}
			default:
				c.Kind, c.Covered, c.By = resource.Served, true, watched(check)
			}
			list = append(list, c)
		}
	}
	return list
}

// watched names the keys under which a delivery finds the check's filter.
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

// oneLine is the text of an error, which may be several errors joined, on one line. It may quote names of the pipeline's author.
func oneLine(err error) string { return printable.Line(strings.ReplaceAll(err.Error(), "\n", "; ")) }
