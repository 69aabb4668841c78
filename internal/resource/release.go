package resource

import (
	"cmp"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// releaseFilter is the filter of https://github.com/concourse/github-release-resource. tag_filter and semver_constraint are
// left out: they can only make a check find nothing.
type releaseFilter struct {
	Owner      string `json:"owner,omitempty"`
	User       string `json:"user,omitempty"`
	Repository string `json:"repository"`
	// GitHubAPIURL is set for a GitHub that is not github.com.
	GitHubAPIURL string `json:"github_api_url,omitempty"`
	Drafts       toggle `json:"drafts,omitempty"`
	PreRelease   toggle `json:"pre_release,omitempty"`
	Release      toggle `json:"release,omitempty"`

	watched
}

func (f *releaseFilter) fill(r *reader) {
	// user is the older name of owner. It wins (github.go, NewGitHubClient).
	if f.User = r.text("user"); f.User == "" {
		f.Owner = r.text("owner")
	}
	f.Repository = r.text("repository")
	f.GitHubAPIURL = apiEndpoint(r.text("github_api_url"))
	f.Drafts, f.PreRelease, f.Release = r.toggle("drafts"), r.toggle("pre_release"), r.toggle("release")
}

func (f *releaseFilter) index() (err error) {
	owner := cmp.Or(f.User, f.Owner)
	if strings.TrimSpace(owner) == "" {
		return errMissing("owner")
	}
	if strings.TrimSpace(f.Repository) == "" {
		return errMissing("repository")
	}
	f.keys, err = forgeKeys("owner and repository", owner+"/"+f.Repository, f.GitHubAPIURL)
	return err
}

// Decide follows https://github.com/concourse/github-release-resource/blob/master/check_command.go.
func (f *releaseFilter) Decide(e event.Event, b *Budget) Decision {
	return decide("github-release", &f.watched, e, b, f.release)
}

func (f *releaseFilter) release(r event.Release) Decision {
	switch r.Action {
	case "created", "published", "released", "prereleased":
	default:
		return Check(releaseChanged, "%s, which may bring up an older release", r)
	}
	switch {
	case f.wants(r.Draft, r.Prerelease):
		return checkUnlessVar(releasePublished, r.String(),
			"drafts", string(f.Drafts), "pre_release", string(f.PreRelease), "release", string(f.Release))
	case f.mayHaveLeft(r):
		return Check(releaseChanged, "%s, which the source no longer wants: that may bring up an older release", r)
	case !f.Drafts.may(r.Draft, false):
		return Skip(releaseDraft, "%s, which %s a draft, and drafts says otherwise", r, isOrIsNot(r.Draft))
	}
	return Skip(releasePrerelease, "%s, which %s a prerelease, and pre_release and release say otherwise", r, isOrIsNot(r.Prerelease))
}

// wants reports whether a release may be one of those that the source takes.
func (f *releaseFilter) wants(draft, prerelease bool) bool {
	return f.Drafts.may(draft, false) && !f.excludes(prerelease)
}

// mayHaveLeft reports whether the source may have wanted the release before, which then makes an older one the newest. GitHub says
// published of a former draft, too, and released or prereleased of a former prerelease or release
// (https://docs.github.com/en/webhooks/webhook-events-and-payloads#release).
func (f *releaseFilter) mayHaveLeft(r event.Release) bool {
	wasDraft := f.wants(true, false) || f.wants(true, true)
	switch r.Action {
	case "published":
		return wasDraft
	case "released", "prereleased":
		return wasDraft || f.wants(false, !r.Prerelease)
	}
	return false
}

// excludes reports whether a release is certainly left out because it is a prerelease, or because it is not one: pre_release
// differs from what it is, and release, which is true where it is not set, equals what it is.
func (f *releaseFilter) excludes(prerelease bool) bool {
	return !f.PreRelease.may(prerelease, false) && !f.Release.may(!prerelease, true)
}

func isOrIsNot(b bool) string {
	if b {
		return "is"
	}
	return "is not"
}
