// Package pending keeps the checks that Concourse has not taken yet, until it takes them: a set keyed by resource, not a queue of
// messages, so that it is bounded by the config and deliveries of one resource share a post.
//
// It stands between match, which says what to check and why, and concourse, which posts: a delivery -> provider -> event -> match
// -> pending -> Concourse.
package pending

import (
	"slices"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
)

// Entry is one resource that Concourse is to check, and has not taken yet.
type Entry struct {
	// Name is TEAM/PIPELINE[/VARS]/RESOURCE.
	Name string `json:"name"`
	Team string `json:"team"`
	// Generation grows with each delivery. A post takes the entry off only if no delivery came after the post began.
	Generation uint64 `json:"generation"`
	// Oldest is when the first delivery came that has no check yet.
	Oldest time.Time `json:"oldest"`
	// Deliveries are the ids of the last few deliveries, and Providers the names of all providers that sent some.
	Deliveries []string `json:"deliveries,omitempty"`
	Providers  []string `json:"providers,omitempty"`
	// Rule and Reason say why the last delivery concerns the resource.
	Rule   string `json:"rule,omitempty"`
	Reason string `json:"reason,omitempty"`
	// CatchUp says that no delivery wants the check: the resource is new in the config. Such checks give way to others.
	CatchUp bool `json:"catch_up,omitempty"`
	// Alone says that the resource needs a post of its own, and not that of another of its scope: one that was never checked has no
	// scope in Concourse yet.
	Alone bool `json:"alone,omitempty"`
	// Attempts counts the posts that failed, and Error says why the last one did.
	Attempts int    `json:"attempts,omitempty"`
	Error    string `json:"error,omitempty"`
	// Died is when the entry was given up; zero for one that is pending.
	Died time.Time `json:"died,omitzero"`
}

// maxDeliveries is how many ids an entry keeps: enough to find it in a provider's list of deliveries.
const maxDeliveries = 10

// add takes one more delivery.
func (e *Entry) add(t notify.Target, generation uint64) {
	e.Generation, e.Rule, e.Reason = generation, t.Rule, t.Reason
	if t.Delivery != "" && !slices.Contains(e.Deliveries, t.Delivery) {
		e.Deliveries = append(e.Deliveries, t.Delivery)
		e.Deliveries = e.Deliveries[max(0, len(e.Deliveries)-maxDeliveries):]
	}
	if t.Provider != "" && !slices.Contains(e.Providers, t.Provider) {
		e.Providers = append(e.Providers, t.Provider)
	}
}

// copied shares nothing with e, which the queue goes on changing.
func (e *Entry) copied() Entry {
	c := *e
	c.Deliveries, c.Providers = slices.Clone(e.Deliveries), slices.Clone(e.Providers)
	return c
}

// Pause says what is kept but not posted: every check, those of a team, or those that only deliveries of a provider want.
type Pause struct {
	All       bool     `json:"all,omitempty"`
	Teams     []string `json:"teams,omitempty"`
	Providers []string `json:"providers,omitempty"`
}

func (p Pause) holds(e *Entry) bool {
	if p.All || slices.Contains(p.Teams, e.Team) {
		return true
	}
	if len(e.Providers) == 0 {
		return false
	}
	return !slices.ContainsFunc(e.Providers, func(name string) bool { return !slices.Contains(p.Providers, name) })
}

// String says what is paused, to follow a count: ", posting is paused"; "" for nothing.
func (p Pause) String() string {
	switch {
	case p.All:
		return ", posting is paused"
	case len(p.Teams)+len(p.Providers) > 0:
		return ", posting is paused for " + strings.Join(slices.Concat(p.Teams, p.Providers), ", ")
	}
	return ""
}
