package resource

import (
	"errors"
	"regexp"
	"strings"
)

var (
	errRegexp  = errors.New("regexp is not a regular expression that Go takes")
	errNoGroup = errors.New("regexp has no group for the version, so there is never one")
)

// readWhole reads the gcs resource's regexp, which must match a whole key.
func readWhole(text string) (func(key string) bool, error) {
	re, err := regexp.Compile("^" + text + "$") // not grouped, as the resource does it
	if err != nil {
		return nil, errRegexp
	}
	return re.MatchString, nil
}

// readSections reads the s3 resource's regexp, by which it walks through the bucket's folders, section by section
// (https://github.com/concourse/s3-resource/blob/master/versions/versions.go). Earlier releases matched a whole key, so a key
// that either of the two takes counts.
func readSections(text string) (func(key string) bool, error) {
	anywhere, err := regexp.Compile(text)
	if err != nil {
		return nil, errRegexp
	}
	whole, err := readWhole(text)
	switch {
	case err != nil:
		return nil, err
	case anywhere.NumSubexp() == 0:
		return nil, errNoGroup
	}
	sections := strings.Split(strings.TrimSuffix(strings.TrimPrefix(text, "^"), "$"), "/")
	return func(key string) bool { return whole(key) || walks(sections, key) && anywhere.MatchString(key) }, nil
}

// walks reports whether the walk from the bucket's root comes to the key. The folder it is in becomes part of the next
// section's expression as it stands, not quoted and not grouped. A section that does not compile stops nothing.
func walks(sections []string, key string) bool {
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
		if re, err := regexp.Compile(expression); err == nil && !re.MatchString(entry) {
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
