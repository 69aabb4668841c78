package resource

import (
	"regexp"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// What a version of a git resource is, by version_type (https://github.com/concourse/git-resource/pull/474).
const (
	versionCommits  = "commits"  // the default, which a filter leaves out
	versionTags     = "tags"     // each tag that tag_filter, tag_filters or tag_regex matches
	versionBranches = "branches" // the list of the branches that branch_filters or branch_regex matches
)

// fillRefs sets the fields that say what a version is, and which tags or branches count.
func (f *gitFilter) fillRefs(r *reader) {
	if f.VersionType = r.text("version_type"); f.VersionType == versionCommits {
		f.VersionType = ""
	}
	if f.VersionType == versionBranches {
		f.BranchFilters, f.BranchRegex = r.texts("branch_filters"), r.text("branch_regex")
		return
	}
	f.TagFilter, f.TagRegex, f.TagFilters = r.text("tag_filter"), r.text("tag_regex"), r.texts("tag_filters")
}

func (f *gitFilter) newNameMatcher() nameMatcher {
	switch f.VersionType {
	case versionTags:
		filters := f.TagFilters
		if f.TagFilter != "" {
			filters = append([]string{f.TagFilter}, filters...)
		}
		return newRefMatcher("tag_filters", filters, "tag_regex", f.TagRegex)
	case versionBranches:
		return newRefMatcher("branch_filters", f.BranchFilters, "branch_regex", f.BranchRegex)
	}
	return newTagMatcher(f.TagFilter, f.TagRegex)
}

// pushForRefs decides where a version is a tag's name, or the list of the branches' names, whatever the commits and files.
func (f *gitFilter) pushForRefs(p event.Push, b *Budget) Decision {
	tag, isTag := p.Tag()
	branch, isBranch := p.Branch()
	switch {
	case f.VersionType == versionTags && !isTag:
		return Skip(gitTag, "%s, only tags count", pushed(p))
	case f.VersionType == versionTags:
		return f.names.decide(gitTag, pushed(p), tag, b)
	case f.VersionType == versionBranches && !isBranch:
		return Skip(gitBranch, "%s, only branches count", pushed(p))
	case f.VersionType == versionBranches:
		d := f.names.decide(gitBranch, pushed(p), branch, b)
		if !d.Check || p.Deleted {
			return d
		}
		return Check(d.then(uncertainNewBranch), "%s: the branch may be a new one", d.Reason)
	}
	return Check(unsure(f.VersionType), "%s, which may count (version_type is %s)", pushed(p), f.VersionType)
}

// newRefMatcher decides as assets/check does for tags and for branches: [[ NAME == FILTER ]] for one of the filters, or a
// regular expression of grep -E that matches a part of the name. Without either every name counts.
func newRefMatcher(filtersField string, filters []string, regexField, regex string) nameMatcher {
	regex = strings.TrimRight(regex, "\n")
	switch {
	case len(filters) > 0 && regex != "":
		return bothSet(filtersField, regexField)
	case regex != "":
		m := nameMatcher{text: regexField + " " + regex, field: regexField, unsure: unresolved(regexField, regex)}
		if m.unsure == "" && (strings.HasPrefix(regex, "-") || strings.Contains(regex, "\n")) { // an option, or more than one expression
			m.unsure = notModelled(regexField)
		}
		if m.unsure == "" {
			m.grep(regex, "(?:%s)")
		}
		return m
	}
	return newRefFilters(filtersField, filters)
}

// newRefFilters reads patterns of bash, whose * takes slashes too.
func newRefFilters(field string, filters []string) nameMatcher {
	m := nameMatcher{text: field + " " + strings.Join(filters, " "), field: field}
	if len(filters) == 0 {
		m.text = ""
		m.matches = func(string, *Budget) bool { return true }
		return m
	}
	var patterns []string
	for _, filter := range filters {
		if m.unsure = unresolved(field, filter); m.unsure != "" {
			return m
		}
		if strings.ContainsAny(filter, "[\\(\n") || strings.ContainsFunc(filter, notASCII) { // classes, quotes, extended patterns, two patterns
			m.unsure = notModelled(field)
			return m
		}
		patterns = append(patterns, strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(filter)))
	}
	re, err := compileRegexp(field, "^(?:"+strings.Join(patterns, "|")+")$")
	if err != nil {
		m.unsure, m.tooLarge = err.Error(), isTooLarge(err)
		return m
	}
	// What ? means outside ASCII depends on bash's locale.
	m.matches = func(name string, b *Budget) bool { return re.match(name, b) || strings.ContainsFunc(name, notASCII) }
	return m
}
