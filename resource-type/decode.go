package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// decode reads an object into a struct, and refuses fields that the struct has not got. Its errors name the field by its
// path, and never hold a value. An absent object leaves the struct as it is.
func decode(path string, raw json.RawMessage, into any) error {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	d.UseNumber()
	err := d.Decode(into)
	if err == nil {
		return nil
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("%s.%s: no such field; there are %s", path, strings.Trim(name, `"`), fields(into))
	}
	var kind *json.UnmarshalTypeError
	if !errors.As(err, &kind) {
		return fmt.Errorf("%s: it is not JSON", path)
	}
	if kind.Field != "" {
		path += "." + kind.Field
	}
	value, _, _ := strings.Cut(kind.Value, " ") // the kind; some are followed by the value
	return fmt.Errorf("%s: %s where %s is expected%s", path, article(value), expected(kind.Type), hint(value, kind.Type))
}

// fields lists the names that a struct's fields have in JSON.
func fields(pointer any) string {
	var names []string
	t := reflect.TypeOf(pointer).Elem()
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func article(kind string) string {
	if kind == "bool" {
		return "a boolean"
	}
	if kind == "array" || kind == "object" {
		return "an " + kind
	}
	return "a " + kind
}

func expected(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "a boolean"
	case reflect.Slice:
		return "an array"
	case reflect.Map, reflect.Struct:
		return "an object"
	}
	return "a " + t.Kind().String()
}

// hint helps with what most often goes wrong in a pipeline.
func hint(value string, want reflect.Type) string {
	if value == "string" && want.Kind() != reflect.String {
		return "; a var that is no string is given to fly by -y or in a file, not by -v"
	}
	return ""
}
