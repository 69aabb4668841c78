package resource

import (
	"fmt"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
)

// Decision says whether a resource should be checked. Only Check and Skip make one, so that each has a rule.
type Decision struct {
	Check bool
	Rule  Rule
	// Reason says why, in words, on one line. It may quote what a delivery or a pipeline names: a file, a tag.
	Reason string
	// Err is what made the program fail on the filter; nil otherwise.
	Err error
}

// Check is the decision to check, by a rule and with the reason in words.
func Check(rule Rule, format string, args ...any) Decision {
	return Decision{Check: true, Rule: rule, Reason: reason(format, args)}
}

// Skip is the decision not to check, by a rule and with the reason in words.
func Skip(rule Rule, format string, args ...any) Decision {
	return Decision{Rule: rule, Reason: reason(format, args)}
}

// maxReason bounds a reason, in bytes. A delivery may name what fills its body, and each of a thousand checks would keep that.
const maxReason = 4096

func reason(format string, args []any) string {
	text := fmt.Sprintf(format, args...)
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "..."
	}
	return printable.Line(text)
}

// decide asks by about an event of kind E that happened to what the filter watches, and skips every other event.
func decide[E event.Event](typeName string, w *watched, e event.Event, b *Budget, by func(E) Decision) Decision {
	typed, ok := e.(E)
	switch {
	case !ok && leadsElsewhere(e) && w.keys.Match(e):
		return Check(gitRepositoryChanged, "%s: the source may mean another repository now", e)
	case !ok:
		return unconcerned(typeName, e)
	case !w.keys.Match(e):
		return elsewhere(e)
	case w.OverLimit != "":
		return Check(uncertainLimit, "%s: %s", e, w.OverLimit)
	case !b.take(stepsPerByte * w.size):
		return OutOfBudget(e)
	case len(w.Unknown) > 0:
		return Check(uncertainField, "%s: the source has %s, which this release does not know", e, strings.Join(w.Unknown, ", "))
	}
	return by(typed)
}

// leadsElsewhere reports whether a repository's URLs may lead to another one now, or to one that could not be read before.
func leadsElsewhere(e event.Event) bool {
	c, ok := e.(event.RepositoryChanged)
	return ok && c.What != event.DefaultBranch
}

// elsewhere is the decision on an event that happened to something else.
func elsewhere(e event.Event) Decision {
	switch e.(type) {
	case event.ObjectCreated:
		return Skip(otherBucket, "%s, which is another bucket", e)
	case event.ImagePushed:
		return Skip(otherImage, "%s, which is another repository", e)
	case event.Build:
		return Skip(otherBuild, "%s, which is another build", e)
	}
	return Skip(otherRepository, "%s, which is another repository", e)
}

// unconcerned is the decision on an event that makes no versions of the type.
func unconcerned(typeName string, e event.Event) Decision {
	return Skip(otherKind, "a %s event makes no version of a %s resource", e.Kind(), typeName)
}

// checkUnlessVar is Check, unless a field that could have decided otherwise holds a ((var)): then that is the rule and the
// reason. The fields are names and values in turn.
func checkUnlessVar(rule Rule, reason string, fields ...string) Decision {
	for i := 1; i < len(fields); i += 2 {
		if why := unresolved(fields[i-1], fields[i]); why != "" {
			return Check(uncertainVar, "%s (%s)", reason, why)
		}
	}
	return Check(rule, "%s", reason)
}

// unresolved says that a field holds a ((var)): "branch is ((x)), which was not resolved". It is "" for other fields.
func unresolved(field, value string) string {
	if !HasVar(value) {
		return ""
	}
	return field + " is " + strings.TrimSpace(value) + ", which was not resolved"
}

// unsure is the rule of a check for the reason why. That names the ((var)) if one is not known.
func unsure(why string) Rule {
	if HasVar(why) {
		return uncertainVar
	}
	return uncertainFilter
}

// then is the rule of a check that needed d to check first: d's rule if that is uncertain, else next.
func (d Decision) then(next Rule) Rule {
	if strings.HasPrefix(string(d.Rule), "uncertain.") {
		return d.Rule
	}
	return next
}
