package providertest

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
)

// canary is in none of the payloads.
const canary = "canary-7f3a"

// spoil calls use with copies of the document. In each, one value is missing or is another one.
func spoil(t testing.TB, document []byte, use func(spoilt []byte)) {
	t.Helper()
	var root any
	if err := json.Unmarshal(document, &root); err != nil {
		return // a payload that is meant to be wrong
	}
	marshal := func() {
		raw, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		use(raw)
	}
	walk(root, func(v any) { root = v }, func() {}, marshal)
	for _, cut := range []int{0, 1, len(document) / 2, len(document) - 2} {
		use(document[:cut])
	}
	use(append([]byte("\xff"), document...))
}

// walk puts other values in the place of v, and then of everything below it. It calls done after each, and puts v back.
func walk(v any, set func(any), remove, done func()) {
	for _, other := range []any{
		nil, true, 1.5, -1, 1e300, "", canary, "\xff\xfe", "refs/heads/" + canary, "0000000000000000000000000000000000000000",
		[]any{},
		[]any{nil},
		[]any{canary},
		[]any{1},
		map[string]any{},
		map[string]any{canary: canary},
	} {
		set(other)
		done()
	}
	remove()
	done()
	set(v)
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Collect(maps.Keys(v)) {
			child := v[key]
			walk(child, func(c any) { v[key] = c }, func() { delete(v, key) }, done)
		}
	case []any:
		for i, child := range v {
			walk(child, func(c any) { v[i] = c }, func() {}, done)
		}
	}
}
