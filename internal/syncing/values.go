package syncing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// Pair is a name and its value.
type Pair struct{ Name, Value string }

// Pairs are names and values in order. As a flag, NAME=VALUE is repeatable. In JSON it is an object.
type Pairs []Pair

var errNoPair = errors.New("it is not of the form NAME=VALUE") // it may hold a password

// Decode reads the value of one flag.
func (p *Pairs) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("value", &text); err != nil {
		return err
	}
	return p.add(text)
}

func (p *Pairs) add(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" || value == "" {
		return errNoPair
	}
	*p = append(*p, Pair{name, value})
	return nil
}

// UnmarshalJSON reads an object, in the order of its names.
func (p *Pairs) UnmarshalJSON(raw []byte) error {
	var object map[string]string
	err := json.Unmarshal(raw, &object)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		*p = append(*p, Pair{name, object[name]})
	}
	return err
}

// Vars are values of ((vars)). Numbers stay as they are written.
type Vars map[string]any

// UnmarshalJSON reads an object.
func (v *Vars) UnmarshalJSON(raw []byte) error { return decodeNumbers(raw, (*map[string]any)(v)) }

// Defaults are sources by the name of the base resource type. Numbers stay as they are written.
type Defaults map[string]resource.Source

// UnmarshalJSON reads an object.
func (d *Defaults) UnmarshalJSON(raw []byte) error {
	return decodeNumbers(raw, (*map[string]resource.Source)(d))
}

func decodeNumbers(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(v)
}

// FromParams sets each of the options, a pointer to a struct, that no flag has set, to the environment variable that holds the
// self-sync task's param. Concourse makes JSON of a list or a map; what people write by hand is taken too. An empty variable, or
// null, sets nothing. Errors name the param and hold no value.
func FromParams(options any, getenv func(string) string) error {
	v := reflect.ValueOf(options).Elem()
	for i := range v.NumField() {
		param := v.Type().Field(i).Tag.Get("param")
		text := strings.TrimSpace(getenv(param))
		if param == "" || text == "" || text == "null" || !v.Field(i).IsZero() {
			continue
		}
		if err := setParam(v.Field(i).Addr().Interface(), text); err != nil {
			return fmt.Errorf("the param %s: %w", param, err)
		}
	}
	return nil
}

func setParam(option any, text string) (err error) {
	switch o := option.(type) {
	case *bool:
		if *o = text == "true"; !*o && text != "false" {
			err = errors.New("it is neither true nor false")
		}
	case *string:
		*o = text
	case *int:
		if *o, err = strconv.Atoi(text); err != nil {
			err = errors.New("it is not a whole number")
		}
	case *[]string:
		if strings.HasPrefix(text, "[") {
			return strictjson.Unmarshal([]byte(text), o)
		}
		for name := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" ,\"\t\n", r) }) {
			*o = append(*o, name)
		}
	case *Pairs:
		if strings.HasPrefix(text, "{") {
			return strictjson.Unmarshal([]byte(text), o)
		}
		for pair := range strings.FieldsSeq(text) {
			err = errors.Join(err, o.add(pair))
		}
	default: // Vars, Defaults
		if json.Valid([]byte(text)) {
			return strictjson.Unmarshal([]byte(text), o)
		}
		err = pipeline.ParseYAML("its YAML", []byte(text), o)
	}
	return err
}
