package sync

import (
	"slices"

	"github.com/concourse/concourse/vars"
)

// AddValues takes vars that are decoded already, as AddFile takes a file's.
func (v *Vars) AddValues(values map[string]any) {
	if len(values) == 0 {
		return
	}
	own, _ := copied(values).(map[string]any)
	v.files = slices.Insert(v.files, 0, vars.StaticVariables(own))
}
