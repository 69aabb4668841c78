package commands

import (
	"fmt"
	"regexp"
	"strings"
)

// hook is what has to exist at a provider so that it sends deliveries.
type hook struct {
	// About is what the deliveries are about: repository:github.com/acme/app.
	About string `json:"about"`
	// At is where to make it: a URL, or the place in words.
	At string `json:"at"`
	// Sends are the provider's events.
	Sends string `json:"sends"`
	// To is the endpoint, or its path.
	To string `json:"to"`
}

// place is where a provider has its hooks.
type place struct {
	// host matches the host of a key's name.
	host *regexp.Regexp
	// at has {host}, {path} and {owner} (the path's first part) for those of the key.
	at string
	// sends are the events by what the resource is about.
	sends map[subject]string
	to    string
}

// subject is what a resource's events are about.
type subject string

const (
	pushes       subject = "pushes"
	pullRequests subject = "pull requests"
	releases     subject = "releases"
	statuses     subject = "statuses of commits"
	objects      subject = "objects"
	images       subject = "images"
)

// subjects are the words in the names of types by which they tell what their resources are about. Other types of repositories are about
// pushes.
var subjects = []struct {
	name *regexp.Regexp
	is   subject
}{
	{regexp.MustCompile(`^github-release$`), releases},
	{regexp.MustCompile(`^github-status$`), statuses},
	{regexp.MustCompile(`^(.*-)?(pull-request|merge-request|pr|prlist|pixelair-github)$`), pullRequests},
}

// repositoryHooks are the places of the servers of repositories, whose documents have the events' names: see docs/support.md. The last
// one is any other server.
var repositoryHooks = []place{
	{regexp.MustCompile(`^gist\.`), "nowhere: GitHub has no webhooks for gists, so go on polling", map[subject]string{pushes: "nothing"}, "/generic, if something else tells of it"},
	{regexp.MustCompile(`^github\.com$|github`), "https://{host}/{path}/settings/hooks, or once for all repositories https://{host}/organizations/{owner}/settings/hooks", map[subject]string{
		pushes:       "push, create, delete, repository, public (content type application/json)",
		pullRequests: "pull_request, pull_request_review, pull_request_review_comment, issue_comment, push (content type application/json)",
		releases:     "release (content type application/json)",
		statuses:     "status, push, pull_request (content type application/json)",
	}, "/github"},
	{regexp.MustCompile(`gitlab`), "https://{host}/{path}/-/hooks, or the group's settings for all its projects", map[subject]string{
		pushes: "push events, tag push events", pullRequests: "merge request events, comments, push events", releases: "releases events",
	}, "/gitlab"},
	{regexp.MustCompile(`^bitbucket\.org$`), "https://{host}/{path}/admin/webhooks", map[subject]string{
		pushes: "repo:push, repo:updated", pullRequests: "pullrequest:*",
	}, "/bitbucket"},
	{regexp.MustCompile(`bitbucket|stash`), "the repository's settings, Webhooks, at https://{host}", map[subject]string{
		pushes: "repo:refs_changed, repo:modified", pullRequests: "pr:*",
	}, "/bitbucket"},
	{regexp.MustCompile(`^dev\.azure\.com$|\.visualstudio\.com$`), "the settings of the project, Service hooks, Web Hooks, at https://{host}/{owner}", map[subject]string{
		pushes: "Code pushed", pullRequests: "Pull request created, updated, commented on",
	}, "/azure-devops"},
	{regexp.MustCompile(`^codecommit$`), "an EventBridge rule for the repository {path}", map[subject]string{
		pushes: "CodeCommit Repository State Change: referenceCreated, referenceUpdated, referenceDeleted",
	}, "the function lambda/notification"},
	{regexp.MustCompile(`^codeberg\.org$|gitea|forgejo|gogs`), "https://{host}/{path}/settings/hooks", map[subject]string{
		pushes: "push, create, delete", pullRequests: "pull requests, comments", releases: "release",
	}, "/gitea"},
	{regexp.MustCompile(``), "a webhook of {path} in the settings of {host}", map[subject]string{
		pushes: "pushes, new and deleted branches and tags", pullRequests: "pull requests and comments on them", releases: "releases",
	}, "the path of its kind: /github, /gitlab, /bitbucket, /gitea, or /generic"},
}

