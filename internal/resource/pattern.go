package resource

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// variable is a ((var)) as Concourse interpolates it (vars/template.go: interpolationRegex).
var variable = regexp.MustCompile(`\(\((?:[-/.\w\pL]+:)?[-/.:@"\w\pL]+\)\)`)

// HasVar reports whether s holds a ((var)) that was not resolved: its value is unknown.
func HasVar(s string) bool { return strings.Contains(s, "((") && variable.MatchString(s) }

// unknown stands for a ((var)) while text is brought to its canonical form: a rune of Unicode's private use area, which no
// name outside holds.
const unknown = "\uE000"

// Pattern matches the names of one space that are known in part.
type Pattern struct {
	space event.Space
	name  string // with unknown for what is not known
	re    *regexp.Regexp
}

// newPattern makes a pattern of a canonical name in which unknown stands for anything, an empty string and slashes too.
// It reports false where nothing is known: it would match everything.
func newPattern(space event.Space, name string) (Pattern, bool) {
	if !strings.ContainsFunc(strings.ReplaceAll(name, unknown, ""), isWord) {
		return Pattern{}, false
	}
	parts := strings.Split(name, unknown)
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	flags := "s"
	if space == event.SpaceRepository {
		flags = "si" // whether a forge folds the path can't be told where its host is unknown
	}
	return Pattern{space: space, name: name, re: regexp.MustCompile("^(?" + flags + ":" + strings.Join(parts, ".*") + ")$")}, true
}

var anything = regexp.MustCompile("")

// everyName is the pattern of what may be any name of a space.
func everyName(space event.Space) Pattern { return Pattern{space: space, name: unknown, re: anything} }

func isWord(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r > 127
}

// Match reports whether the key may be meant.
func (p Pattern) Match(k event.Key) bool { return k.Space == p.space && p.re.MatchString(k.Name) }

// String is the space and the name, with * for what is not known.
func (p Pattern) String() string {
	return string(p.space) + ":" + strings.ReplaceAll(p.name, unknown, "*")
}

// Match reports whether the event shares one of the keys.
func (k Keys) Match(e event.Event) bool {
	for _, key := range e.Keys() {
		if slices.Contains(k.Exact, key) || slices.ContainsFunc(k.Patterns, func(p Pattern) bool { return p.Match(key) }) {
			return true
		}
	}
	return false
}

// and joins two sets of keys.
func (k Keys) and(other Keys) Keys {
	return Keys{Exact: append(k.Exact, other.Exact...), Patterns: append(k.Patterns, other.Patterns...)}
}

// keysOf finds the keys of an identifying field of a source: exact where text is known, a pattern where ((vars)) leave it
// known in part, an error where nothing is. The field's name is for the error, and canonical brings text to its key.
func keysOf(field, text string, canonical func(string) event.Key) (Keys, error) {
	if strings.TrimSpace(text) == "" {
		return Keys{}, fmt.Errorf("%s is missing", field)
	}
	if !HasVar(text) {
		key := canonical(text)
		if key.Name == "" {
			return Keys{}, fmt.Errorf("%s does not name anything that an event could", field)
		}
		return Keys{Exact: []event.Key{key}}, nil
	}
	key := canonical(unknownStart.ReplaceAllString(variable.ReplaceAllString(text, unknown), unknown))
	name := key.Name
	if name == "" {
		name = strings.TrimSuffix(strings.TrimRight(variable.ReplaceAllString(text, unknown), "/"), ".git")
	}
	if !strings.Contains(name, unknown) {
		return Keys{Exact: []event.Key{key}}, nil // only the password, or what else does not matter, is unknown
	}
	p, ok := newPattern(key.Space, name)
	if !ok {
		return Keys{}, fmt.Errorf("%s is a ((var)) that was not resolved; give its value with -v or -l", field)
	}
	return Keys{Patterns: []Pattern{p}}, nil
}

// unknownStart is a URL whose start up to the host's port is unknown: the port is not part of a name.
var unknownStart = regexp.MustCompile("^" + unknown + `:[0-9]+(?:/|$)`)
