package resource

// Rule is the stable name of what decided, for logs and scripts: the words of a reason may change, a rule's name does not.
// The part before the dot says what the rule is about. A rule of "uncertain" always checks, because something that would have
// decided was not known. docs/rules.md explains each rule to operators.
type Rule string

// The rules of package match.
const (
	Named    Rule = "named"     // the delivery names the check itself
	NoEvents Rule = "no_events" // nothing happened
	OtherKey Rule = "other.key" // the events are about nothing that the filter is found by
)

const (
	never           Rule = "never"            // the resource can't have a version, whatever happens
	otherKind       Rule = "other.kind"       // events of this kind make no version of the type
	otherRepository Rule = "other.repository" // another git repository
	otherBucket     Rule = "other.bucket"     // another bucket, or one of another store
	otherImage      Rule = "other.image"      // another image repository
	otherBuild      Rule = "other.build"      // a build of another name

	gitBranch            Rule = "git.branch"             // the ref is, or is not, the one that the resource follows
	gitDefaultBranch     Rule = "git.default_branch"     // the default branch is another one now
	gitRepositoryChanged Rule = "git.repository_changed" // the repository's name, owner or visibility changed
	gitDeleted           Rule = "git.deleted"            // the ref was deleted
	gitTag               Rule = "git.tag"                // tag_filter or tag_regex
	gitCISkip            Rule = "git.ci_skip"            // every commit says [ci skip]
	gitPaths             Rule = "git.paths"              // paths; of a pool its folder, of a semver its file
	gitIgnorePaths       Rule = "git.ignore_paths"       // ignore_paths

	objectKey    Rule = "object.key"    // versioned_file, key or item_name: an object's exact key; of a terraform, a state
	objectRegexp Rule = "object.regexp" // regexp

	imageTag              Rule = "image.tag"               // tag; of a docker-image also latest, where there is none
	imageTagRegex         Rule = "image.tag_regex"         // tag_regex
	imageVersion          Rule = "image.version"           // the tag is a version, or latest, or the variant's name; or none of these
	imageVariant          Rule = "image.variant"           // the tag is of another variant
	imageSemverConstraint Rule = "image.semver_constraint" // semver_constraint leaves the tag out
	imagePrerelease       Rule = "image.prerelease"        // pre_releases and pre_release_prefixes

	releasePublished  Rule = "release.published"  // a release was published that the source wants
	releaseChanged    Rule = "release.changed"    // a release was edited or deleted: an older one may be the newest now
	releaseDraft      Rule = "release.draft"      // drafts
	releasePrerelease Rule = "release.prerelease" // pre_release and release

	pullRequestChanged    Rule = "pull_request.changed"     // a pull request changed that the source wants
	pullRequestComment    Rule = "pull_request.comment"     // a comment, which only some of the types build
	pullRequestNumber     Rule = "pull_request.number"      // number
	pullRequestBaseBranch Rule = "pull_request.base_branch" // base_branch, base or target_branch
	pullRequestState      Rule = "pull_request.state"       // states

	buildNumber Rule = "build.number" // build_number_prefix

	statusContext Rule = "status.context" // context
	statusBranch  Rule = "status.branch"  // the commit is, or is not, on the branch

	uncertainVar           Rule = "uncertain.var"            // a field that decides holds a ((var)) that was not resolved
	uncertainFilter        Rule = "uncertain.filter"         // a field that decides can't be evaluated
	uncertainLimit         Rule = "uncertain.limit"          // the filter is over a limit of size
	uncertainBudget        Rule = "uncertain.budget"         // the delivery's budget of work is used up
	uncertainDefaultBranch Rule = "uncertain.default_branch" // the sender does not say which branch is the default
	uncertainMergedTag     Rule = "uncertain.merged_tag"     // a push to the branch may merge a tag
	uncertainForced        Rule = "uncertain.forced"         // the push may be a forced one, which counts
	uncertainMergeable     Rule = "uncertain.mergeable"      // a push may make a pull request mergeable, and only those count
	uncertainCommits       Rule = "uncertain.commits"        // the push may have more commits than are listed
	uncertainFiles         Rule = "uncertain.files"          // the push may have changed more files than are listed
	uncertainTag           Rule = "uncertain.tag"            // the sender does not say the image's tag
	uncertainStatus        Rule = "uncertain.status"         // the commit may be that of branch, which may be no branch
	uncertainPullRequest   Rule = "uncertain.pull_request"   // the sender does not say the pull request's base or state
)
