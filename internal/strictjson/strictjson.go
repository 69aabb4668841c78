// Package strictjson decodes the JSON that both flows read from outside: the config, filters, deliveries, and the resource
// type's input. Its errors are in plain words and quote no values, which may be secrets.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Error says what is wrong with a document. It names fields and kinds of values, but quotes no value.
type Error struct {
	// Field is the path of the wrong field, such as atc.url; "" if the whole document is wrong.
	Field string
	// Problem is what is wrong, in words: "a number where a string is expected".
	Problem string
	// Unknown says that the struct has no such field. Field is then the name without its path.
	Unknown bool
	// Got and Want are the kinds of value, as JSON names them ("string", "object"), if they differ; otherwise "".
	Got, Want string
}

func (e *Error) Error() string {
	if e.Field == "" {
		return "it is " + e.Problem
	}
	return e.Field + ": " + e.Problem
}

// Unmarshal decodes data, which must be one JSON value, into v. It skips fields that v does not have. Its errors are *Error.
func Unmarshal(data []byte, v any) error { return decode(data, v, false) }

// UnmarshalKnown is like Unmarshal, but refuses fields that v does not have.
func UnmarshalKnown(data []byte, v any) error { return decode(data, v, true) }

func decode(data []byte, v any, known bool) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return &Error{Problem: "empty"}
	}
	if !known && json.Unmarshal(data, v) == nil { // a Decoder copies the whole document
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if known {
		d.DisallowUnknownFields()
	}
	err := d.Decode(v)
	if err == nil {
		if more := bytes.TrimLeft(data[d.InputOffset():], " \t\r\n"); len(more) > 0 {
			line, column := position(data, int64(len(data)-len(more))+1)
			return &Error{Problem: fmt.Sprintf("followed by something else at line %d, column %d", line, column)}
		}
		return nil
	}
	return explain(data, reflect.TypeOf(v), err)
}

// Explain makes an *Error of an error that encoding/json returned for data.
func Explain(data []byte, err error) error { return explain(data, nil, err) }

func explain(data []byte, t reflect.Type, err error) error {
	var (
		own    *Error
		kind   *json.UnmarshalTypeError
		syntax *json.SyntaxError
	)
	switch {
	case errors.As(err, &own): // from a type's own UnmarshalJSON
		return own
	case errors.As(err, &kind):
		got, _, _ := strings.Cut(kind.Value, " ") // "number 12": the first word is the kind
		e := &Error{Field: fieldPath(t, kind.Field), Got: got, Want: kindOf(kind.Type)}
		e.Problem = article(got) + " where " + article(e.Want) + " is expected"
		return e
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &syntax) && syntax.Offset > int64(len(bytes.TrimSpace(data))):
		return &Error{Problem: fmt.Sprintf("cut off after %d bytes", len(data))}
	case errors.As(err, &syntax):
		line, column := position(data, syntax.Offset)
		return &Error{Problem: fmt.Sprintf("not JSON: see line %d, column %d", line, column)}
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return &Error{Field: strings.Trim(name, `"`), Problem: "no such field", Unknown: true}
	}
	return &Error{Problem: "not JSON that can be read"} // the decoder's text may quote a value
}

// fieldPath is the path from encoding/json without the names of embedded structs, which are not in the document.
func fieldPath(t reflect.Type, path string) string {
	var kept []string
	for name := range strings.SplitSeq(path, ".") {
		for t != nil && (t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map) {
			t = t.Elem()
		}
		var field reflect.StructField
		if t != nil && t.Kind() == reflect.Struct {
			for _, f := range reflect.VisibleFields(t) {
				tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if tag == name || tag == "" && f.Name == name {
					field = f
				}
			}
		}
		t = field.Type
		if !field.Anonymous {
			kept = append(kept, name)
		}
	}
	return strings.Join(kept, ".")
}

// kindOf is what JSON calls the kind of a Go type.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Slice, reflect.Array:
		return "array"
	case reflect.Map, reflect.Struct:
		return "object"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Pointer:
		return kindOf(t.Elem())
	}
	return "whole number"
}

func article(kind string) string {
	switch kind {
	case "bool":
		return "a boolean"
	case "array", "object":
		return "an " + kind
	}
	return "a " + kind
}

// position is the line and column, from 1, of the wrong byte; offset counts the bytes up to and including it.
func position(data []byte, offset int64) (line, column int) {
	before := data[:min(max(offset-1, 0), int64(len(data)))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}
