package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"

	"sigs.k8s.io/yaml"

	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// longestName is the longest name, in bytes, by which a resource that can't be read is reported.
const longestName = 200

// SetConfig takes from a pipeline's config, in JSON, what a sync needs. It leaves out each resource that can't be read, by its name. Its
// error says why nothing can be read; neither it nor a reason quotes a value.
func (p *Pipeline) SetConfig(config []byte) (leftOut []LeftOut, err error) {
	var doc struct {
		Resources     []json.RawMessage `json:"resources"`
		ResourceTypes []json.RawMessage `json:"resource_types"`
		Jobs          any               `json:"jobs"`
	}
	if err := strictjson.Unmarshal(config, &doc); err != nil {
		return nil, err
	}
	if doc.Resources == nil && doc.Jobs == nil {
		return nil, errors.New("it has neither resources nor jobs; is it a pipeline?")
	}
	p.setTypes(doc.ResourceTypes)
	var names []string
	seen := make(map[string]bool, len(doc.Resources))
	for i, raw := range doc.Resources {
		r, err := readResource(raw)
		if err == nil && seen[r.Name] {
			err = errors.New("another resource has the same name; only the first is read")
		}
		if err != nil {
			name := fmt.Sprintf("%s/resources[%d]", p, i)
			if r.Name != "" && len(r.Name) <= longestName {
				name = p.Ref(r.Name).String()
			}
			leftOut = append(leftOut, LeftOut{Name: name, Reason: err.Error(), Unresolved: errors.Is(err, errVarSource)})
			continue
		}
		seen[r.Name] = true
		names, p.Resources = append(names, r.Name), append(p.Resources, r)
	}
	uses := usesOf(doc.Jobs, names)
	for i := range p.Resources {
		p.Resources[i].Role = uses.role(p.Resources[i].Name)
	}
	return leftOut, nil
}

var errVarSource = errors.New("source: it is a ((var)) whose value is not given; give it with -v, -y or -l")

// readResource reads a resource. If it fails, the resource has at least its name, if that can be read.
func readResource(raw json.RawMessage) (r Resource, err error) {
	if err := unmarshal(raw, &r); err != nil {
		if r = (Resource{Name: nameOf(raw)}); varSource(raw) != "" {
			return r, errVarSource
		}
		return r, err
	}
	switch {
	case r.Name == "":
		err = errors.New("it needs a name")
	case r.Type == "":
		err = errors.New("it needs a type")
	}
	return r, err
}

// varSource is the source of a resource or type that is a ((var)) as a whole; "" for any other.
func varSource(raw json.RawMessage) string {
	var source struct {
		Source any `json:"source"`
	}
	_ = json.Unmarshal(raw, &source)
	if text, ok := source.Source.(string); ok && resource.HasVar(text) {
		return text
	}
	return ""
}

// setTypes reads the resource_types. One that can't be read still hides the base type of its name. Its image is not known where the
// source is a ((var)).
func (p *Pipeline) setTypes(list []json.RawMessage) {
	p.Types = make(map[string]CustomType, len(list))
	for _, raw := range list {
		var t CustomType
		if unmarshal(raw, &t) != nil {
			t = CustomType{Name: nameOf(raw)}
			if text := varSource(raw); text != "" {
				t.Source = resource.Source{"repository": text}
			}
		}
		if t.Name != "" {
			p.Types[t.Name] = t
		}
	}
}

// nameOf is the name of a resource or type that may be wrong otherwise; "" if it has none.
func nameOf(raw json.RawMessage) string {
	var named struct {
		Name string `json:"name"`
	}
	_ = unmarshal(raw, &named)
	return named.Name
}

// unmarshal reads JSON that may come from YAML: where a string is expected it takes a number or a boolean, as fly does.
func unmarshal(raw json.RawMessage, v any) error {
	if json.Unmarshal(raw, v) == nil {
		return nil
	}
	if err := yaml.Unmarshal(raw, v); err != nil {
		return strictjson.Explain(raw, err)
	}
	return nil
}
