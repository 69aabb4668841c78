package resource

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// imageTags is what of a registry-image source chooses tags: the tag, else tag_regex, else the bare tag and versions.
type imageTags struct {
	regex      *regexp.Regexp
	constraint *semver.Constraints
	err        error
}

func newImageTags(f *imageFilter) imageTags {
	var t imageTags
	var err error
	if f.TagRegex != "" && !HasVar(f.TagRegex) {
		if t.regex, err = regexp.Compile(f.TagRegex); err != nil {
			t.err = errors.New("tag_regex is not a regular expression that Go takes")
		}
	}
	if f.SemverConstraint != "" && !HasVar(f.SemverConstraint) {
		if t.constraint, err = semver.NewConstraint(f.SemverConstraint); err != nil {
			t.err = errors.New("semver_constraint is not a constraint on versions")
		}
	}
	return t
}

func (t imageTags) decide(f *imageFilter, i event.ImagePushed) Decision {
	switch {
	case f.Tag != "":
		return isTag(f.Tag, i)
	case f.TagRegex == "":
		return t.version(f, i)
	case t.regex == nil && HasVar(f.TagRegex):
		return Check("%s (%s)", i, unresolved("tag_regex", f.TagRegex))
	case t.regex == nil:
		return Check("%s: tag_regex %s does not compile", i, f.TagRegex)
	case t.regex.MatchString(i.Tag):
		return Check("%s matches tag_regex %s", i, f.TagRegex)
	}
	return Skip("%s does not match tag_regex %s", i, f.TagRegex)
}

// version decides where any tag that is a version counts, and the bare one: latest, or the variant's name.
func (t imageTags) version(f *imageFilter, i event.ImagePushed) Decision {
	bare, text := "latest", i.Tag
	switch {
	case HasVar(f.Variant):
		return Check("%s (%s)", i, unresolved("variant", f.Variant))
	case f.Variant != "":
		bare = f.Variant
	}
	if i.Tag == bare {
		if f.SemverConstraint != "" && !HasVar(f.SemverConstraint) {
			return Skip("%s, and semver_constraint leaves out a tag without a version", i)
		}
		return Check("%s, the bare tag", i)
	}
	if f.Variant != "" {
		var ok bool
		if text, ok = strings.CutSuffix(i.Tag, "-"+f.Variant); !ok {
			return Skip("%s is not of the variant %s", i, f.Variant)
		}
	}
	v, err := semver.NewVersion(text)
	switch {
	case err != nil:
		return Skip("%s is no version, nor %s", i, bare)
	case !allows(t.constraint, v):
		return Skip("%s is not within semver_constraint %s", i, f.SemverConstraint)
	case v.Prerelease() != "":
		return preRelease(f, v.Prerelease(), i)
	}
	return Check("%s is a version", i)
}

// preRelease decides on a tag with a prerelease part, which counts if it is of the known kinds; others are variants.
func preRelease(f *imageFilter, pre string, i event.ImagePushed) Decision {
	if !f.PreReleases.may(true, false) {
		return Skip("%s is a prerelease, and pre_releases is not set", i)
	}
	kinds := append([]string{"alpha", "beta", "rc"}, f.Prefixes...)
	known := slices.ContainsFunc(kinds, func(kind string) bool { return HasVar(kind) || strings.HasPrefix(pre, kind) })
	if !known {
		return Skip("%s is another variant, not a prerelease", i)
	}
	if strings.Contains(pre, "-") && len(f.Prefixes) == 0 {
		return Skip("%s is another variant of a prerelease", i)
	}
	return Check("%s is a prerelease", i)
}
