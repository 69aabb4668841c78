package event

import "strconv"

// Release is a forge's release that was published, edited or deleted.
type Release struct {
	Repository Repository
	Tag        string
	Draft      bool
	Prerelease bool
	// Action is the provider's word for what happened: published, edited, deleted.
	Action string
}

// Kind is "release".
func (Release) Kind() string { return "release" }

// Keys are the repository's.
func (r Release) Keys() []Key { return r.Repository.Keys() }

func (r Release) String() string {
	return "release " + r.Tag + " (" + r.Action + ") of " + r.Repository.String()
}

// PullRequest is a change of a pull or merge request: its commits, its state, its reviews, comments or labels.
type PullRequest struct {
	Repository Repository
	Number     int
	// Action is the provider's word: opened, synchronize, closed, labeled, edited, review, comment.
	Action string
	// Base is the branch that it would be merged into; "" where the provider does not say.
	Base string
	// BaseChanged says that Base was another branch before.
	BaseChanged bool
	// State is open, closed or merged; "" where the provider does not say.
	State string
	// Draft says that it is not ready for review.
	Draft bool
	// Comment is the text of the comment or review that caused the event.
	Comment string
}

// Kind is "pull_request".
func (PullRequest) Kind() string { return "pull_request" }

// Keys are the repository's.
func (p PullRequest) Keys() []Key { return p.Repository.Keys() }

func (p PullRequest) String() string {
	return "pull request " + strconv.Itoa(p.Number) + " (" + p.Action + ") of " + p.Repository.String()
}