// imageHooks are the places of registries.
var imageHooks = []place{
	{regexp.MustCompile(`^docker\.io$`), "https://hub.docker.com/repository/docker/{path}/webhooks", nil, "/dockerhub/SECRET"},
	{regexp.MustCompile(`^ghcr\.io$`), "https://github.com/organizations/{owner}/settings/hooks, or the settings of the repository that publishes it: the event registry_package", nil, "/github"},
	{regexp.MustCompile(`^quay\.io$`), "https://quay.io/repository/{path}?tab=settings: Push to Repository", nil, "/quay/SECRET"},
	{regexp.MustCompile(`\.dkr\.ecr\.`), "an EventBridge rule for the repository {path}: ECR Image Action", nil, "the function lambda/notification"},
	{regexp.MustCompile(`\.azurecr\.`), "a webhook of the registry {host}, with the action push", nil, "/acr"},
	{regexp.MustCompile(`(^|\.)gcr\.io$|\.pkg\.dev$`), "the Pub/Sub topic gcr of the project {owner} with a push subscription", nil, "/pubsub/SECRET"},
	{regexp.MustCompile(`\.jfrog\.io$|artifactory`), "a webhook of Artifactory at {host}: Docker, Tag was pushed", nil, "/jfrog"},
	{regexp.MustCompile(`harbor`), "a webhook of the project {owner} at {host}: Artifact pushed", nil, "/harbor"},
	{regexp.MustCompile(``), "a webhook of {path}, or the notifications, of the registry {host}", nil, "the path of its kind: /harbor, /jfrog, /quay/SECRET, /registry, /zot, or /generic"},
}

// subjectOf is what the resources of a type with these rules are about.
func subjectOf(space, rules string) subject {
	switch space {
	case "bucket":
		return objects
	case "image":
		return images
	}
	for _, s := range subjects {
		if s.name.MatchString(rules) {
			return s.is
		}
	}
	return pushes
}

// hookFor is the hook for what a resource's key names. rules is the type whose rules it follows.
func hookFor(key, rules string) hook {
	space, name, _ := strings.Cut(key, ":")
	h := hook{About: key}
	if rules == "artifactory" {
		h.At, h.Sends, h.To = "the webhooks of Artifactory, in its administration", "Artifact was deployed, Build was uploaded", "/jfrog"
		return h
	}
	switch space {
	case "bucket":
		return bucketHook(h, name, rules)
	case "image":
		return h.at(imageHooks, name, images)
	}
	return h.at(repositoryHooks, name, subjectOf(space, rules))
}

func bucketHook(h hook, name, rules string) hook {
	h.At, h.Sends = fmt.Sprintf("the event notifications of the bucket %s", name), "s3:ObjectCreated:*"
	h.To = "the function lambda/notification, SNS or SQS; or /s3/SECRET from a server that posts to a URL"
	switch rules {
	case "gcs":
		h.Sends, h.To = "OBJECT_FINALIZE", "/pubsub/SECRET, by a Pub/Sub topic with a push subscription"
	case "azure-blobstore":
		h.At, h.Sends, h.To = "an Event Grid subscription of the storage account with the container "+name, "Microsoft.Storage.BlobCreated", "/event-grid/SECRET"
	case "s3":
	default: // semver, terraform: the bucket may be of any store
		h.Sends, h.To = "new objects: s3:ObjectCreated:*, OBJECT_FINALIZE", "where docs/support.md says for the store"
	}
	return h
}

func (h hook) at(places []place, name string, about subject) hook {
	host, path, _ := strings.Cut(name, "/")
	owner, _, _ := strings.Cut(path, "/")
	for _, p := range places {
		if p.host.MatchString(host) {
			h.At = strings.NewReplacer("{host}", host, "{path}", path, "{owner}", owner).Replace(p.at)
			h.Sends, h.To = "a push of any tag", p.to
			if p.sends != nil {
				if h.Sends = p.sends[about]; h.Sends == "" {
					h.Sends = string(about) + ", which are not read from it: use /generic"
				}
			}
			return h
		}
	}
	return h
}
