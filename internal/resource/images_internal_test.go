package resource

import (
	"slices"
	"strings"
	"testing"
)

// Each row of the table is one image, says what it has to, and cites its source.
func TestImages(t *testing.T) {
	t.Parallel()
	for _, i := range images {
		if byImage[i.name] != i || i.name != strings.ToLower(i.name) || strings.Count(i.name, "/") != 1 {
			t.Errorf("%s is there twice, or is not two segments in lower case", i.name)
		}
		if _, ok := types[i.is]; ok != (i.kind == Served) {
			t.Errorf("%s is %s of type %q", i.name, i.kind, i.is)
		}
		if (i.why != "") != (i.kind == Eventless) || !strings.HasPrefix(i.source, "https://") {
			t.Errorf("%s is %s; why %q, source %q", i.name, i.kind, i.why, i.source)
		}
	}
	for name, image := range baseTypes {
		if _, ok := byImage[image]; !ok {
			t.Errorf("base type %s is the image %s, which has no row", name, image)
		}
	}
	for name, typ := range types {
		if len(typ.key) == 0 {
			t.Errorf("%s has no key field", name)
		}
		if listed := sourceFields[name]; len(listed) == 0 && name != "artifactory" {
			t.Errorf("%s has no list of its source's fields", name)
		} else if len(listed) > 0 && !slices.ContainsFunc(typ.key, func(field string) bool { return listed[field] }) {
			t.Errorf("%s has none of its key fields %v in that list", name, typ.key)
		}
	}
}
