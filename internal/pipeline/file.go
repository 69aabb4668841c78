package pipeline

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// Files reads pipelines from disk instead of from a Concourse. url is the Concourse's URL, for the config. Each pipeline is
// [TEAM/]NAME[/VAR:VALUE,...]=FILE. Files resolves its ((vars)) as `fly set-pipeline` does. A file that can't be read is left out; it
// fails if none can be read.
func Files(url string, pipelines []string, vars *Vars) (*Reading, error) {
	r := &Reading{URL: url}
	var errs []error
	for _, flag := range pipelines {
		p, path, err := parseFlag(flag)
		if err != nil {
			return nil, fmt.Errorf("reading --pipeline %s: %w", flag, err)
		}
		leftOut, err := p.readFile(path, vars.Resolver(p.InstanceVars))
		if err != nil {
			errs = append(errs, fmt.Errorf("reading --pipeline %w", err))
			r.AddBroken(p.Pipeline, err)
			continue
		}
		r.Pipelines, r.LeftOut = append(r.Pipelines, *p), append(r.LeftOut, leftOut...)
	}
	if len(r.Pipelines) == 0 {
		return nil, errors.Join(errs...)
	}
	return r, nil
}

// parseFlag reads the value of a flag --pipeline.
func parseFlag(flag string) (p *Pipeline, path string, err error) {
	name, path, ok := cut(flag, '=')
	if !ok || name == "" || path == "" {
		return nil, "", errors.New("it is not of the form [TEAM/]NAME[/VAR:VALUE,...]=FILE")
	}
	if p, err = parseName(name); err != nil {
		return nil, "", err
	}
	return p, path, config.ValidatePipeline(p.Team, p.Name)
}

// readFile reads from a pipeline's YAML what a sync needs.
func (p *Pipeline) readFile(path string, vars Resolver) ([]LeftOut, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, errors.Unwrap(err)) // without the path, which os.ReadFile adds
	}
	if _, err := yaml.YAMLToJSON(data); err != nil { // resolving vars would change the line numbers
		if name, line := findOldVar(string(data)); name != "" {
			return nil, fmt.Errorf("%s:%d: {{%s}} is the form that fly no longer takes: write ((%[3]s))", path, line, name)
		}
		return nil, yamlError(path, err)
	}
	if data, err = vars.evaluate(data); err != nil {
		return nil, fmt.Errorf("%s: resolving the ((vars)): %w", path, err)
	}
	if data, err = yaml.YAMLToJSON(data); err != nil {
		return nil, yamlError(path, err)
	}
	leftOut, err := p.SetConfig(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return leftOut, nil
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
