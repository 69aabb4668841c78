package provider

import (
	"errors"
	"strings"
	"testing"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for document, want := range map[string][2]int{
		``:                                     {0, 0},
		`{}`:                                   {1, 1},
		`[ {}, [[]], null,-1.5e3, true ]`:      {7, 7},
		`{"a": "b", "c": ["d\\\"{", {"e":1}]}`: {9, 4},
		`"cut`:                                 {1, 0},
	} {
		if values, others := count([]byte(document)); values != want[0] || others != want[1] {
			t.Errorf("%s: got %d and %d, want %v", document, values, others, want)
		}
	}
}

// A body of 9 MB took more than a gigabyte, and a larger one all that there was.
func TestDecodeRefusesTooManyValues(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		document string
		refused  bool
	}{
		"objects":           {"[{}" + strings.Repeat(",{}", maxOthers) + "]", true},
		"nulls":             {"[null" + strings.Repeat(",null", maxOthers) + "]", true},
		"texts":             {`[""` + strings.Repeat(`,""`, maxValues) + "]", true},
		"as many as may be": {"[{}" + strings.Repeat(",{}", maxOthers-2) + "]", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var v []struct{ Name string }
			err := Decode("the body", []byte(test.document), &v)
			var malformed *MalformedError
			if refused := errors.As(err, &malformed) && strings.Contains(err.Error(), "more than 1000000 values"); refused != test.refused {
				t.Errorf("got %v", err)
			}
		})
	}
}
