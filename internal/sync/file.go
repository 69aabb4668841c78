package sync

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// ReadFiles reads pipelines from disk in place of a Concourse. Each is [TEAM/]NAME[/VAR:VALUE,...]=FILE, and is resolved as
// `fly set-pipeline` would with vars. The reading's URL is the given one.
func ReadFiles(url string, pipelines []string, vars *Vars) (*Reading, error) {
	r := &Reading{URL: url}
	for _, flag := range pipelines {
		p, err := readFile(flag, vars)
		if err != nil {
			return nil, fmt.Errorf("reading --pipeline %w", err)
		}
		r.Pipelines = append(r.Pipelines, *p)
	}
	return r, nil
}

func readFile(flag string, vars *Vars) (*Pipeline, error) {
	name, path, ok := cut(flag, '=')
	if !ok || name == "" || path == "" {
		return nil, fmt.Errorf("%s: it is not of the form [TEAM/]NAME[/VAR:VALUE,...]=FILE", flag)
	}
	p, err := parsePipelineName(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, pathless(err))
	}
	if err := p.parse(data, vars.resolver(p.InstanceVars)); err != nil {
		return nil, yamlError(path, err)
	}
	return p, nil
}

// parse fills in what of the pipeline's YAML matters here.
func (p *Pipeline) parse(data []byte, vars resolver) error {
	var syntax any
	if err := yaml.Unmarshal(data, &syntax); err != nil { // with the lines as they are in the file
		return err
	}
	data, err := vars.evaluate(data)
	if err != nil {
		return fmt.Errorf("resolving the ((vars)): %w", err)
	}
	var doc struct {
		Resources     []Resource   `json:"resources"`
		ResourceTypes []CustomType `json:"resource_types"`
		Jobs          []any        `json:"jobs"`
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return err
	}
	if doc.Resources == nil && doc.Jobs == nil {
		return fmt.Errorf("it has neither resources nor jobs; is it a pipeline?")
	}
	p.Resources, p.Types = doc.Resources, make(map[string]CustomType, len(doc.ResourceTypes))
	for _, t := range doc.ResourceTypes {
		p.Types[t.Name] = t
	}
	seen := make(map[string]bool, len(p.Resources))
	for i, r := range p.Resources {
		if r.Name == "" || r.Type == "" {
			return fmt.Errorf("resources[%d]: it needs a name and a type", i)
		}
		if seen[r.Name] {
			return fmt.Errorf("resources[%d]: there is another resource %s", i, r.Name)
		}
		seen[r.Name] = true
	}
	return nil
}

var (
	yamlLine  = regexp.MustCompile(`yaml: line (\d+): `)
	wrongType = regexp.MustCompile(`^json: cannot unmarshal (\w+) into Go (?:struct field \w*\.?([\w.]+)|value) of type (.+)$`)
)

// yamlError says FILE:LINE: what is wrong, or FILE: what is wrong where the line is not known.
func yamlError(path string, err error) error {
	text := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		return fmt.Errorf("%s:%s: %s", path, m[1], strings.Replace(text, m[0], "", 1))
	}
	text = strings.TrimPrefix(text, "error unmarshaling JSON: while decoding JSON: ")
	if m := wrongType.FindStringSubmatch(text); m != nil {
		kind := "a " + m[1]
		if m[1] == "array" || m[1] == "object" {
			kind = "an " + m[1]
		}
		return fmt.Errorf("%s: %s where %s is expected", path, strings.TrimPrefix(m[2]+": "+kind, ": "), yamlKind(m[3]))
	}
	return fmt.Errorf("%s: %s", path, strings.TrimPrefix(text, "yaml: "))
}

// yamlKind is the YAML kind of a Go type.
func yamlKind(goType string) string {
	switch {
	case goType == "string":
		return "a string"
	case strings.HasPrefix(goType, "[]"):
		return "a list"
	}
	return "a mapping"
}
