package resource

import (
	"math"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// Budget is the work that decisions may still cost, in steps of about ten nanoseconds. Decisions take what they need; where nothing is left
// they check, because what would have decided is not known. A Budget is for one goroutine; nil is one without an end.
type Budget struct{ left int }

// NewBudget is a budget of so many steps.
func NewBudget(steps int) *Budget { return &Budget{left: steps} }

// Left is how many steps are left. It is below zero where the last decision needed more than there were.
func (b *Budget) Left() int { return b.left }

// take takes steps, and reports whether there were as many.
func (b *Budget) take(steps int) bool {
	if b == nil {
		return true
	}
	if b.left >= 0 {
		b.left -= steps
	}
	return b.left >= 0
}

// steps are those that are left, for what takes them by itself.
func (b *Budget) steps() *int {
	if b == nil {
		all := math.MaxInt
		return &all
	}
	return &b.left
}

const (
	// stepsPerByte is for each byte of a filter, which may have to be compiled, and whose fields the reason may quote.
	stepsPerByte = 6
	// stepsPerRegexpByte is for each byte of a regular expression, which may have to be compiled.
	stepsPerRegexpByte = 32
	// stepsPerConstraintByte is for each byte of a semver_constraint, which may have to be parsed.
	stepsPerConstraintByte = 100
	// stepsPerInstruction is for each instruction of a regular expression at each byte, which is the most that a comparison costs.
	stepsPerInstruction = 2
)

// OutOfBudget is the decision where the budget is used up.
func OutOfBudget(e event.Event) Decision {
	return Check(uncertainBudget, "%s: the filters of this team's resources need more work than one delivery may cost", e)
}

// Failed is the decision where a filter made the program panic.
func Failed(e event.Event, err error) Decision {
	d := Check(uncertainFilter, "%s: %s", e, err)
	d.Err = err
	return d
}
