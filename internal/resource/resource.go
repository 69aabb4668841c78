// Package resource decides whether an event concerns a resource: match asks it (a delivery -> provider -> event -> match ->
// notify -> Concourse), with the filters that generate lets it make (pipelines -> generate -> publish).
//
// It holds the rules of Concourse's resource types: which part of a resource's source decides (the filter), and the decision
// itself. A type knows events, never providers. Its filter is what the config document stores, so the type that made a filter
// also reads it back.
package resource

import (
	"encoding/json"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// Source is a resource's source as the pipeline has it, after interpolation: what encoding/json decodes from an object.
// A string may hold ((vars)) that were not resolved.
type Source map[string]any

// Type is one Concourse resource type.
type Type interface {
	// Name is the type's name in the config document: "git".
	Name() string
	// Filter takes from a source what decides. An error says why the resource can't be served, with the field at fault; it
	// never holds a value of the source, which may be secret.
	Filter(Source) (Filter, error)
	// Parse reads a filter that the config document holds. It ignores fields that the type does not have; Unknown names them.
	Parse(json.RawMessage) (Filter, error)
	Unknown(json.RawMessage) []string
}

// Filter is the part of one resource's source that decides. It marshals to a JSON object with its fields in a fixed order,
// and is safe for use by several goroutines.
type Filter interface {
	// Keys say where to look for the filter: an event that shares none of them is never shown to it.
	Keys() Keys
	// Decide says whether the event may have made a new version, and why. Uncertain means check.
	// The work is taken from the budget.
	Decide(event.Event, *Budget) Decision
	// TooLarge says which field is over a limit, and which limit; "" if none is. If one is, every event of the keys checks.
	TooLarge() string
	// UnknownFields are the fields of the source that the type's rules don't know. If there are any, every event of the keys checks.
	UnknownFields() []string
}

// Keys are what the index finds a filter by.
type Keys struct {
	// Exact are canonical keys of package event.
	Exact []event.Key
	// Patterns match keys that are known in part only, each in its own space.
	Patterns []Pattern
}

// Guess names the type of a filter that comes without one, as in documents of the 2016 form: uri means git, bucket and key
// mean semver, another bucket means s3. It is "" where the keys tell nothing.
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
