package panics_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
)

// breaks panics with a value, unless it is nil.
func breaks(value any) (err error) {
	defer panics.Recover(&err)
	if value != nil {
		panic(value)
	}
	return errors.New("no panic")
}

// Not parallel: the count is the program's.
func TestRecover(t *testing.T) {
	for _, value := range []any{"planted", errors.New("planted"), fmt.Stringer(nil)} {
		before := panics.Count()
		err := breaks(value)
		caught := value != nil
		var e *panics.Error
		if errors.As(err, &e) != caught || panics.Count()-before != map[bool]int64{true: 1}[caught] {
			t.Errorf("%v: error %v, counted %d", value, err, panics.Count()-before)
		}
		attrs := panics.Attrs(fmt.Errorf("parsing: %w", err))
		switch {
		case !caught && (len(attrs) > 0 || err.Error() != "no panic"):
			t.Errorf("without a panic: %v, logs %v", err, attrs)
		case caught && strings.Contains(err.Error(), "planted"):
			t.Errorf("the error quotes the panic: %v", err)
		case caught && (attrs[0].Value.String() != "planted" || !strings.Contains(attrs[1].Value.String(), "panics_test.breaks(")):
			t.Errorf("%v: logs %v", value, attrs)
		}
	}
}
