package resource

import (
	"fmt"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// Decision is the answer to whether a resource is to be checked.
type Decision struct {
	Check bool
	// Reason says why, in words.
	Reason string
}

// Check is the decision to check, with the reason in words.
func Check(format string, args ...any) Decision {
	return Decision{Check: true, Reason: fmt.Sprintf(format, args...)}
}

// Skip is the decision not to check, with the reason in words.
func Skip(format string, args ...any) Decision {
	return Decision{Reason: fmt.Sprintf(format, args...)}
}

// decide asks by about an event of kind E that happened to what the keys name, and skips every other event.
func decide[E event.Event](typeName string, keys Keys, e event.Event, by func(E) Decision) Decision {
	typed, ok := e.(E)
	switch {
	case !ok:
		return unconcerned(typeName, e)
	case keys.Match(e):
		return by(typed)
	}
	switch e.(type) {
	case event.ObjectCreated:
		return Skip("%s, which is another bucket", e)
	case event.ImagePushed:
		return Skip("%s, which is another repository", e)
	}
	return Skip("%s, which is another repository", e)
}

// unconcerned is the decision on an event that makes no versions of the type.
func unconcerned(typeName string, e event.Event) Decision {
	return Skip("a %s event makes no version of a %s resource", e.Kind(), typeName)
}

// checkUnlessVar is Check, unless a field that could have decided otherwise holds a ((var)): then that is the
// reason. The fields are names and values in turn.
func checkUnlessVar(reason string, fields ...string) Decision {
	for i := 1; i < len(fields); i += 2 {
		if why := unresolved(fields[i-1], fields[i]); why != "" {
			return Check("%s (%s)", reason, why)
		}
	}
	return Check("%s", reason)
}

// unresolved says that a field holds a ((var)): "branch is ((x)), which was not resolved". It is "" for other fields.
func unresolved(field, value string) string {
	if !HasVar(value) {
		return ""
	}
	return field + " is " + strings.TrimSpace(value) + ", which was not resolved"
}
