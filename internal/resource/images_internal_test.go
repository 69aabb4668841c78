package resource

import (
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
	}
}
