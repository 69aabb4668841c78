package sync

import (
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// foreignTypeError says that no rules are known for a resource's type.
type foreignTypeError struct{ reason string }

func (e *foreignTypeError) Error() string { return e.reason }

// typeOf finds whose rules a resource follows.
func (s Settings) typeOf(p *Pipeline, r Resource, vars resolver) (resource.Type, error) {
	var declared *resource.DeclaredType
	if custom, ok := p.Types[r.Type]; ok {
		declared = &resource.DeclaredType{Name: custom.Name, Type: custom.Type}
		var err error
		if declared.Source, err = vars.source(resource.Merge(s.imageDefaults(p, custom), custom.Source)); err != nil {
			return nil, fmt.Errorf("type %s: %w", r.Type, err)
		}
	}
	t, ok, reason := resource.Recognise(r.Type, declared, s.TypeAliases)
	if !ok {
		return nil, &foreignTypeError{reason}
	}
	return t, nil
}

// defaults are what a resource's source stands upon: the defaults of the pipeline's own type, or those of the base type
// (atc/db/check_factory.go: TryCreateCheck).
func (s Settings) defaults(p *Pipeline, typeName string) resource.Source {
	if custom, ok := p.Types[typeName]; ok {
		return custom.Defaults
	}
	return s.Defaults[typeName]
}

// imageDefaults are those of the type that fetches a custom type's image, which may have its own name: registry-image from
// the base type registry-image.
func (s Settings) imageDefaults(p *Pipeline, custom CustomType) resource.Source {
	if custom.Type == custom.Name {
		return s.Defaults[custom.Type]
	}
	return s.defaults(p, custom.Type)
}

// parseAliases reads --type-alias NAME=TYPE.
func parseAliases(flags []string) (map[string]string, error) {
	if len(flags) == 0 {
		return nil, nil
	}
	aliases := make(map[string]string, len(flags))
	for _, flag := range flags {
		name, typeName, ok := strings.Cut(flag, "=")
		if !ok || name == "" || typeName == "" {
			return nil, fmt.Errorf("--type-alias %s: it is not of the form NAME=TYPE", flag)
		}
		if _, known := resource.Lookup(typeName); !known {
			return nil, fmt.Errorf("--type-alias %s: type %s is not known; known are %s", flag, typeName, strings.Join(resource.Names(), ", "))
		}
		aliases[name] = typeName
	}
	return aliases, nil
}

// readDefaults reads the file that the ATC's --base-resource-type-defaults takes: sources by the type's name
// (atc/atccmd/command.go).
func readDefaults(path string) (map[string]resource.Source, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading --base-resource-type-defaults %s: %w", path, pathless(err))
	}
	var defaults map[string]resource.Source
	if err := yaml.Unmarshal(data, &defaults); err != nil {
		return nil, fmt.Errorf("reading --base-resource-type-defaults %w", yamlError(path, err))
	}
	return defaults, nil
}
