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

// decode reads an object into a struct, and refuses fields that the struct does not have. Its errors name the field by its
// path, and never hold a value. An absent object leaves the struct as it is.
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
		return fmt.Errorf("%s.%w; there are %s", path, e, fields(into))
	case e.Got == "string": // what most often goes wrong in a pipeline
		return fmt.Errorf("%s.%w; a var that is no string is given to fly by -y or in a file, not by -v", path, e)
	}
	return fmt.Errorf("%s.%w", path, e)
}

// fields lists the names that a struct's fields have in JSON.
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
