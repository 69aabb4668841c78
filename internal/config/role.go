package config

import "slices"

// Role is how a pipeline's jobs use a resource, from what waits for its versions most to what does not.
type Role string

// The roles. A document leaves out Trigger.
const (
	// Trigger starts a job, or may do so.
	Trigger Role = "trigger"
	// Input is fetched by a job that something else starts.
	Input Role = "input"
	// PassedOnly is fetched only in versions that another job has passed on.
	PassedOnly Role = "passed"
	// PutOnly is only put.
	PutOnly Role = "put"
	// Unused is used by no job.
	Unused Role = "unused"
)

// strongest has the roles in their order.
var strongest = []Role{Trigger, Input, PassedOnly, PutOnly, Unused}

// Strongest is the role of a resource that is used in each of these ways, or of resources that one check serves. A role that is
// absent or not known counts as Trigger; with no roles at all it is Unused.
func Strongest(roles ...Role) Role {
	i := len(strongest) - 1
	for _, r := range roles {
		i = min(i, max(slices.Index(strongest, r), 0))
	}
	return strongest[i]
}

// Roles are the checks' roles, by the checks' names. One check serves all of a scope, so each has the strongest role of its scope.
func (c *Config) Roles() map[string]Role {
	scopes := make(map[string]Role)
	for i := range c.Checks {
		check := &c.Checks[i]
		if was, ok := scopes[check.Scope]; ok {
			scopes[check.Scope] = Strongest(was, check.Role)
		} else {
			scopes[check.Scope] = Strongest(check.Role)
		}
	}
	roles := make(map[string]Role, len(c.Checks))
	for i := range c.Checks {
		check := &c.Checks[i]
		if roles[check.Name()] = scopes[check.Scope]; check.Scope == "" {
			roles[check.Name()] = Strongest(check.Role)
		}
	}
	return roles
}

// Waits reports whether anything waits for the resource's versions.
func (r Role) Waits() bool { return r != PutOnly && r != Unused }
