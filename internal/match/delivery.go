package match

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// stepsPerDecision is the work of a decision beside what the filter takes: to call it, to compare keys, to write a reason.
const stepsPerDecision = 200

// delivery decides on the checks that the events of one delivery find.
type delivery struct {
	result
	account *account
	// exact and patterns are what is left of the matcher's: a check that is to be made needs no further decision.
	exact    map[event.Key][]int32
	patterns map[event.Space][]pattern
	// decided has the number of the last event that each check was shown, and event that of this one.
	decided map[int32]int
	event   int
}

func (m *Matcher) newDelivery() *delivery {
	return &delivery{
		result: result{m: m, at: make(map[string]int)}, account: newAccount(len(m.teams), m.steps),
		exact: make(map[event.Key][]int32), patterns: make(map[event.Space][]pattern), decided: make(map[int32]int),
	}
}

// match decides on the checks that share a key with the event.
func (d *delivery) match(e event.Event) {
	d.event++
	for _, key := range e.Keys() {
		checks, ok := d.exact[key]
		if !ok {
			checks = d.m.exact[key]
		}
		var open []int32
		for _, i := range checks {
			if !d.decide(i, e) {
				open = append(open, i)
			}
		}
		d.exact[key] = open
		d.matchPatterns(e, key)
	}
}

func (d *delivery) matchPatterns(e event.Event, key event.Key) {
	patterns, ok := d.patterns[key.Space]
	if !ok {
		patterns = d.m.patterns[key.Space]
	}
	var open []pattern
	for i := range patterns {
		p := &patterns[i]
		switch enough := d.account.take(d.m.checks[p.check].team, p.Steps(key)); {
		case !enough:
			d.add(p.check, resource.OutOfBudget(e))
		case !p.Match(key) || !d.decide(p.check, e):
			open = append(open, *p)
		}
	}
	d.patterns[key.Space] = open
}

// decide decides on one check, once for each event, and reports whether it is to be made.
func (d *delivery) decide(i int32, e event.Event) bool {
	if d.decided[i] == d.event {
		return false
	}
	d.decided[i] = d.event
	c := &d.m.checks[i]
	if !d.account.take(c.team, stepsPerDecision) {
		d.add(i, resource.OutOfBudget(e))
		return true
	}
	before := d.account.left(c.team)
	budget := resource.NewBudget(before)
	decision := c.decide(e, budget)
	d.account.use(c.team, before-budget.Left())
	d.add(i, decision)
	return decision.Check
}

// decide is the filter's decision. A defect in it costs a check of this one resource, not the delivery.
func (c *check) decide(e event.Event, b *resource.Budget) (d resource.Decision) {
	defer func() {
		if err := panics.Caught(recover()); err != nil {
			d = resource.Failed(e, err)
		}
	}()
	return c.filter.Decide(e, b)
}
