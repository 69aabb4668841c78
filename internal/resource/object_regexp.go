package resource

import (
	"errors"
	"strings"
)

var (
	errRegexp  = errors.New("regexp is not a regular expression that Go takes")
	errNoGroup = errors.New("regexp has no group for the version, so there is never one")
)

// keyMatcher says whether an object's key is meant. Where the budget is used up, its answer means nothing.
type keyMatcher func(key string, b *Budget) bool

// refusedRegexp is the error for a regexp that is not compiled.
func refusedRegexp(err error) error {
	if isTooLarge(err) {
		return err
	}
	return errRegexp
}

// readWhole reads the gcs resource's regexp, which must match a whole key.
func readWhole(text string) (keyMatcher, error) {
	re, err := compileRegexp("regexp", "^"+text+"$") // not grouped, as the resource does it
	if err != nil {
		return nil, refusedRegexp(err)
	}
	return re.match, nil
}

// readSections reads the s3 resource's regexp, by which it walks through the bucket's folders, section by section
// (https://github.com/concourse/s3-resource/blob/master/versions/versions.go). Earlier releases matched a whole key, so a key
// that either of the two takes counts.
func readSections(text string) (keyMatcher, error) {
	anywhere, err := compileRegexp("regexp", text)
	if err != nil {
		return nil, refusedRegexp(err)
	}
	whole, err := readWhole(text)
	switch {
	case err != nil:
		return nil, err
	case anywhere.re.NumSubexp() == 0:
		return nil, errNoGroup
	}
	sections := strings.Split(strings.TrimSuffix(strings.TrimPrefix(text, "^"), "$"), "/")
	return func(key string, b *Budget) bool {
		return whole(key, b) || walks(sections, key, b) && anywhere.match(key, b)
	}, nil
}

// walks reports whether the walk from the bucket's root comes to the key. The folder it is in becomes part of the next
// section's expression as it stands, not quoted and not grouped. A section that does not compile, or would be too large, stops
// nothing.
func walks(sections []string, key string, b *Budget) bool {
	prefix := ""
	for i, section := range sections {
		leaf := i == len(sections)-1
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
		if !b.take(stepsPerRegexpByte * len(expression)) {
			return true
		}
		if re, err := compileRegexp("regexp", expression); err == nil && !re.match(entry, b) {
			return false
		}
		prefix = entry
	}
	return true
}

// entryBelow is what a list of the folder prefix shows for key: the key itself, or the folder below prefix that holds it.
func entryBelow(prefix, key string) (entry string, isFolder bool) {
	name, _, isFolder := strings.Cut(key[len(prefix):], "/")
	if isFolder {
		return prefix + name + "/", true
	}
	return key, false
}
