package resource

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// variable is a ((var)) as Concourse interpolates it: interpolationRegex of
// https://github.com/concourse/concourse/blob/master/vars/template.go.
var variable = regexp.MustCompile(`\(\((?:[-/.\w\pL]+:)?[-/.:@"\w\pL]+\)\)`)

// HasVar reports whether s holds a ((var)) that was not resolved: its value is unknown.
func HasVar(s string) bool { return strings.Contains(s, "((") && variable.MatchString(s) }

// varIn is the first ((var)) of a field that may be of any kind; "" if it is no text with one.
func varIn(v any) string {
	s, _ := v.(string)
	return variable.FindString(s)
}

// unknown stands in the place of a ((var)) while a text is brought to its canonical form. It is a rune of Unicode's private
// use area, which no real name holds.
const unknown = "\uE000"

// Pattern matches the names of one space that are known in part.
type Pattern struct {
	space event.Space
	name  string   // with unknown for what is not known
	parts []string // what is known, in order
	fold  bool     // the case does not matter; parts are in lower case
}

// newPattern makes a pattern of a canonical name in which unknown stands for anything, an empty string and slashes too.
// It reports false where nothing is known: it would match everything.
func newPattern(space event.Space, name string) (Pattern, bool) {
	if !strings.ContainsFunc(strings.ReplaceAll(name, unknown, ""), isWord) {
		return Pattern{}, false
	}
	// The path's case may not matter, which only a known host would tell.
	return patternOf(space, name, space == event.SpaceRepository), true
}

func patternOf(space event.Space, name string, fold bool) Pattern {
	p := Pattern{space: space, name: name, parts: strings.Split(name, unknown), fold: fold}
	if fold {
		p.parts = strings.Split(folded(name), unknown)
	}
	return p
}

// folded is a text whose case does not matter any more.
func folded(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || 'A' <= c && c <= 'Z' {
			return strings.ToLower(strings.ToUpper(s))
		}
	}
	return s
}

// everyName is the pattern that matches every name of a space.
func everyName(space event.Space) Pattern { return patternOf(space, unknown, false) }

func isWord(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r > 127
}

// Space is the space of the names.
func (p Pattern) Space() event.Space { return p.space }

// Match reports whether the key may be one that the pattern means.
func (p Pattern) Match(k event.Key) bool {
	if k.Space != p.space {
		return false
	}
	rest := k.Name
	if p.fold {
		rest = folded(rest)
	}
	last := len(p.parts) - 1
	if last == 0 {
		return rest == p.parts[0]
	}
	rest, ok := strings.CutPrefix(rest, p.parts[0])
	if !ok {
		return false
	}
	if rest, ok = strings.CutSuffix(rest, p.parts[last]); !ok {
		return false
	}
	for _, part := range p.parts[1:last] {
		if _, rest, ok = strings.Cut(rest, part); !ok {
			return false
		}
	}
	return true
}

// Steps is the work of a comparison with a key, as a Budget counts it.
func (p Pattern) Steps(k event.Key) int {
	return 12 + 2*len(p.parts) + len(k.Name)/8
}

// String is the space and the name, with * for what is not known.
func (p Pattern) String() string {
	return string(p.space) + ":" + strings.ReplaceAll(p.name, unknown, "*")
}

// Names are the keys and patterns as text.
func (k Keys) Names() []string {
	var names []string
	for _, key := range k.Exact {
		names = append(names, key.String())
	}
	for _, p := range k.Patterns {
		names = append(names, p.String())
	}
	return names
}

// OnAnyHost are the keys by which events find the filter whose provider does not say the host.
func (k Keys) OnAnyHost() Keys {
	var found Keys
	for _, key := range k.Exact {
		if key, ok := key.OnAnyHost(); ok {
			found.Exact = append(found.Exact, key)
		}
	}
	for _, p := range k.Patterns {
		if p, ok := p.onAnyHost(); ok {
			found.Patterns = append(found.Patterns, p)
		}
	}
	return found
}

