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

// typeOf finds the type whose rules a resource follows. Its Type is not nil.
func (s Settings) typeOf(p *pipeline.Pipeline, r pipeline.Resource, vars pipeline.Resolver) (resource.Recognised, error) {
	var declared *resource.DeclaredType
	if custom, ok := p.Types[r.Type]; ok {
		declared = &resource.DeclaredType{Name: custom.Name, Type: custom.Type}
		var err error
		if declared.Source, err = vars.Source(resource.Merge(s.imageDefaults(p, custom), custom.Source)); err != nil {
			return resource.Recognised{}, fmt.Errorf("type %s: %w", printable.Name(r.Type, ""), err)
		}
	}
	t := resource.Recognise(r.Type, declared, s.TypeAliases)
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
