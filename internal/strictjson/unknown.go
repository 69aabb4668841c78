package strictjson

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Unknown lists the fields of data, by their paths, that v's type does not have: those that Unmarshal skips. It lists none of data
// that is not JSON.
func Unknown(data []byte, v any) []string { return unknown("", data, reflect.TypeOf(v)) }

func unknown(path string, data []byte, t reflect.Type) (list []string) {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil // it reads what it wants
	}
	switch t.Kind() {
	case reflect.Pointer:
		return unknown(path, data, t.Elem())
	case reflect.Slice:
		var items []json.RawMessage
		if json.Unmarshal(data, &items) == nil {
			for i, item := range items {
				list = append(list, unknown(fmt.Sprintf("%s[%d]", path, i), item, t.Elem())...)
			}
		}
	case reflect.Struct:
		var object map[string]json.RawMessage
		if json.Unmarshal(data, &object) != nil {
			return nil
		}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			at := strings.TrimPrefix(path+"."+name, ".")
			if field, ok := fieldOf(t, name); ok {
				list = append(list, unknown(at, object[name], field)...)
			} else {
				list = append(list, at)
			}
		}
	}
	return list
}

// Has reports whether v, a struct, has the field with this name.
func Has(v any, name string) bool {
	_, ok := fieldOf(reflect.TypeOf(v), name)
	return ok
}

// fieldOf is the type of the field that encoding/json finds for a name.
func fieldOf(t reflect.Type, name string) (reflect.Type, bool) {
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && tag != "" && tag != "-" && strings.EqualFold(tag, name) {
			return f.Type, true
		}
	}
	return nil, false
}
