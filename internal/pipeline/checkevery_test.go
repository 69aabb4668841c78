package pipeline_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
)

// A check_every that Concourse would refuse is the default: it loses neither the resource nor the pipeline.
func TestCheckEvery(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]pipeline.CheckEvery{`"10m"`: "10m", `"never"`: "never", `""`: "", `null`: "", `5`: "", `[1]`: "", `{"a":1}`: ""} {
		var p pipeline.Pipeline
		leftOut, err := p.SetConfig([]byte(`{"resources":[{"name":"r","type":"git","check_every":` + given + `}]}`))
		if err != nil || len(leftOut) > 0 || len(p.Resources) != 1 || p.Resources[0].CheckEvery != want {
			t.Errorf("%s: got %+v, left out %v, error %v", given, p.Resources, leftOut, err)
		}
	}
}
