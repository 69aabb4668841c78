package resource

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// Limits of a filter, far above what people write. A filter that is over one checks at every event of its key, and costs no more
// than any other: no pipeline's author may slow or stop the checks of others. docs/support.md tells operators.
const (
	maxString  = 4096     // the bytes of a string
	maxItems   = 1000     // the items of a list
	maxFilter  = 64 << 10 // the bytes of all strings
	maxProgram = 1000     // the instructions that a regular expression compiles to

	// harmless is the length of a filter in JSON up to which it can't be over the first three: 1000 items take 3000 bytes.
	harmless = 3000
)

// tooLarge is the error for what is over a limit. It names the field and the limit, never a value.
type tooLarge string

func (t tooLarge) Error() string { return string(t) }

// findBy are the fields by which a resource is found. Without one of them the resource would be found by a wrong name, or not at all.
var findBy = map[string]bool{
	"uri": true, "aliases": true, "bucket": true, "driver": true, "openstack.container": true, "owner": true, "user": true, "repository": true,
	"aws_region": true, "aws_account_id": true, "registry_mirror": true, "registry_mirror.host": true, "v3_endpoint": true, "github_api_url": true,
	"repo": true, "storage_account_name": true, "container": true, "backend_type": true, "backend_config.bucket": true, "storage.bucket": true,
	"backend_config.storage_account_name": true, "backend_config.container_name": true, "migrated_from_storage.bucket": true,
	"build_name": true, "registry": true, "chart_name": true, "api_endpoint": true, "endpoint": true, "host_endpoint": true, "rest_endpoint": true,
}

// limit empties the fields of a filter that are over a limit, and sets OverLimit to what it found first. What is left stays within
// the limits. It fails if the resource can't be found then.
func limit(f filter) error {
	s := sizer{lists: make(map[string]reflect.Value)}
	s.visit("", reflect.ValueOf(f).Elem())
	for _, name := range slices.Sorted(maps.Keys(s.lists)) {
		if s.total > maxFilter && !findBy[name] {
			s.over(name, s.lists[name], "the filter has more than %d bytes", maxFilter)
		}
	}
	if s.total > maxFilter {
		return tooLarge(fmt.Sprintf("the filter has more than %d bytes", maxFilter))
	}
	if s.problem != "" {
		f.base().OverLimit = s.problem
	}
	return s.err
}

// sizer measures the fields of a filter.
type sizer struct {
	total   int
	lists   map[string]reflect.Value
	problem string
	err     error
}

func (s *sizer) visit(name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			s.visit(name, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if tag, _, _ := strings.Cut(field.Tag.Get("json"), ","); field.Anonymous {
				s.visit(name, v.Field(i))
			} else if tag != "" {
				s.visit(strings.TrimPrefix(name+"."+tag, "."), v.Field(i))
			}
		}
	case reflect.String:
		s.total += v.Len()
		if v.Len() > maxString {
			s.over(name, v, "%s has %d bytes, more than %d", name, v.Len(), maxString)
		}
	case reflect.Slice:
		s.list(name, v)
	}
}

func (s *sizer) list(name string, v reflect.Value) {
	if v.Len() > maxItems {
		s.over(name, v, "%s has %d items, more than %d", name, v.Len(), maxItems)
		return
	}
	for i := range v.Len() {
		s.total += v.Index(i).Len()
	}
	s.lists[name] = v
	for i := range v.Len() {
		if n := v.Index(i).Len(); n > maxString {
			s.over(name, v, "%s[%d] has %d bytes, more than %d", name, i, n, maxString)
			return
		}
	}
}

// over empties a field, and notes why.
func (s *sizer) over(name string, v reflect.Value, format string, args ...any) {
	if _, counted := s.lists[name]; counted {
		for i := range v.Len() {
			s.total -= v.Index(i).Len()
		}
		delete(s.lists, name)
	} else if v.Kind() == reflect.String {
		s.total -= v.Len()
	}
	problem := fmt.Sprintf(format, args...)
	if s.problem == "" {
		s.problem = problem
	}
	if findBy[name] && s.err == nil {
		s.err = tooLarge(problem)
	}
	v.SetZero()
}

// compileRegexp compiles the regular expression of a field, unless the program would be too large.
func compileRegexp(field, text string) (program, error) {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return program{}, err
	}
	size := instructions(tree)
	if size > maxProgram {
		return program{}, tooLarge(fmt.Sprintf("%s is a regular expression of more than %d instructions", field, maxProgram))
	}
	re, err := regexp.Compile(text)
	return program{re, size}, err
}

// instructions is how many an expression compiles to, or more; it counts no further than one above the limit.
func instructions(re *syntax.Regexp) int {
	n := 1
	switch re.Op {
	case syntax.OpLiteral:
		n = len(re.Rune)
	case syntax.OpCapture:
		n = 2
	case syntax.OpCharClass:
		n += len(re.Rune) / 16
	}
	for _, sub := range re.Sub {
		if n += 1 + instructions(sub); n > maxProgram {
			return maxProgram + 1
		}
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min+1, re.Max, 1)
	}
	return min(n, maxProgram+1)
}

// program is a compiled regular expression whose work is counted.
type program struct {
	re   *regexp.Regexp
	size int // its instructions
}

// match reports whether the expression matches the text, or the budget is used up.
func (p program) match(text string, b *Budget) bool {
	return !b.take(stepsPerInstruction*p.size*(len(text)+1)) || p.re.MatchString(text)
}

// isTooLarge reports whether an error is of a limit.
func isTooLarge(err error) bool { return errors.As(err, new(tooLarge)) }
