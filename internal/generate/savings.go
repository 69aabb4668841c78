package generate

import (
	"slices"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// Cluster is what of a Concourse decides how often it checks resources by itself.
type Cluster struct {
	// Interval is --resource-checking-interval, and WebhookInterval --resource-with-webhook-checking-interval.
	Interval, WebhookInterval time.Duration
	// TriggersOnly says that it polls nothing but triggers, as Concourse does since 8.2
	// (https://github.com/concourse/concourse/pull/9492).
	TriggersOnly bool
}

// Advice is how often to check one resource.
type Advice struct {
	Coverage

	// Now and Then are its check_every: a duration, "never", or "" for the cluster's default.
	Now, Then string
}

// Savings are the checks that Concourse makes by itself, and fewer of them.
type Savings struct {
	// Now and Then are the checks in an hour, before and after the advice is followed.
	Now, Then float64
	// Polled is how many resources Concourse polls, and Scopes how many checks these share.
	Polled, Scopes int
	Advice         []Advice
}

const (
	// seldom is the check_every of a resource with events: once a day in case a delivery is lost.
	seldom = "24h"
	// slowly is that of one whose type is assumed, so that its rules may miss a version, and of a git-multibranch, whose check gives one
	// branch of those that changed, and the next one at the next check.
	slowly = "1h"
	// scan is how often Concourse looks for resources to check, so that it checks none more often
	// (https://github.com/concourse/concourse/pull/9492).
	scan = 10 * time.Second
)

// Save counts the checks, and says which resources need fewer.
func Save(list []Coverage, cluster Cluster) Savings {
	var s Savings
	now, then := make(map[string]float64), make(map[string]float64)
	for _, c := range list {
		if !cluster.polls(c.Role) {
			continue
		}
		scope := c.Polling.Scope
		if scope == "" {
			scope = "of " + c.Resource
		}
		before := cluster.rate(c.Polling.Every, c.Polling.Webhook)
		after := before
		if every := c.advised(cluster); every != "" {
			s.Advice = append(s.Advice, Advice{Coverage: c, Now: c.Polling.Every, Then: every})
			after = cluster.rate(every, c.Polling.Webhook)
		}
		if before > 0 {
			s.Polled++
		}
		// Of the resources that share their checks, the most impatient one decides.
		now[scope], then[scope] = max(now[scope], before), max(then[scope], after)
	}
	for _, rate := range now {
		if rate > 0 {
			s.Scopes++
		}
	}
	s.Now, s.Then = sum(now), sum(then)
	return s
}

// sum adds in the order of the values, so that the same values have the same sum.
func sum(rates map[string]float64) (total float64) {
	values := make([]float64, 0, len(rates))
	for _, rate := range rates {
		values = append(values, rate)
	}
	slices.Sort(values)
	for _, rate := range values {
		total += rate
	}
	return total
}

// polls reports whether Concourse checks a resource of the role by itself. What is only put, and what no job uses, it checks only until
// it has a version (https://github.com/concourse/concourse/blob/master/atc/db/check_factory.go).
func (c Cluster) polls(role config.Role) bool {
	switch role {
	case config.PutOnly, config.Unused, "":
		return false
	case config.Trigger:
		return true
	}
	return !c.TriggersOnly
}

// rate is how many checks check_every makes in an hour.
func (c Cluster) rate(every string, webhook bool) float64 {
	interval := c.interval(every, webhook)
	if interval == 0 {
		return 0
	}
	return float64(time.Hour) / float64(max(interval, scan))
}

// interval is the time between two checks; 0 for never. What is no duration, such as a ((var)), counts as the default.
func (c Cluster) interval(every string, webhook bool) time.Duration {
	if every == never {
		return 0
	}
	if d, err := time.ParseDuration(every); err == nil && d > 0 {
		return d
	}
	if webhook { // never below the other one
		return max(c.WebhookInterval, c.Interval)
	}
	return c.Interval
}

const never = "never"

// advised is the check_every to set; "" to leave it as it is. Where it is never it becomes 24h, since nothing else makes up for a lost
// delivery.
func (c *Coverage) advised(cluster Cluster) string {
	every := seldom
	switch {
	case c.Group == Assumed, c.Group == Covered && c.Rules == "git-multibranch":
		every = slowly
	case c.Group != Covered:
		return ""
	}
	if c.Polling.Every == never && c.Group == Covered {
		return every
	}
	wanted, _ := time.ParseDuration(every)
	if is := cluster.interval(c.Polling.Every, c.Polling.Webhook); is == 0 || is >= wanted {
		return ""
	}
	return every
}
