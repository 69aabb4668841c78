package pipeline

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// Files reads pipelines from disk instead of from a Concourse. url is the Concourse's URL, for the config. Each pipeline is
// [TEAM/]NAME[/VAR:VALUE,...]=FILE. Files resolves its ((vars)) as `fly set-pipeline` does.
func Files(url string, pipelines []string, vars *Vars) (*Reading, error) {
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
	p, err := parseName(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	if err := config.ValidatePipeline(p.Team, p.Name); err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, errors.Unwrap(err)) // without the path, which os.ReadFile adds
	}
	return p, p.parse(path, data, vars.Resolver(p.InstanceVars))
}

// parse reads from the pipeline's YAML what a sync needs.
func (p *Pipeline) parse(path string, data []byte, vars Resolver) error {
	var syntax any
	if err := yaml.Unmarshal(data, &syntax); err != nil { // resolving vars would change the line numbers
		return yamlError(path, err)
	}
	data, err := vars.evaluate(data)
	if err != nil {
		return fmt.Errorf("%s: resolving the ((vars)): %w", path, err)
	}
	var doc struct {
		Resources     []Resource   `json:"resources"`
		ResourceTypes []CustomType `json:"resource_types"`
		Jobs          []any        `json:"jobs"`
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return yamlError(path, err)
	}
	if doc.Resources == nil && doc.Jobs == nil {
		return fmt.Errorf("%s: it has neither resources nor jobs; is it a pipeline?", path)
	}
	p.Resources, p.Types = doc.Resources, make(map[string]CustomType, len(doc.ResourceTypes))
	for _, t := range doc.ResourceTypes {
		p.Types[t.Name] = t
	}
	seen := make(map[string]bool, len(p.Resources))
	for i, r := range p.Resources {
		if r.Name == "" || r.Type == "" {
			return fmt.Errorf("%s: resources[%d]: it needs a name and a type", path, i)
		}
		if seen[r.Name] {
			return fmt.Errorf("%s: resources[%d]: another resource is also named %s", path, i, printable.Name(r.Name, ""))
		}
		seen[r.Name] = true
	}
	return nil
}

// ReadYAML reads a YAML file into v, as ParseYAML does.
func ReadYAML(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, errors.Unwrap(err))
	}
	return ParseYAML(path, data, v)
}

// ParseYAML reads YAML into v. Its errors are NAME:LINE: what is wrong, or NAME: what is wrong.
func ParseYAML(name string, data []byte, v any) error {
	if err := yaml.Unmarshal(data, v, useNumber); err != nil {
		return yamlError(name, err)
	}
	return nil
}

var yamlLine = regexp.MustCompile(`yaml: line (\d+): `)

// harmless are the texts of the YAML parser that quote nothing of the document, which may hold secrets.
var harmless = regexp.MustCompile(`^(did not find|could not find|mapping values are|found (a tab|character that|unexpected)|control characters|block )`)

// yamlError is an error of the YAML parser as NAME:LINE: what is wrong. It quotes nothing of the document.
func yamlError(name string, err error) error {
	if strings.HasPrefix(err.Error(), "error unmarshaling JSON: ") {
		return fmt.Errorf("%s: %w", name, strictjson.Explain(nil, err))
	}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		name += ":" + m[1]
	}
	return fmt.Errorf("%s: %s", name, yamlText(err))
}

// yamlText is what is wrong, in the parser's words if those are harmless.
func yamlText(err error) string {
	_, text, _ := strings.Cut(yamlLine.ReplaceAllString(err.Error(), "yaml: "), "yaml: ")
	if !harmless.MatchString(text) {
		return "it is not valid YAML"
	}
	return text
}
