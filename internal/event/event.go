// Package event says what happened outside, in our words: providers make events, and match finds the resources that they
// concern (a delivery -> provider -> event -> match -> notify -> Concourse).
//
// A provider turns a delivery into events; a resource type decides whether an event concerns a resource. Neither knows
// the other. Both name repositories, buckets and images by the canonical keys of this package, so that the resources of an
// event are found by lookup.
package event

// Event is something that happened outside and may have made a new version of a resource.
type Event interface {
	// Kind is the event's name in logs and answers: "push", "object", "image", "release", "pull_request", "status", "build".
	Kind() string
	// Keys are the canonical names of what the event happened to, best first. Resources are found by any of them.
	Keys() []Key
	// String says what happened in a few words, without anything secret.
	String() string
}

// Every event of the vocabulary.
var (
	_ Event = Push{}
	_ Event = RepositoryChanged{}
	_ Event = ObjectCreated{}
	_ Event = ImagePushed{}
	_ Event = Release{}
	_ Event = PullRequest{}
	_ Event = Status{}
	_ Event = Build{}
	_ Event = Named{}
)

// Named is an event that names one check itself. Deliveries of the generic provider may hold one.
type Named struct {
	// Check is TEAM/PIPELINE[/VARS]/RESOURCE, as the results print it.
	Check string
}

// Kind is "check".
func (Named) Kind() string { return "check" }

// Keys is the check's own key.
func (n Named) Keys() []Key { return []Key{{Space: SpaceCheck, Name: n.Check}} }

func (n Named) String() string { return "check " + n.Check }
