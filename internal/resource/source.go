package resource

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
)

// Merge is a source with a resource type's defaults below it: its own top-level keys win, as in Source.Merge of
// https://github.com/concourse/concourse/blob/master/atc/resource_types.go. Neither argument is changed.
func Merge(defaults, source Source) Source {
	merged := make(Source, len(defaults)+len(source))
	maps.Copy(merged, defaults)
	maps.Copy(merged, source)
	return merged
}

// reader takes the fields that decide from a source, and notes what is wrong with them. Its errors name fields, not values.
type reader struct {
	source Source
	errs   []error
}

func (r *reader) fail(format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf(format, args...))
}

// err is everything that was wrong.
func (r *reader) err() error { return errors.Join(r.errs...) }

// text reads a string. A number or a boolean, which YAML makes of 1.2 and yes, becomes its text.
func (r *reader) text(name string) string {
	s, ok := scalar(r.source[name])
	if !ok {
		r.fail("%s: %s where a string is expected", name, kind(r.source[name]))
	}
	return s
}

// texts reads a list of strings. One string is taken for a list only if it holds a ((var)), which would have been the list.
func (r *reader) texts(name string) []string {
	switch v := r.source[name].(type) {
	case nil:
		return nil
	case string:
		if HasVar(v) {
			return []string{v}
		}
	case []string:
		return append([]string(nil), v...)
	case []any:
		list := make([]string, 0, len(v))
		for i, element := range v {
			s, ok := scalar(element)
			if !ok {
				r.fail("%s[%d]: %s where a string is expected", name, i, kind(element))
				return nil // one error is enough: there may be millions
			}
			list = append(list, s)
		}
		return list
	}
	r.fail("%s: %s where a list is expected", name, kind(r.source[name]))
	return nil
}

// toggle reads a boolean, or the text of one in quotes.
func (r *reader) toggle(name string) toggle {
	switch v := r.source[name].(type) {
	case nil:
		return ""
	case bool:
		return toggle(strconv.FormatBool(v))
	case string:
		if v == "" || v == "true" || v == "false" || HasVar(v) {
			return toggle(v)
		}
	}
	r.fail("%s: %s where true or false is expected", name, kind(r.source[name]))
	return ""
}

// object reads a nested object; ok is false where there is none, or a ((var)) in its place.
func (r *reader) object(name string) (object Source, ok bool) {
	switch v := r.source[name].(type) {
	case nil:
		return nil, false
	case map[string]any:
		return v, true
	case Source:
		return v, true
	case string:
		if HasVar(v) {
			return nil, false
		}
	}
	r.fail("%s: %s where an object is expected", name, kind(r.source[name]))
	return nil, false
}

// scalar is the text of a scalar that encoding/json decoded; null is "".
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	}
	return "", false
}

// kind is a value's kind in words.
func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case json.Number, float64, int, int64:
		return "a number"
	case []any, []string:
		return "a list"
	}
	return "an object"
}

// toggle is a boolean of a source: "true", "false", "" where it is not set, or a text with a ((var)) that was not resolved.
// In JSON it is a boolean, and a string in the last case.
type toggle string

// may reports whether the toggle may be value, given what it is when not set.
func (t toggle) may(value, unset bool) bool {
	switch t {
	case "":
		return value == unset
	case "true":
		return value
	case "false":
		return !value
	}
	return true
}

// MarshalJSON writes a boolean, or the text of a ((var)).
func (t toggle) MarshalJSON() ([]byte, error) {
	if t == "true" || t == "false" {
		return []byte(t), nil
	}
	return json.Marshal(string(t))
}

// UnmarshalJSON reads a boolean, null, or a text that Filter could have kept. The decoder adds the field to its error.
func (t *toggle) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil && (text == "" || text == "true" || text == "false" || HasVar(text)) {
		*t = toggle(text)
		return nil
	}
	var on bool
	err := json.Unmarshal(raw, &on)
	*t = toggle(strconv.FormatBool(on))
	return err
}

func errMissing(field string) error { return errors.New(field + " is missing") }

// ErrUnresolved says that the field by which events find a resource holds nothing but a ((var)), or what another program fills in.
var ErrUnresolved = errors.New("is a ((var)) that was not resolved")

func errUnresolved(field string) error {
	return fmt.Errorf("%s %w; give its value with -v or -l", field, ErrUnresolved)
}
