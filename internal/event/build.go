package event

// Build is a build that somebody registered at a server of artifacts, or deleted there.
type Build struct {
	Name   string
	Number string
	// Action is the provider's word for what happened: uploaded, deleted.
	Action string
}

// Kind is "build".
func (Build) Kind() string { return "build" }

// Keys is the build's name. The server is no part of it, since one has several hosts, and a delivery names only one.
func (b Build) Keys() []Key { return []Key{BuildKey(b.Name)} }

func (b Build) String() string { return "build " + b.Name + " " + b.Number + " (" + b.Action + ")" }

// BuildKey is the canonical key of a build's name.
func BuildKey(name string) Key { return Key{Space: SpaceBuild, Name: name} }
