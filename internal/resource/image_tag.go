package resource

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// imageTags is the compiled part of a registry-image source that chooses tags where it names none.
type imageTags struct {
	regex      *program
	constraint *semver.Constraints
	err        error
}

func newImageTags(f *imageFilter) imageTags {
	var t imageTags
	if f.TagRegex != "" && !HasVar(f.TagRegex) {
		compiled, err := compileRegexp("tag_regex", f.TagRegex)
		switch {
		case isTooLarge(err):
			t.err = err
		case err != nil:
			t.err = errors.New("tag_regex is not a regular expression that Go takes")
		default:
			t.regex = &compiled
		}
	}
	if f.SemverConstraint != "" && !HasVar(f.SemverConstraint) {
		var err error
		if t.constraint, err = semver.NewConstraint(f.SemverConstraint); err != nil {
			t.err = errors.New("semver_constraint is not a constraint on versions")
		}
	}
	return t
}

// byRegex decides where tag_regex chooses the tags.
func (t imageTags) byRegex(text string, i event.ImagePushed, b *Budget) Decision {
	switch {
	case HasVar(text):
		return Check(uncertainVar, "%s (%s)", i, unresolved("tag_regex", text))
	case isTooLarge(t.err):
		return Check(uncertainLimit, "%s: %s", i, t.err)
	case t.regex == nil:
		return Check(uncertainFilter, "%s: tag_regex %s does not compile", i, text)
	}
	matches := t.regex.match(i.Tag, b)
	switch {
	case !b.take(0):
		return OutOfBudget(i)
	case matches:
		return Check(imageTagRegex, "%s matches tag_regex %s", i, text)
	}
	return Skip(imageTagRegex, "%s does not match tag_regex %s", i, text)
}

// version decides where any tag that is a version counts, and the bare one: latest, or the variant's name.
func (t imageTags) version(f *imageFilter, i event.ImagePushed) Decision {
	bare, text, ofVariant := cmp.Or(f.Variant, "latest"), i.Tag, true
	if f.Variant != "" {
		text, ofVariant = strings.CutSuffix(i.Tag, "-"+f.Variant)
	}
	v, err := semver.NewVersion(text)
	switch {
	case HasVar(f.Variant):
		return Check(uncertainVar, "%s (%s)", i, unresolved("variant", f.Variant))
	case i.Tag == bare && f.SemverConstraint != "" && !HasVar(f.SemverConstraint):
		return Skip(imageSemverConstraint, "%s, and semver_constraint leaves out a tag without a version", i)
	case i.Tag == bare:
		return checkUnlessVar(imageVersion, i.String()+", the bare tag", "semver_constraint", f.SemverConstraint)
	case !ofVariant:
		return Skip(imageVariant, "%s is not of the variant %s", i, f.Variant)
	case err != nil:
		return Skip(imageVersion, "%s is no version, nor %s", i, bare)
	case !t.allows(v):
		return Skip(imageSemverConstraint, "%s is not within semver_constraint %s", i, f.SemverConstraint)
	case v.Prerelease() != "":
		return preRelease(f, v.Prerelease(), i)
	}
	return checkUnlessVar(imageVersion, i.String()+" is a version", "semver_constraint", f.SemverConstraint)
}

// allows reports whether semver_constraint, read with the same package as in registry-image-resource, may allow a version.
// Without one all are allowed. So are all prereleases, since the package's releases differ on them.
func (t imageTags) allows(v *semver.Version) bool {
	return t.constraint == nil || v.Prerelease() != "" || t.constraint.Check(v)
}

// preRelease decides on a tag with a prerelease part, which counts if it is of the known kinds; others are variants.
func preRelease(f *imageFilter, pre string, i event.ImagePushed) Decision {
	if !f.PreReleases.may(true, false) {
		return Skip(imagePrerelease, "%s is a prerelease, and pre_releases is not set", i)
	}
	kinds := append([]string{"alpha", "beta", "rc"}, f.Prefixes...)
	known := slices.ContainsFunc(kinds, func(kind string) bool { return HasVar(kind) || strings.HasPrefix(pre, kind) })
	switch {
	case !known:
		return Skip(imageVariant, "%s is another variant, not a prerelease", i)
	case strings.Contains(pre, "-") && len(f.Prefixes) == 0:
		return Skip(imageVariant, "%s is another variant of a prerelease", i)
	}
	return checkUnlessVar(imagePrerelease, i.String()+" is a prerelease", "pre_releases", string(f.PreReleases),
		"pre_release_prefixes", strings.Join(f.Prefixes, " "), "semver_constraint", f.SemverConstraint)
}
