package resource

import (
	"regexp"
	"strconv"
	"strings"
)

// version is one that https://github.com/Masterminds/semver v3 reads in its coercing way: 1, v1.2 and 1.2.3-rc.1+b are some.
type version struct {
	parts [3]uint64
	// given is how many of the parts were written.
	given int
	pre   string
}

var versionForm = regexp.MustCompile(`^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?` +
	`(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$`)

func newVersion(text string) (version, bool) {
	m := versionForm.FindStringSubmatch(text)
	if m == nil {
		return version{}, false
	}
	v := version{pre: m[4]}
	for i, digits := range m[1:4] {
		if digits == "" {
			break
		}
		n, err := strconv.ParseUint(digits, 10, 64)
		if err != nil {
			return version{}, false
		}
		v.parts[i], v.given = n, i+1
	}
	return v, true
}

func (v version) compare(w version) int {
	for i, n := range v.parts {
		switch {
		case n < w.parts[i]:
			return -1
		case n > w.parts[i]:
			return 1
		}
	}
	return 0
}

// constraint is a semver_constraint: alternatives of bounds that all hold (the package's constraints.go). A nil one, and
// one of a form that is not known here, allows everything; so does any one for a prerelease, where releases differ.
type constraint struct{ alternatives [][]bound }

// bound is one comparison. The parts of its version that were not written, or are x, are below given.
type bound struct {
	operator string
	version  version
}

var (
	boundForm = regexp.MustCompile(`^(=|!=|>|<|>=|=>|<=|=<|~|~>|\^)?[ \t]*v?([0-9xX*]+(?:\.[0-9xX*]+){0,2})$`)
	hyphens   = regexp.MustCompile(`^[ \t]*(\S+)[ \t]+-[ \t]+(\S+)[ \t]*$`)
	// operatorGap is the space that may follow an operator, which would read as one between bounds.
	operatorGap = regexp.MustCompile(`([=!<>~^])[ \t]+`)
)

func newConstraint(text string) *constraint {
	c := &constraint{}
	for alternative := range strings.SplitSeq(text, "||") {
		if m := hyphens.FindStringSubmatch(alternative); m != nil {
			alternative = ">=" + m[1] + " <=" + m[2]
		}
		alternative = operatorGap.ReplaceAllString(alternative, "$1")
		var bounds []bound
		for word := range strings.FieldsFuncSeq(alternative, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' }) {
			b, ok := newBound(word)
			if !ok {
				return nil
			}
			bounds = append(bounds, b)
		}
		if len(bounds) == 0 {
			return nil
		}
		c.alternatives = append(c.alternatives, bounds)
	}
	return c
}

func newBound(word string) (bound, bool) {
	m := boundForm.FindStringSubmatch(word)
	if m == nil {
		return bound{}, false
	}
	b := bound{operator: m[1]}
	switch b.operator {
	case "=>", "=<", "~>":
		b.operator = map[string]string{"=>": ">=", "=<": "<=", "~>": "~"}[b.operator]
	case "=":
		b.operator = ""
	}
	for i, part := range strings.Split(m[2], ".") {
		if part == "x" || part == "X" || part == "*" {
			break
		}
		n, err := strconv.ParseUint(part, 10, 64)
		if err != nil {
			return bound{}, false
		}
		b.version.parts[i], b.version.given = n, i+1
	}
	odd := b.operator != "" && b.version.given == 0 || b.operator == "~" && b.version.parts == [3]uint64{}
	return b, !odd // >x and ~0.0.0 mean what nobody would guess
}

func (c *constraint) allows(v version) bool {
	if c == nil || v.pre != "" {
		return true
	}
	for _, bounds := range c.alternatives {
		all := true
		for _, b := range bounds {
			all = all && b.holds(v)
		}
		if all {
			return true
		}
	}
	return false
}

// holds compares as the package does, where a part that was not written stands for any.
func (b bound) holds(v version) bool {
	same := 0 // leading parts that are equal, of those written
	for same < b.version.given && v.parts[same] == b.version.parts[same] {
		same++
	}
	within := same == b.version.given
	switch order := v.compare(b.version); b.operator {
	case "!=":
		return !within
	case ">":
		return order > 0 && (!within || b.version.given == 3)
	case ">=":
		return order >= 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0 || within
	case "~":
		return order >= 0 && (same >= min(2, b.version.given))
	case "^":
		return order >= 0 && same >= b.caretParts()
	}
	return within
}

// caretParts is how many leading parts ^ holds fast: up to the first that is not zero.
func (b bound) caretParts() int {
	for i := range b.version.given {
		if b.version.parts[i] != 0 {
			return i + 1
		}
	}
	return b.version.given
}
