package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

func TestStrongest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		roles []config.Role
		want  config.Role
	}{
		{nil, config.Unused},
		{[]config.Role{config.Unused, config.PutOnly}, config.PutOnly},
		{[]config.Role{config.PutOnly, config.PassedOnly, config.Unused}, config.PassedOnly},
		{[]config.Role{config.PassedOnly, config.Input}, config.Input},
		{[]config.Role{config.Trigger, config.Input}, config.Trigger},
		{[]config.Role{config.Unused, ""}, config.Trigger},
		{[]config.Role{config.Unused, "of a later version"}, config.Trigger},
	} {
		if got := config.Strongest(test.roles...); got != test.want {
			t.Errorf("%v: %s, want %s", test.roles, got, test.want)
		}
	}
}

// One check serves all of a scope, so what most waits for it counts.
func TestRoles(t *testing.T) {
	t.Parallel()
	c := &config.Config{Checks: []config.Check{
		{Check: "p/a", Scope: "s", Role: config.Input},
		{Check: "p/b", Scope: "s"},
		{Check: "p/c", Scope: "t", Role: config.PassedOnly},
		{Check: "p/d", Scope: "t", Role: config.PutOnly},
		{Check: "p/e", Role: config.Input},
		{Check: "p/f"},
	}}
	want := map[string]config.Role{
		"main/p/a": config.Trigger, "main/p/b": config.Trigger, "main/p/c": config.PassedOnly, "main/p/d": config.PassedOnly,
		"main/p/e": config.Input, "main/p/f": config.Trigger,
	}
	if diff := cmp.Diff(want, c.Roles()); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}
