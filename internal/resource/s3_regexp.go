package resource

import (
	"regexp"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// sectionRegexp is the s3 resource's regexp, which it walks the bucket's folders by, section by section
// (https://github.com/concourse/s3-resource/blob/master/versions/versions.go). Its releases differ, so either reading of
// the expression is taken: the walk's, and the match of the whole key that releases before it made.
type sectionRegexp struct {
	text     string
	sections []string
	// whole is nil where the expression does not compile.
	whole, anchored *regexp.Regexp
}

func newSectionRegexp(text string) *sectionRegexp {
	trimmed := strings.TrimSuffix(strings.TrimPrefix(text, "^"), "$")
	s := &sectionRegexp{text: text, sections: strings.Split(trimmed, "/")}
	var err error
	if s.whole, err = regexp.Compile(text); err != nil {
		return s
	}
	if s.anchored, err = regexp.Compile("^" + text + "$"); err != nil { // not grouped, as they did it
		s.whole = nil
	}
	return s
}

func (s *sectionRegexp) decide(o event.ObjectCreated) Decision {
	switch {
	case s.whole == nil:
		return Check("%s: regexp %s does not compile", o, s.text)
	case s.whole.NumSubexp() == 0:
		return Skip("%s: regexp %s has no group for the version", o, s.text)
	case s.anchored.MatchString(o.Key), s.walks(o.Key) && s.whole.MatchString(o.Key):
		return Check("%s matches regexp %s", o, s.text)
	}
	return Skip("%s does not match regexp %s", o, s.text)
}

// walks reports whether the walk from the bucket's root comes to the key. A folder that it is in becomes part of the next
// section's expression as it stands, unquoted and ungrouped. A section that does not compile stops nothing.
func (s *sectionRegexp) walks(key string) bool {
	prefix := ""
	for i, section := range s.sections {
		leaf := i == len(s.sections)-1
		if !leaf && !strings.ContainsAny(section, `\*.[](){}?|^$+`) {
			prefix += section + "/"
			if !strings.HasPrefix(key, prefix) {
				return false
			}
			continue
		}
		entry, isFolder := entryBelow(prefix, key)
		if isFolder == leaf {
			return false
		}
		expression := "^" + prefix + section + "$"
		if !leaf {
			expression = "^" + prefix + section + "/$"
		}
		if re, err := regexp.Compile(expression); err == nil && !re.MatchString(entry) {
			return false
		}
		prefix = entry
	}
	return true
}

// entryBelow is what a listing of the folder prefix shows for key: the key itself, or the folder below that it is in.
func entryBelow(prefix, key string) (entry string, isFolder bool) {
	name, _, isFolder := strings.Cut(key[len(prefix):], "/")
	if isFolder {
		return prefix + name + "/", true
	}
	return key, false
}
