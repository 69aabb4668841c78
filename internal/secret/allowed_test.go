package secret_test

import (
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

func TestAllowed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		allowed, ref string // allowed has commas between entries
		want         bool
	}{
		{"env:HOOK_TOKEN", "env:HOOK_TOKEN", true},
		{"env:HOOK_TOKEN", "env:HOOK_TOKEN_2", false},
		{"env:HOOK_TOKEN", "env:CONCOURSE_PASSWORD", false},
		{"env:HOOK_*", "env:HOOK_TOKEN", true},
		{"env:HOOK_*", "env:HOOK_", true},
		{"env:HOOK_*", "env:CONCOURSE_PASSWORD", false},
		{"ssm:/ci/", "ssm:/ci/token", true},
		{"ssm:/ci/", "ssm:/ci", false},
		{"ssm:/ci/", "ssm:/cid/token", false},
		{"ssm:/ci", "ssm:/ci/token", false},
		{"env:A,secretsmanager:hook#token", "secretsmanager:hook#token", true},
		{"secretsmanager:hook", "secretsmanager:hook#token", false},
		{"file:/secrets/", "file:/secrets/hook", true},
		{"file:/secrets/", "file:/secrets/../etc/shadow", false},
		{"file:/secrets/", "file:/secrets/./a/../hook", true},
		{"file:/secrets/*", "file:/secrets/../../etc/shadow", false},
		{"", "env:HOOK_TOKEN", false},
		{"env:*", "a value itself", false},
	}
	for _, tt := range tests {
		t.Run(tt.allowed+" "+tt.ref, func(t *testing.T) {
			t.Parallel()
			allowed := secret.Allowed(strings.Split(tt.allowed, ","))
			if tt.allowed == "" {
				allowed = nil
			}
			if err := allowed.Validate(); err != nil {
				t.Error(err)
			}
			if got := allowed.Allows(tt.ref); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestAllowedThatAreNone(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{"*", "HOOK_TOKEN", "env:", "s3:/x", "SSM:/x", ""} {
		err := secret.Allowed{"env:A", entry}.Validate()
		if err == nil || !strings.Contains(err.Error(), "entry 2 is not a reference or a prefix of references") {
			t.Errorf("%q: %v", entry, err)
		}
	}
}
