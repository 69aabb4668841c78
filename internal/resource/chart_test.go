package resource_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

func TestChart(t *testing.T) {
	t.Parallel()
	of := func(rest string) string {
		return `{"registry":"ghcr.io","repository":"acme/charts","chart_name":"app","auth_password":"p"` + rest + `}`
	}
	pushed := func(tag string) event.ImagePushed {
		return event.ImagePushed{Image: "ghcr.io/acme/charts/app", Tag: tag}
	}
	decide(t, "oci-helm-chart", []row{
		{"a version", of(""), pushed("1.2.0"), true, "image.version", "is a version"},
		{"no version", of(""), pushed("sha256-0.sig"), false, "image.version", "is no version"},
		{"tag not known", of(""), pushed(""), true, "uncertain.tag", ""},
		{"tag", of(`,"tag":"stable"`), pushed("stable"), true, "image.tag", ""},
		{"another tag", of(`,"tag":"stable"`), pushed("1.0.0"), false, "image.tag", ""},
		{"tag_regex", of(`,"tag_regex":"^0.0.0-"`), pushed("0.0.0-abc"), true, "image.tag_regex", ""},
		{"tag_regex does not match", of(`,"tag_regex":"^0.0.0-"`), pushed("1.0.0"), false, "image.tag_regex", ""},
		{"tag_regex unresolved", of(`,"tag_regex":"((r))"`), pushed("1.0.0"), true, "uncertain.var", ""},
		{"another chart", `{"registry":"ghcr.io","repository":"acme/charts","chart_name":"web"}`, pushed("1.0.0"), false, "other.image", ""},
		{"registry unresolved", `{"registry":"((r))","repository":"acme/charts","chart_name":"app"}`, pushed("1.0.0"), true, "image.version", ""},
	})
}
