package pipeline

import (
	"slices"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// uses says how a pipeline's jobs use its resources. It walks the steps as Concourse does
// (https://github.com/concourse/concourse/blob/master/atc/steps.go and step_recursor.go), but never refuses one: where it is not clear
// which resources a step may use, it may use all of them.
//
// Only a get without passed can start a job on a version that a check finds. With passed, the scheduler takes only versions that a
// build of those jobs used or made (https://github.com/concourse/concourse/tree/master/atc/scheduler/algorithm), whatever its trigger
// says; and Concourse 8.2 polls only what triggers without passed
// (https://github.com/concourse/concourse/blob/master/atc/db/check_factory.go: Resources). A put saves the version that it makes, and
// gets that one.
type uses struct {
	roles map[string]config.Role // by the resources' names
	least config.Role            // of every resource
}

// usesOf walks the jobs, which use resources with these names. Concourse has no pipeline without one (https://github.com/concourse/concourse/blob/master/atc/configvalidate/validate.go),
// so without jobs it is not known how the resources are used.
func usesOf(jobs any, names []string) *uses {
	u := &uses{roles: make(map[string]config.Role, len(names)), least: config.Unused}
	for _, name := range names {
		u.roles[name] = config.Unused
	}
	list, _ := jobs.([]any)
	if len(list) == 0 {
		u.unclear()
	}
	for _, job := range list {
		if fields, ok := job.(map[string]any); ok {
			u.fields(fields)
		} else {
			u.unclear()
		}
	}
	return u
}

// role is the role of the resource with this name.
func (u *uses) role(name string) config.Role { return config.Strongest(u.roles[name], u.least) }

// unclear says that any resource may start a job.
func (u *uses) unclear() { u.least = config.Trigger }

// opaque are the fields of jobs and steps that hold no steps, although they may hold objects.
var opaque = map[string]bool{
	"across": true, "build_log_retention": true, "config": true, "container_limits": true, "get_params": true, "input_mapping": true,
	"inputs": true, "instance_vars": true, "output_mapping": true, "params": true, "passed": true, "vars": true, "version": true,
}

// fields walks a job or a step, and reports whether it has a field that says what the step does.
func (u *uses) fields(fields map[string]any) (known bool) {
	for name, value := range fields {
		switch name {
		case "get":
			u.use(fields, value, getRole(fields))
		case "put":
			u.use(fields, value, config.PutOnly)
		case "plan", "do", "aggregate": // aggregate is the form that in_parallel replaced
			u.steps(value)
		case "in_parallel":
			if form, ok := value.(map[string]any); ok {
				value = form["steps"]
			}
			u.steps(value)
		case "try":
			u.step(value)
		case "task", "run", "set_pipeline", "load_var":
		case "on_success", "on_failure", "on_abort", "on_error", "ensure":
			if value != nil {
				u.step(value)
			}
			continue
		default:
			if !opaque[name] && holdsObject(value) { // a step of a later Concourse?
				u.unclear()
			}
			continue
		}
		known = true
	}
	return known
}

func (u *uses) steps(value any) {
	list, ok := value.([]any)
	if !ok && value != nil {
		u.unclear()
	}
	for _, step := range list {
		u.step(step)
	}
}

func (u *uses) step(value any) {
	if fields, ok := value.(map[string]any); !ok || !u.fields(fields) {
		u.unclear()
	}
}

// use notes that a get or put uses its resource, which has the step's name if the step does not name it.
func (u *uses) use(fields map[string]any, name any, role config.Role) {
	if other := fields["resource"]; other != nil && other != "" {
		name = other
	}
	text, ok := name.(string)
	if was, found := u.roles[text]; found { // also where it has the same ((var)) as the resource's name
		u.roles[text] = config.Strongest(was, role)
	} else if !ok || resource.HasVar(text) {
		u.least = config.Strongest(u.least, role)
	}
}

// getRole is the role that a get gives to its resource.
func getRole(fields map[string]any) config.Role {
	if passed, ok := fields["passed"].([]any); ok && len(passed) > 0 {
		return config.PassedOnly
	}
	if trigger := fields["trigger"]; trigger == nil || trigger == false {
		return config.Input
	}
	return config.Trigger
}

// holdsObject reports whether a value is or holds an object.
func holdsObject(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return true
	case []any:
		return slices.ContainsFunc(v, holdsObject)
	}
	return false
}
