// Package deploy_test checks the templates as far as that works without AWS: every name that they use exists, and the settings
// that they give are settings of the functions.
package deploy_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/dpb587/concourse-resource-endpoints/internal/endpoint"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
)

const samTemplate = "sam/template.yaml"

// TestSAMNames: everything that the template refers to is defined, and every parameter and condition is used.
func TestSAMNames(t *testing.T) {
	t.Parallel()
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(read(t, samTemplate)), &document); err != nil {
		t.Fatal(err)
	}
	template := document.Content[0]
	used := names{}
	used.collect(t, template, nil)
	defined := map[string]bool{"WebhookUrl": true} // SAM makes it from FunctionUrlConfig
	for _, section := range []string{"Parameters", "Conditions", "Resources"} {
		keys := keys(child(template, section))
		if len(keys) == 0 {
			t.Errorf("the template has no %s", section)
		}
		for _, name := range keys {
			defined[name] = true
			if section != "Resources" && !used[name] {
				t.Errorf("%s: nothing uses %s", section, name)
			}
		}
	}
	for name := range used {
		if !defined[name] && !strings.HasPrefix(name, "AWS::") {
			t.Errorf("the template uses %s and does not define it", name)
		}
	}
}

// names are the names that a template refers to, by !Ref and so on.
type names map[string]bool

var substituted = regexp.MustCompile(`\$\{([A-Za-z0-9:]+)`)

// collect adds the names in a node and below it; local are the names that a !Sub above it defines.
func (n names) collect(t *testing.T, node *yaml.Node, local []string) {
	t.Helper()
	if node.Kind == yaml.AliasNode {
		t.Errorf("line %d: CloudFormation refuses YAML aliases", node.Line)
	}
	switch node.Tag {
	case "!Ref":
		n[node.Value] = true
	case "!GetAtt":
		name, _, _ := strings.Cut(node.Value, ".")
		n[name] = true
	case "!If":
		n[node.Content[0].Value] = true
	case "!Sub":
		text := node.Value
		if node.Kind == yaml.SequenceNode {
			text, local = node.Content[0].Value, keys(node.Content[1])
		}
		for _, match := range substituted.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(local, match[1]) {
				n[match[1]] = true
			}
		}
	}
	for _, inner := range node.Content {
		n.collect(t, inner, local)
	}
	if condition := child(node, "Condition"); condition != nil && condition.Kind == yaml.ScalarNode {
		n[condition.Value] = true
	}
}

func child(node *yaml.Node, key string) *yaml.Node {
	if node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

func keys(node *yaml.Node) (names []string) {
	for i := 0; node != nil && i < len(node.Content); i += 2 {
		names = append(names, node.Content[i].Value)
	}
	return names
}

// TestSettings: the functions have a setting for each environment variable.
func TestSettings(t *testing.T) {
	t.Parallel()
	known := settings(reflect.TypeFor[endpoint.Settings]())
	for _, p := range providers.All() {
		known = append(known, receiver.EnvName(p.Name)+"_WEBHOOK_SECRET")
	}
	for file, pattern := range map[string]string{
		samTemplate:         `(?m)^ {8,}([A-Z][A-Z_]+): `,
		"terraform/main.tf": `\b([A-Z][A-Z_]+) += `,
	} {
		matches := regexp.MustCompile(pattern).FindAllStringSubmatch(read(t, file), -1)
		if len(matches) < 5 {
			t.Errorf("%s: found only %v", file, matches)
		}
		for _, match := range matches {
			if !slices.Contains(known, match[1]) {
				t.Errorf("%s: the functions have no setting %s", file, match[1])
			}
		}
		// Without it, the functions don't start with a login.
		if !slices.ContainsFunc(matches, func(match []string) bool { return match[1] == "CONCOURSE_URL" }) {
			t.Errorf("%s: nothing sets CONCOURSE_URL", file)
		}
	}
}

// settings are the names of the environment variables that fill a type's fields.
func settings(of reflect.Type) (names []string) {
	for field := range of.Fields() {
		if name := field.Tag.Get("env"); name != "" {
			names = append(names, name)
		} else if field.Type.Kind() == reflect.Struct {
			names = append(names, settings(field.Type)...)
		}
	}
	return names
}

// TestSyncMayRedeploy: the syncer's policy allows each action of a redeploy.
func TestSyncMayRedeploy(t *testing.T) {
	t.Parallel()
	for _, file := range []string{samTemplate, "terraform/iam.tf"} {
		content := read(t, file)
		for _, action := range redeploy.Actions {
			if !strings.Contains(content, action) {
				t.Errorf("%s does not allow %s", file, action)
			}
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
