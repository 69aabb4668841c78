package syncing

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
	"sigs.k8s.io/yaml"

	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// List is a list of names. As a flag it is repeatable; an environment variable holds them with commas between, or as the JSON
// that Concourse makes of a task's param.
type List []string

// Decode takes one flag, or an environment variable.
func (l *List) Decode(ctx *kong.DecodeContext) error {
	text, err := pop(ctx)
	if err != nil {
		return err
	}
	if strings.HasPrefix(text, "[") {
		return strictjson.Unmarshal([]byte(text), (*[]string)(l))
	}
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			*l = append(*l, name)
		}
	}
	return nil
}

// Pairs are names and what each stands for. As a flag it is repeatable; an environment variable holds them with blanks or commas
// between, or as the JSON that Concourse makes of a task's param.
type Pairs map[string]string

// Decode takes one flag, or an environment variable.
func (p *Pairs) Decode(ctx *kong.DecodeContext) error {
	text, err := pop(ctx)
	if err != nil {
		return err
	}
	if strings.HasPrefix(text, "{") {
		return strictjson.Unmarshal([]byte(text), (*map[string]string)(p))
	}
	for pair := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" || value == "" {
			return fmt.Errorf("%s: it is not of the form %s", pair, ctx.Value.Tag.PlaceHolder)
		}
		if *p == nil {
			*p = make(Pairs)
		}
		(*p)[name] = value
	}
	return nil
}

// Mapping is a YAML mapping: its text, or the path of a file that holds it. In JSON it is an object.
type Mapping string

// Decode takes one flag, or an environment variable.
func (m *Mapping) Decode(ctx *kong.DecodeContext) error {
	text, err := pop(ctx)
	*m = Mapping(text)
	return err
}

// UnmarshalJSON keeps the object's text, which is YAML too.
func (m *Mapping) UnmarshalJSON(raw []byte) error {
	var object map[string]any
	err := json.Unmarshal(raw, &object)
	if object != nil {
		*m = Mapping(raw)
	}
	return err
}

// into decodes the mapping into a pointer to a map. Its errors hold no value.
func (m Mapping) into(v any) error {
	if m == "" {
		return nil
	}
	var path string
	if yaml.Unmarshal([]byte(m), &path) == nil { // a text alone
		return pipeline.ReadYAML(path, v)
	}
	return pipeline.ParseYAML("its text", []byte(m), v)
}

// pop takes the value of a flag or of an environment variable.
func pop(ctx *kong.DecodeContext) (text string, err error) {
	err = ctx.Scan.PopValueInto("value", &text)
	return strings.TrimSpace(text), err
}