// onAnyHost is the pattern of the path. What is unknown may hold slashes, so of a path behind it only the end is known: where that may
// begin too late, it costs a check, where it may begin too early, it misses one.
func (p Pattern) onAnyHost() (Pattern, bool) {
	host, path, _ := strings.Cut(p.name, "/")
	start := ""
	if i := strings.LastIndex(p.name, unknown); i >= 0 {
		start, path = unknown, p.name[i+len(unknown):]
		if _, after, ok := strings.Cut(path, "/"); ok {
			path = after
		}
	}
	if strings.Contains(host, unknown) {
		host = unknown
	}
	key, ok := event.Key{Space: p.space, Name: host + "/" + path}.OnAnyHost()
	return patternOf(key.Space, start+key.Name, p.fold), ok
}

// Match reports whether the event shares one of the keys.
func (k Keys) Match(e event.Event) bool {
	keys := e.Keys()
	return slices.ContainsFunc(keys, k.has) || slices.ContainsFunc(keys, k.OnAnyHost().has)
}

func (k Keys) has(key event.Key) bool {
	return slices.Contains(k.Exact, key) || slices.ContainsFunc(k.Patterns, func(p Pattern) bool { return p.Match(key) })
}

// and joins two sets of keys.
func (k Keys) and(other Keys) Keys {
	return Keys{Exact: append(k.Exact, other.Exact...), Patterns: append(k.Patterns, other.Patterns...)}
}

// keysOf finds the keys of a field by which a resource is found: an exact one if text is known, a pattern if ((vars)) leave
// it known in part, an error if nothing is known. canonical makes the key of a text; field is for the error.
func keysOf(field, text string, canonical func(string) event.Key) (Keys, error) {
	if strings.TrimSpace(text) == "" {
		return Keys{}, errMissing(field)
	}
	if isTemplate(text) {
		return Keys{}, errTemplate(field)
	}
	if !HasVar(text) {
		key := canonical(text)
		if key.Name == "" {
			return Keys{}, fmt.Errorf("%s names nothing that an event could be about", field)
		}
		return Keys{Exact: []event.Key{key}}, nil
	}
	key := canonical(unknownStart.ReplaceAllString(variable.ReplaceAllString(text, unknown), unknown))
	name := key.Name
	if name == "" {
		name = strings.TrimSuffix(strings.TrimRight(variable.ReplaceAllString(text, unknown), "/"), ".git")
	}
	if !strings.Contains(name, unknown) {
		return Keys{Exact: []event.Key{key}}, nil // only a password, or another part that does not matter, is unknown
	}
	p, ok := newPattern(key.Space, name)
	if !ok {
		return Keys{}, errUnresolved(field)
	}
	return Keys{Patterns: []Pattern{p}}, nil
}

// isTemplate reports whether a text holds (( )) that is no ((var)) of Concourse, which another program has to fill in before: spruce's
// (( grab meta.uri )).
func isTemplate(text string) bool {
	rest := variable.ReplaceAllString(text, "")
	open := strings.Index(rest, "((")
	return open >= 0 && strings.Contains(rest[open:], "))")
}

// templateError is an ErrUnresolved in the field that it names.
type templateError string

func (e templateError) Error() string {
	return string(e) + " holds a (( )) that is no ((var)), and was not resolved: fill the template in first, with spruce or what it is for"
}

// Is makes it one of ErrUnresolved.
func (templateError) Is(target error) bool { return target == ErrUnresolved }

func errTemplate(field string) error { return templateError(field) }

// plainName refuses a URL where a mere name is expected: no event has it for a name, and it may hold a password.
func plainName(field, name string) error {
	if strings.ContainsAny(variable.ReplaceAllString(name, ""), "@:?") {
		return errors.New(field + " holds one of @ : ?, as a URL does, where only a name is expected")
	}
	return nil
}

// unknownStart finds a URL's port behind a start that is unknown. A port is not part of a name.
var unknownStart = regexp.MustCompile("^" + unknown + `:[0-9]+(?:/|$)`)
