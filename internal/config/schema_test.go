package config_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

func TestSchema(t *testing.T) {
	t.Parallel()
	var schema jsonschema.Schema
	if err := json.Unmarshal(config.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	written, err := grown().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		doc          string
		valid, reads bool
	}{
		"the 2016 form": {form2016, true, true},
		"written":       {string(written), true, true},
		"no checks":     {`{"atc": {"url": "https://x"}}`, false, false},
		"no slash":      {`{"atc": {"url": "https://x"}, "checks": [{"check": "a", "filter": {}}]}`, false, true}, // match.New leaves that check out
		"unknown field": {`{"atc": {"url": "https://x"}, "checks": [], "shiny": 1}`, false, true},
		"later version": {`{"version": 2, "atc": {"url": "https://x"}, "checks": []}`, false, false},
	}
	for name, test := range tests {
		var doc any
		if err := json.Unmarshal([]byte(test.doc), &doc); err != nil {
			t.Fatal(err)
		}
		if err := resolved.Validate(doc); (err == nil) != test.valid {
			t.Errorf("%s: schema says %v, want valid = %t", name, err, test.valid)
		}
		if _, err := config.Parse([]byte(test.doc)); (err == nil) != test.reads {
			t.Errorf("%s: Parse says %v, want it to read it = %t", name, err, test.reads)
		}
	}
}

// The schema lists exactly the types that have rules.
func TestSchemaTypes(t *testing.T) {
	t.Parallel()
	var schema jsonschema.Schema
	if err := json.Unmarshal(config.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	var want []any
	for _, name := range resource.Names() {
		want = append(want, name)
	}
	if diff := cmp.Diff(want, schema.Properties["checks"].Items.Properties["type"].Enum); diff != "" {
		t.Errorf("types (-known +schema):\n%s", diff)
	}
}
