// Package resource holds the rules of Concourse's resource types, one file each: which part of a resource's source decides
// whether an event concerns it (the filter), and the decision itself.
//
// A type knows events, never providers. Its filter is what the config document stores, so a filter is read back by the
// type that made it.
package resource

import (
	"encoding/json"
	"fmt"
	"sort"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// Source is a resource's source as the pipeline has it, after interpolation: what encoding/json decodes from an object.
// A string may hold ((vars)) that were not resolved.
type Source map[string]any

// Type is one Concourse resource type.
type Type interface {
	// Name is the type's name in the config document: "git".
	Name() string
	// Filter reduces a source to what decides. An error says why the resource can't be served, with the field at fault; it
	// never holds a value of the source, which may be secret.
	Filter(Source) (Filter, error)
	// Parse reads a filter that the config document holds. Unknown fields are refused.
	Parse(json.RawMessage) (Filter, error)
}

// Filter is what of one resource's source decides. It marshals to a JSON object with its fields in a fixed order, and is
// safe for use by several goroutines.
type Filter interface {
	// Keys say where to look for the filter: an event that shares none of them is never shown to it.
	Keys() Keys
	// Decide says whether the event may have made a new version, and why. Uncertain means check.
	Decide(event.Event) Decision
}

// Keys are what the index finds a filter by.
type Keys struct {
	// Exact are canonical keys of package event.
	Exact []event.Key
	// Patterns match keys that are known in part only, each in its own space.
	Patterns []Pattern
}

// Decision is the answer to whether a resource is to be checked.
type Decision struct {
	Check  bool
	Reason string
}

// Check is the decision to check, with the reason in words.
func Check(format string, args ...any) Decision {
	return Decision{Check: true, Reason: fmt.Sprintf(format, args...)}
}

// Skip is the decision not to check, with the reason in words.
func Skip(format string, args ...any) Decision {
	return Decision{Reason: fmt.Sprintf(format, args...)}
}

// unconcerned is the decision on an event of a kind that makes no versions of the type.
func unconcerned(typeName string, e event.Event) Decision {
	return Skip("a %s event makes no version of a %s resource", e.Kind(), typeName)
}

// Lookup finds a type by its name in the config document.
func Lookup(name string) (Type, bool) {
	t, ok := types[name]
	return t, ok
}

// Names are the known types' names, in order.
func Names() []string {
	names := make([]string, 0, len(types))
	for name := range types {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Guess names the type of a filter that comes without one, as the original's documents do: uri is git's, bucket and key
// semver's, another bucket s3's. It is "" where the keys tell nothing.
func Guess(filter json.RawMessage) string {
	var keys map[string]json.RawMessage
	if json.Unmarshal(filter, &keys) != nil {
		return ""
	}
	has := func(key string) bool { _, ok := keys[key]; return ok }
	switch {
	case has("uri"):
		return "git"
	case has("bucket") && has("key"):
		return "semver"
	case has("bucket"):
		return "s3"
	}
	return ""
}
