package resource

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// DeclaredType is a pipeline's own entry in resource_types.
type DeclaredType struct {
	Name string
	// Type is the type that fetches its image: registry-image, docker-image.
	Type   string
	Source Source
}

// Recognised is what is known of a resource's type.
type Recognised struct {
	// Type has the rules; nil if the resource is not served.
	Type Type
	Kind Kind
	// Reason says how the type was recognised, or why the resource is not served.
	Reason string
}

// Kind says how well a resource's type is known.
type Kind string

// The kinds. Only those of Served and Assumed have a Type.
const (
	// Served is a type whose rules are known.
	Served Kind = "served"
	// Assumed is one that looks like a fork or a mirror of a served type, which may differ from it.
	Assumed Kind = "assumed"
	// Clock is a type whose versions come from the time.
	Clock Kind = "clock"
	// Eventless is a type whose source tells nobody of a new version.
	Eventless Kind = "eventless"
	// PutOnly is a type that never finds a version by itself.
	PutOnly Kind = "put_only"
	// Unknown is a type that this program does not know.
	Unknown Kind = "unknown"
	// Unresolved is one whose image is a ((var)) that was not resolved.
	Unresolved Kind = "unresolved"
)

// Recognise finds the type whose rules a resource of the type typeName follows: the one that the operator's aliases name
// (my-git=git); else the one of the image, where the pipeline declares the type itself, even under a base type's name; else
// the base type. source is the resource's own, nil where it is not known.
func Recognise(typeName string, declared *DeclaredType, source Source, aliases map[string]string) Recognised {
	if alias, found := aliases[typeName]; found {
		t, ok := Lookup(alias)
		if !ok {
			return Recognised{Kind: Unknown, Reason: fmt.Sprintf("type %s is an alias of %s, which is not a known type (%s)",
				typeName, alias, strings.Join(Names(), ", "))}
		}
		return Recognised{t, Served, fmt.Sprintf("type %s is an alias of %s", typeName, alias)}
	}
	if declared != nil {
		return recogniseDeclared(typeName, declared, source)
	}
	if name, ok := baseTypes[typeName]; ok {
		return known(byImage[name], fmt.Sprintf("type %s is a base type", typeName))
	}
	return Recognised{Kind: Unknown, Reason: fmt.Sprintf("type %s is not served", typeName)}
}

func recogniseDeclared(typeName string, declared *DeclaredType, source Source) Recognised {
	repository, _ := declared.Source["repository"].(string)
	name := lastSegments(repository)
	if i, ok := byImage[name]; ok {
		return known(i, fmt.Sprintf("type %s is the image %s", typeName, name))
	}
	kind, problem := Unknown, "from the image "+name+", which is not known"
	last := startingVars.ReplaceAllString(lastSegment(name), "") // which may be a registry with its slash
	i, named := byLastSegment[last]
	switch {
	case repository == "":
		problem = "without an image repository"
	case HasVar(last), last == "":
		kind, problem = Unresolved, "from an image whose name is not resolved"
	case named && i.kind != Served:
		return known(i, fmt.Sprintf("type %s is the image %s, which is named like %s", typeName, name, i.name))
	case named && mayHaveKey(i.is, source):
		t, _ := Lookup(i.is)
		return Recognised{t, Assumed, fmt.Sprintf("type %s is the image %s, which is named like %s and taken for %s: a fork may differ, so go on polling slowly",
			typeName, name, i.name, i.is)}
	case named:
		problem = fmt.Sprintf("from the image %s, which is named like %s, but the source has no %s", name, i.name, strings.Join(types[i.is].key, " or "))
	}
	return Recognised{Kind: kind, Reason: fmt.Sprintf("type %s is declared by the pipeline, %s; --type-alias %s=TYPE serves it", typeName, problem, typeName)}
}

var startingVars = regexp.MustCompile(`^(?:` + variable.String() + `)+`)

// known is what the table says of an image, recognised as how says.
func known(i image, how string) Recognised {
	r := Recognised{Kind: i.kind, Reason: how}
	switch i.kind {
	case Served:
		r.Type, _ = Lookup(i.is)
	case Clock:
		r.Reason += ", whose versions come from the time"
	case PutOnly:
		r.Reason += ", which never finds a version by itself"
	case Eventless:
		r.Reason += "; " + i.why + ", so go on polling"
	}
	return r
}

// mayHaveKey reports whether a source has, or may have, one of the fields by which a resource of the type is found.
func mayHaveKey(typeName string, source Source) bool {
	return source == nil || slices.ContainsFunc(types[typeName].key, func(field string) bool { return source[field] != nil })
}

// lastSegments are the last two segments of an image's repository, without tag and digest, which a mirror keeps.
func lastSegments(repository string) string {
	hidden, restore := hideVars(publicImage(repository))
	hidden, _, _ = strings.Cut(hidden, "@")
	segments := strings.Split(strings.Trim(hidden, "/"), "/")
	segments = segments[max(0, len(segments)-2):]
	last := len(segments) - 1
	segments[last], _, _ = strings.Cut(segments[last], ":")
	return restore(strings.ToLower(strings.Join(segments, "/")))
}
