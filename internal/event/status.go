package event

// Status is a commit's status that somebody set: the result of one context, such as a CI server.
type Status struct {
	Repository Repository
	// Commit is its id.
	Commit string
	// Context says whose status it is: ci/build.
	Context string
	// State is the provider's word: pending, success, failure, error.
	State string
	// Branches have the commit, at their head or before it.
	Branches []string
	// BranchesPartial says why there may be more of them; "" where the list is known to be complete.
	BranchesPartial string
}

// Kind is "status".
func (Status) Kind() string { return "status" }

// Keys are the repository's.
func (s Status) Keys() []Key { return s.Repository.Keys() }

func (s Status) String() string {
	return "status " + s.Context + " (" + s.State + ") of a commit of " + s.Repository.String()
}
