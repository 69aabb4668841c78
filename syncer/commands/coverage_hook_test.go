package commands

import "testing"

func TestHookFor(t *testing.T) {
	t.Parallel()
	tests := []struct{ key, rules, at, sends, to string }{
		{"repository:github.com/acme/app", "git", "https://github.com/acme/app/settings/hooks, or once for all repositories https://github.com/organizations/acme/settings/hooks", "push, create, delete, repository, public (content type application/json)", "/github"},
		{"repository:github.example.com/acme/app", "github-release", "https://github.example.com/acme/app/settings/hooks, or once for all repositories https://github.example.com/organizations/acme/settings/hooks", "release (content type application/json)", "/github"},
		{"repository:github.com/acme/app", "digitalocean-pull-request", "https://github.com/acme/app/settings/hooks, or once for all repositories https://github.com/organizations/acme/settings/hooks", "pull_request, pull_request_review, pull_request_review_comment, issue_comment, push (content type application/json)", "/github"},
		{"repository:gist.github.com/acme/0123", "git", "nowhere: GitHub has no webhooks for gists, so go on polling", "nothing", "/generic, if something else tells of it"},
		{"repository:gitlab.com/acme/team/app", "git", "https://gitlab.com/acme/team/app/-/hooks, or the group's settings for all its projects", "push events, tag push events", "/gitlab"},
		{"repository:bitbucket.org/acme/app", "git", "https://bitbucket.org/acme/app/admin/webhooks", "repo:push, repo:updated", "/bitbucket"},
		{"repository:bitbucket.org/acme/app", "github-release", "https://bitbucket.org/acme/app/admin/webhooks", "releases, which are not read from it: use /generic", "/bitbucket"},
		{"repository:dev.azure.com/acme/project/_git/app", "git", "the settings of the project, Service hooks, Web Hooks, at https://dev.azure.com/acme", "Code pushed", "/azure-devops"},
		{"repository:codecommit/eu-west-1/app", "git", "an EventBridge rule for the repository eu-west-1/app", "CodeCommit Repository State Change: referenceCreated, referenceUpdated, referenceDeleted", "the function lambda/notification"},
		{"repository:codeberg.org/acme/app", "pool", "https://codeberg.org/acme/app/settings/hooks", "push, create, delete", "/gitea"},
		{"repository:git.example.com/app", "git", "a webhook of app in the settings of git.example.com", "pushes, new and deleted branches and tags", "the path of its kind: /github, /gitlab, /bitbucket, /gitea, or /generic"},
		{"bucket:releases", "s3", "the event notifications of the bucket releases", "s3:ObjectCreated:*", "the function lambda/notification, SNS or SQS; or /s3/SECRET from a server that posts to a URL"},
		{"bucket:releases", "gcs", "the event notifications of the bucket releases", "OBJECT_FINALIZE", "/pubsub/SECRET, by a Pub/Sub topic with a push subscription"},
		{"bucket:releases", "semver", "the event notifications of the bucket releases", "new objects: s3:ObjectCreated:*, OBJECT_FINALIZE", "where docs/support.md says for the store"},
		{"bucket:account/backups", "azure-blobstore", "an Event Grid subscription of the storage account with the container account/backups", "Microsoft.Storage.BlobCreated", "/event-grid/SECRET"},
		{"repository:github.com/acme/app", "github-status", "https://github.com/acme/app/settings/hooks, or once for all repositories https://github.com/organizations/acme/settings/hooks", "status, push, pull_request (content type application/json)", "/github"},
		{"build:art.example.com/app", "artifactory", "the webhooks of Artifactory, in its administration", "Artifact was deployed, Build was uploaded", "/jfrog"},
		{"image:docker.io/acme/app", "registry-image", "https://hub.docker.com/repository/docker/acme/app/webhooks", "a push of any tag", "/dockerhub/SECRET"},
		{"image:europe-docker.pkg.dev/project/repo/app", "registry-image", "the Pub/Sub topic gcr of the project project with a push subscription", "a push of any tag", "/pubsub/SECRET"},
		{"image:registry.example.com/app", "docker-image", "a webhook of app, or the notifications, of the registry registry.example.com", "a push of any tag", "the path of its kind: /harbor, /jfrog, /quay/SECRET, /registry, /zot, or /generic"},
	}
	for _, test := range tests {
		t.Run(test.key+" "+test.rules, func(t *testing.T) {
			t.Parallel()
			want := hook{About: test.key, At: test.at, Sends: test.sends, To: test.to}
			if got := hookFor(test.key, test.rules); got != want {
				t.Errorf("got\n%+v, want\n%+v", got, want)
			}
		})
	}
}
