package generate

import (
	"fmt"

	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// unservedTypeError says that there are no rules for a resource's type.
type unservedTypeError struct{ resource.Recognised }

func (e *unservedTypeError) Error() string { return e.Reason }

// Unserved are resources that have no check for the same reason, which names their type.
type Unserved struct {
	Kind   resource.Kind
	Reason string
	// Resources is how many there are.
	Resources int
}

// maxReason is the longest reason in bytes of what is not served: an author's names for a type and an image may be of any length.
const maxReason = 400

// unserve counts a resource that has no check because of its type. Clocks and what is only put need no event, so nobody has to know of
// them.
func (g *Generated) unserve(r resource.Recognised) {
	if r.Kind == resource.Clock || r.Kind == resource.PutOnly {
		return
	}
	u := Unserved{Kind: r.Kind, Reason: printable.Line(fmt.Sprintf("%.*s", maxReason, r.Reason)), Resources: 1}
	if i, ok := g.unserved[u.Reason]; ok {
		g.Unserved[i].Resources++
		return
	}
	if g.unserved == nil {
		g.unserved = make(map[string]int)
	}
	g.unserved[u.Reason] = len(g.Unserved)
	g.Unserved = append(g.Unserved, u)
}

// typeOf finds the type whose rules a resource with the given source follows. Its Type is not nil, unless there is an error.
func (s Settings) typeOf(p *pipeline.Pipeline, r pipeline.Resource, source resource.Source, vars pipeline.Resolver) (resource.Recognised, error) {
	var declared *resource.DeclaredType
	if custom, ok := p.Types[r.Type]; ok {
		declared = &resource.DeclaredType{Name: custom.Name, Type: custom.Type}
		var err error
		if declared.Source, err = vars.Source(resource.Merge(s.imageDefaults(p, custom), custom.Source)); err != nil {
			return resource.Recognised{}, fmt.Errorf("type %s: %w", printable.Name(r.Type, ""), err)
		}
	}
	t := resource.Recognise(r.Type, declared, source, s.TypeAliases)
	if t.Type == nil {
		return t, &unservedTypeError{t}
	}
	return t, nil
}

// defaults are the defaults for a resource's source: those of the pipeline's own type, or of the base type
// (https://github.com/concourse/concourse/blob/master/atc/db/check_factory.go: TryCreateCheck).
func (s Settings) defaults(p *pipeline.Pipeline, typeName string) resource.Source {
	if custom, ok := p.Types[typeName]; ok {
		return custom.Defaults
	}
	return s.Defaults[typeName]
}

// imageDefaults are the defaults of the type that fetches a custom type's image. If both types have the same name, such as
// registry-image, the one that fetches is the base type.
func (s Settings) imageDefaults(p *pipeline.Pipeline, custom pipeline.CustomType) resource.Source {
	if custom.Type == custom.Name {
		return s.Defaults[custom.Type]
	}
	return s.defaults(p, custom.Type)
}
