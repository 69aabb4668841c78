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

// List is a list of names. As a flag it is repeatable. In an environment variable, commas separate the names, or it is the JSON
// that Concourse makes from a task's param.
type List []string

// Decode reads the value of one flag, or of the environment variable.
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

// Pairs map names to values. As a flag it is repeatable. In an environment variable, spaces or commas separate the pairs, or it is
// the JSON that Concourse makes from a task's param.
type Pairs map[string]string

// Decode reads the value of one flag, or of the environment variable.
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

// Mapping is a YAML mapping, as its text or as the path of its file. In JSON it is an object.
type Mapping string

// Decode reads the value of one flag, or of the environment variable.
func (m *Mapping) Decode(ctx *kong.DecodeContext) error {
	text, err := pop(ctx)
	*m = Mapping(text)
	return err
}

// UnmarshalJSON keeps the object's text, since JSON is YAML, too.
func (m *Mapping) UnmarshalJSON(raw []byte) error {
	var object map[string]any
	err := json.Unmarshal(raw, &object)
	if object != nil {
		*m = Mapping(raw)
	}
	return err
}

// into decodes the mapping into v, a pointer to a map. Its errors quote no values.
func (m Mapping) into(v any) error {
	if m == "" {
		return nil
	}
	var path string
	if yaml.Unmarshal([]byte(m), &path) == nil { // the path of a file
		return pipeline.ReadYAML(path, v)
	}
	return pipeline.ParseYAML("its text", []byte(m), v)
}

// pop reads the value of a flag or of an environment variable.
func pop(ctx *kong.DecodeContext) (text string, err error) {
	err = ctx.Scan.PopValueInto("value", &text)
	return strings.TrimSpace(text), err
}
