package commands

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// decode decodes an object into a struct, and refuses fields that the struct does not have. Its errors have the path of the
// field, and never a value. If the object is absent, the struct does not change.
func decode(path string, raw json.RawMessage, into any) error {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil
	}
	var e *strictjson.Error
	err := strictjson.UnmarshalKnown(raw, into)
	switch {
	case !errors.As(err, &e):
		return err
	case e.Field == "":
		return fmt.Errorf("%s: %s", path, e.Problem)
	case e.Unknown:
		return fmt.Errorf("%s.%w; the fields are %s", path, e, fields(into))
	case e.Got == "string": // the most common mistake in a pipeline
		return fmt.Errorf("%s.%w; give fly a var that is not a string with -y or -l, not with -v", path, e)
	}
	return fmt.Errorf("%s.%w", path, e)
}

// fields lists the JSON names of a struct's fields.
func fields(pointer any) string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeOf(pointer).Elem()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
