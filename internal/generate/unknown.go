package generate

import (
	"fmt"

	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
)

// UnknownField is a field in the sources of a type that its rules don't know. The resources are checked at every event.
type UnknownField struct {
	// Type is the type whose rules the resources follow.
	Type, Field string
	// Resource is one that has the field, and Count is how many have it.
	Resource string
	Count    int
}

// String names the field and what follows from it.
func (u UnknownField) String() string {
	which := u.Resource + " is"
	if u.Count > 1 {
		which = fmt.Sprintf("%s and %d more are", u.Resource, u.Count-1)
	}
	return fmt.Sprintf("%s: the source's field %s is new to this release: %s checked at every event of what is watched",
		u.Type, printable.Name(u.Field, ""), which)
}

// noteUnknown counts the fields of a resource that are not known.
func (g *Generated) noteUnknown(resource, typeName string, fields []string) {
	for _, field := range fields {
		key := [2]string{typeName, field}
		i, ok := g.unknown[key]
		if !ok {
			i = len(g.UnknownFields)
			g.unknown[key] = i
			g.UnknownFields = append(g.UnknownFields, UnknownField{Type: typeName, Field: field, Resource: resource})
		}
		g.UnknownFields[i].Count++
	}
}
