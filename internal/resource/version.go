package resource

import "github.com/Masterminds/semver/v3"

// allows reports whether a semver_constraint, as registry-image-resource reads it with the same package, may allow a
// version. None allows everything; so does any one for a prerelease, where the package's releases differ.
func allows(c *semver.Constraints, v *semver.Version) bool {
	return c == nil || v.Prerelease() != "" || c.Check(v)
}
