package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/vars"
	"sigs.k8s.io/yaml"

	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// Vars are the values of ((vars)) that the operator gives, as `fly set-pipeline` takes them: those of the command line win
// over those of files, and of either a later one over an earlier one. The zero value and nil hold none.
type Vars struct {
	pairs vars.KVPairs
	files []vars.StaticVariables // the one that counts most first
}

// AddString takes -v NAME=STRING.
func (v *Vars) AddString(pair string) error {
	return v.add("-v", pair, func(value string) (any, error) { return value, nil })
}

// AddYAML takes -y NAME=YAML.
func (v *Vars) AddYAML(pair string) error {
	return v.add("-y", pair, func(value string) (out any, err error) {
		err = yaml.Unmarshal([]byte(value), &out, useNumber)
		return out, err
	})
}

// add takes one pair. Its errors hold the name, never the value.
func (v *Vars) add(flag, pair string, parse func(string) (any, error)) error {
	name, value, ok := strings.Cut(pair, "=")
	if !ok || name == "" {
		return fmt.Errorf("%s %s: it is not of the form NAME=VALUE", flag, name)
	}
	ref, err := vars.ParseReference(name)
	if err != nil {
		return fmt.Errorf("%s %s: %w", flag, name, err)
	}
	parsed, err := parse(value)
	if err != nil {
		return fmt.Errorf("%s %s: its value is not YAML", flag, name)
	}
	v.pairs = append(v.pairs, vars.KVPair{Ref: ref, Value: parsed})
	return nil
}

// AddFile takes -l FILE, a YAML file of vars.
func (v *Vars) AddFile(path string) error {
	var values map[string]any
	if err := ReadYAML(path, &values); err != nil {
		return fmt.Errorf("reading -l %w", err)
	}
	v.AddValues(values)
	return nil
}

// AddValues takes the vars of a file that is decoded already.
func (v *Vars) AddValues(values map[string]any) {
	if len(values) == 0 {
		return
	}
	own, _ := copied(values).(map[string]any)
	v.files = slices.Insert(v.files, 0, vars.StaticVariables(own))
}

// useNumber keeps a number as it is written, as fly does.
func useNumber(d *json.Decoder) *json.Decoder {
	d.UseNumber()
	return d
}

// Given reports whether there are any.
func (v *Vars) Given() bool { return v != nil && len(v.pairs)+len(v.files) > 0 }

// Values are all the vars, for a digest of them. They may be secrets.
func (v *Vars) Values() any {
	if v == nil {
		return nil
	}
	return []any{v.pairs, v.files}
}

// Resolver resolves the ((vars)) of one pipeline: by its instance vars first, then by those that the operator gives.
type Resolver struct{ vars vars.Variables }

// Resolver follows fly
// (https://github.com/concourse/concourse/blob/master/fly/commands/internal/templatehelpers/yaml_template.go): of the pairs of
// one name the instance vars' count most, then -y, then -v, and dotted names are fields of one value; files come after them.
// Values are copied, since Expand writes fields into them.
func (v *Vars) Resolver(instanceVars atc.InstanceVars) Resolver {
	var pairs vars.KVPairs
	var files []vars.StaticVariables
	if v != nil {
		for _, p := range v.pairs {
			pairs = append(pairs, vars.KVPair{Ref: p.Ref, Value: copied(p.Value)})
		}
		files = v.files
	}
	own, _ := copied(map[string]any(instanceVars)).(map[string]any)
	pairs = append(pairs, vars.StaticVariables(own).Flatten()...)
	all := []vars.Variables{known(pairs.Expand())}
	for _, f := range files {
		all = append(all, known(f))
	}
	return Resolver{vars: vars.NewMultiVars(all)}
}

// known are vars of which a field may be missing. Such a field is left as a missing var is. To fly that is an error, but here
// Concourse may be the one to resolve it.
type known vars.StaticVariables

// Get gives a value where it is there.
func (k known) Get(ref vars.Reference) (any, bool, error) {
	value, ok, err := vars.StaticVariables(k).Get(ref)
	return value, ok && err == nil, nil
}

// List names the vars.
func (k known) List() ([]vars.Reference, error) { return vars.StaticVariables(k).List() }

// copied is a deep copy of what JSON or YAML decodes to. Numbers become json.Number, which alone may stand within a text:
// release-((version)).
func copied(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, inner := range v {
			out[k] = copied(inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = copied(inner)
		}
		return out
	case float64:
		return json.Number(strconv.FormatFloat(v, 'f', -1, 64))
	}
	return value
}

// Source resolves the ((vars)) of a source whose values are known; the others stay as they are.
func (r Resolver) Source(s resource.Source) (resource.Source, error) {
	if len(s) == 0 {
		return s, nil
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("reading the source: %w", err)
	}
	if !strings.Contains(string(raw), "((") {
		return s, nil
	}
	evaluated, err := r.evaluate(raw)
	if err != nil {
		return nil, fmt.Errorf("resolving the source's ((vars)): %w", err)
	}
	var out resource.Source
	if err := yaml.Unmarshal(evaluated, &out, useNumber); err != nil {
		return nil, errors.New("resolving the source's ((vars)): the result is not an object")
	}
	return out, nil
}

// evaluate resolves the known ((vars)) of a YAML document, as fly does. Its errors name vars and kinds, never values.
func (r Resolver) evaluate(document []byte) ([]byte, error) {
	return vars.NewTemplate(document).Evaluate(r.vars, vars.EvaluateOpts{})
}
