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

// Vars are the values that the operator gives for ((vars)), with the rules of `fly set-pipeline`: the command line wins over
// files, and a later value wins over an earlier one. The zero value and nil are empty.
type Vars struct {
	pairs vars.KVPairs
	files []vars.StaticVariables // the winning one first
}

// AddString adds the value of -v NAME=STRING.
func (v *Vars) AddString(pair string) error {
	return v.add("-v", pair, func(value string) (any, error) { return value, nil })
}

// AddYAML adds the value of -y NAME=YAML.
func (v *Vars) AddYAML(pair string) error {
	return v.add("-y", pair, func(value string) (out any, err error) {
		err = yaml.Unmarshal([]byte(value), &out, useNumber)
		return out, err
	})
}

// add adds one pair. Its errors have the name, never the value.
func (v *Vars) add(flag, pair string, parse func(string) (any, error)) error {
	name, value, ok := strings.Cut(pair, "=")
	if !ok || name == "" { // then all of it may be the value
		return fmt.Errorf("%s: it is not of the form NAME=VALUE", flag)
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

// AddFile adds the vars of -l FILE, a YAML file.
func (v *Vars) AddFile(path string) error {
	var values map[string]any
	if err := ReadYAML(path, &values); err != nil {
		return fmt.Errorf("reading -l %w", err)
	}
	v.AddValues(values)
	return nil
}

// AddValues adds the vars of a decoded file.
func (v *Vars) AddValues(values map[string]any) {
	if len(values) == 0 {
		return
	}
	own, _ := copied(values).(map[string]any)
	v.files = slices.Insert(v.files, 0, vars.StaticVariables(own))
}

// useNumber keeps the digits of a number, as fly does.
func useNumber(d *json.Decoder) *json.Decoder {
	d.UseNumber()
	return d
}

// Given reports whether there are any values.
func (v *Vars) Given() bool { return v != nil && len(v.pairs)+len(v.files) > 0 }

// Values are all vars, for a digest. They may be secrets.
func (v *Vars) Values() any {
	if v == nil {
		return nil
	}
	return []any{v.pairs, v.files}
}

// Resolver resolves the ((vars)) of one pipeline: first from its instance vars, then from those that the operator gives.
type Resolver struct{ vars vars.Variables }

// Resolver makes a resolver with fly's order
// (https://github.com/concourse/concourse/blob/master/fly/commands/internal/templatehelpers/yaml_template.go): instance vars,
// then -y, then -v, then files. Pairs with dotted names become fields of one value. Values are copied, since Expand changes
// them.
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
	all := []vars.Variables{lenientVars(pairs.Expand())}
	for _, f := range files {
		all = append(all, lenientVars(f))
	}
	return Resolver{vars: vars.NewMultiVars(all)}
}

// lenientVars leaves a missing field of a var unresolved, as it does a missing var. In fly that is an error, but here
// Concourse may resolve it later.
type lenientVars vars.StaticVariables

// Get returns the value of a var or field, if there is one.
func (l lenientVars) Get(ref vars.Reference) (any, bool, error) {
	value, ok, err := vars.StaticVariables(l).Get(ref)
	return value, ok && err == nil, nil
}

// List names the vars.
func (l lenientVars) List() ([]vars.Reference, error) { return vars.StaticVariables(l).List() }

// copied is a deep copy of decoded JSON or YAML. Numbers become json.Number, since vars can put no other number into a text
// such as release-((version)).
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

// Source resolves the ((vars)) in a source whose values are known, and keeps the others.
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

// evaluate resolves the known ((vars)) in a YAML document, as fly does. Its errors name vars and kinds, never values.
func (r Resolver) evaluate(document []byte) ([]byte, error) {
	out, err := vars.NewTemplate(document).Evaluate(r.vars, vars.EvaluateOpts{})
	if err != nil && strings.HasPrefix(err.Error(), "yaml: ") {
		err = errors.New(yamlText(err))
	}
	return out, err
}
