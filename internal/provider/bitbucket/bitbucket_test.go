package bitbucket_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/bitbucket"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
)

const (
	cloudID  = "8d7a1b4c-0000-1111-2222-333344445555"
	serverID = "server-1"
	idB      = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	idC      = "cccccccccccccccccccccccccccccccccccccccc"
	noFiles  = "Bitbucket lists no files"
)

func cloud(key string) providertest.Headers {
	return providertest.Headers{"X-Event-Key": key, "X-Request-UUID": cloudID}
}

func server(key string) providertest.Headers {
	return providertest.Headers{"X-Event-Key": key, "X-Request-Id": serverID}
}

func delivery(id, name string, events ...event.Event) provider.Delivery {
	return provider.Delivery{ID: id, Name: name, Events: events}
}

func TestParseCloud(t *testing.T) {
	t.Parallel()
	repo := event.Repository{URLs: []string{"https://bitbucket.org/team/app"}, DefaultBranch: "main"}
	two := []event.Commit{{ID: idB, Message: "two"}}
	providertest.Parse(t, bitbucket.Provider, []providertest.ParseCase{
		{Name: "push of five refs", Headers: cloud("repo:push"), File: "cloud_push.json", Want: delivery(
			cloudID, "repo:push",
			event.Push{
				Repository: repo, Ref: "refs/heads/main", FilesPartial: noFiles,
				Commits: []event.Commit{{ID: idC, Message: "one"}, {ID: idB, Message: "two"}},
			},
			event.Push{Repository: repo, Ref: "refs/heads/topic", Commits: two, CommitsPartial: "the push was forced", FilesPartial: noFiles},
			event.Push{
				Repository: repo, Ref: "refs/heads/long", Commits: two, FilesPartial: noFiles,
				CommitsPartial: "the push lists only the last 1 commits",
			},
			event.Push{Repository: repo, Ref: "refs/tags/v1", CommitsPartial: "the push created the ref", FilesPartial: noFiles},
			event.Push{Repository: repo, Ref: "refs/heads/gone", Deleted: true},
		)},
		{Name: "push without links", Headers: cloud("repo:push"), File: "cloud_push_name_only.json", Want: delivery(
			cloudID, "repo:push", event.Push{
				Repository: event.Repository{URLs: []string{"https://bitbucket.org/team/app"}}, Ref: "refs/heads/main",
				CommitsPartial: "the push lists no commits", FilesPartial: noFiles,
			},
		)},
		{
			Name: "push with the API's link", Headers: cloud("repo:push"), File: "cloud_push_api_link.json",
			Want: delivery(cloudID, "repo:push", event.Push{
				Repository: event.Repository{URLs: []string{"https://bitbucket.org/team/app"}}, Ref: "refs/heads/main",
				CommitsPartial: "the push lists no commits", FilesPartial: noFiles,
			}),
		},
		{
			Name: "pull request", Headers: cloud("pullrequest:updated"), File: "cloud_pullrequest.json",
			Want: delivery(cloudID, "pullrequest:updated", event.PullRequest{
				Repository: repo, Number: 9, Action: "updated", Base: "main", BaseChanged: true, State: "open",
			}),
		},
		{
			Name: "comment on a pull request", Headers: cloud("pullrequest:comment_created"), File: "cloud_pullrequest_comment.json",
			Want: delivery(cloudID, "pullrequest:comment_created", event.PullRequest{
				Repository: repo, Number: 9, Action: "comment", Base: "main", State: "merged", Draft: true, Comment: "hm",
			}),
		},
		{
			Name: "renamed", Headers: cloud("repo:updated"), File: "cloud_updated.json",
			Want: delivery(cloudID, "repo:updated", event.RepositoryChanged{
				Repository: event.Repository{
					URLs: []string{"https://bitbucket.org/team/app", "https://bitbucket.org/team/tool"}, DefaultBranch: "main",
				},
				What: "name",
			}),
		},
		{
			Name: "another setting", Headers: cloud("repo:updated"), Body: `{"changes":{}}`,
			Want: provider.Delivery{ID: cloudID, Name: "repo:updated", Ignored: "repo:updated event ignored"},
		},
		{
			Name: "of no use", Headers: cloud("repo:fork"), Body: `{}`,
			Want: provider.Delivery{ID: cloudID, Name: "repo:fork", Ignored: "repo:fork event ignored"},
		},
		{Name: "no event key", Body: `{}`, Malformed: "no X-Event-Key header"},
		{Name: "no changes", Headers: cloud("repo:push"), Body: `{"push":null}`, Malformed: "push.changes is missing"},
		{
			Name: "nothing changed", Headers: cloud("repo:push"), Body: `{"push":{"changes":[]}}`,
			Want: provider.Delivery{ID: cloudID, Name: "repo:push", Ignored: "repo:push event ignored"},
		},
		{
			Name: "no repository", Headers: cloud("repo:push"), Body: `{"push":{"changes":[null]}}`,
			Malformed: "no repository URL in repository.links.html.href or repository.full_name",
		},
		{
			Name: "empty change", Headers: cloud("repo:push"), Body: `{"push":{"changes":[null]},"repository":{"full_name":"o/r"}}`,
			Malformed: "push.changes[0] has neither new nor old",
		},
		{
			Name: "change without name", Headers: cloud("repo:push"), Body: `{"push":{"changes":[{"new":{"type":"branch"}}]},"repository":{"full_name":"o/r"}}`,
			Malformed: "push.changes[0] names no branch or tag",
		},
		{Name: "no pull request", Headers: cloud("pullrequest:created"), Body: `{}`, Malformed: "pullrequest is missing"},
	})
}

func TestParseServer(t *testing.T) {
	t.Parallel()
	urls := []string{
		"https://bb.example.com/scm/proj/app.git", "ssh://git@bb.example.com:7999/proj/app.git", "https://bb.example.com/scm/proj/app.git",
	}
	repo := event.Repository{URLs: urls}
	push := event.Push{
		Repository: repo, Ref: "refs/heads/main",
		CommitsPartial: "Bitbucket Server lists no commits by ref", FilesPartial: noFiles,
	}
	tag, personal, anyHost, byPage := push, push, push, push
	byPage.Repository = event.Repository{URLs: []string{"https://bb.example.com/scm/proj/app.git"}, AnyHost: "PROJ/app"}
	anyHost.Repository = event.Repository{AnyHost: "PROJ/app"}
	tag.Ref = "refs/tags/v1"
	personal.Repository = event.Repository{URLs: []string{"https://bb.example.com/scm/~ann/app.git"}}
	providertest.Parse(t, bitbucket.Provider, []providertest.ParseCase{
		{
			Name: "push of three refs", Headers: server("repo:refs_changed"), File: "server_push.json",
			Want: delivery(serverID, "repo:refs_changed", push, tag, event.Push{Repository: repo, Ref: "refs/heads/gone", Deleted: true}),
		},
		{
			Name: "push with the page's link only", Headers: server("repo:refs_changed"), File: "server_push_self_only.json",
			Want: delivery(serverID, "repo:refs_changed", personal),
		},
		{
			Name: "push with the page's link and a project, whose host for SSH is not known", Headers: server("repo:refs_changed"),
			Body: `{"changes":[{"ref":{"id":"refs/heads/main"}}],"repository":{"slug":"app","project":{"key":"PROJ"},` +
				`"links":{"self":[{"href":"https://bb.example.com/projects/PROJ/repos/app/browse"}]}}}`,
			Want: delivery(serverID, "repo:refs_changed", byPage),
		},
		{
			Name: "push without links", Headers: server("repo:refs_changed"), File: "server_push_no_links.json",
			Want: delivery(serverID, "repo:refs_changed", anyHost),
		},
		{
			Name: "push with neither links nor a project", Headers: server("repo:refs_changed"),
			Body:      `{"changes":[{"ref":{"id":"refs/heads/main"}}],"repository":{"slug":"app"}}`,
			Malformed: "no repository URL in repository.links.clone, nor repository.project.key and slug",
		},
		{
			Name: "renamed", Headers: server("repo:modified"), File: "server_modified.json",
			Want: delivery(serverID, "repo:modified", event.RepositoryChanged{Repository: event.Repository{AnyHost: "PROJ/app"}, What: "name"},
				event.RepositoryChanged{Repository: event.Repository{AnyHost: "PROJ/tool"}, What: "name"}),
		},
		{
			Name: "moved", Headers: server("repo:modified"), File: "server_modified_moved.json",
			Want: delivery(serverID, "repo:modified",
				event.RepositoryChanged{Repository: event.Repository{URLs: []string{"https://bb.example.com/scm/proj/app.git"}}, What: "project"},
				event.RepositoryChanged{Repository: event.Repository{AnyHost: "OLD/app"}, What: "project"}),
		},
		{
			Name: "another description", Headers: server("repo:modified"),
			Body: `{"old":{"slug":"app","project":{"key":"PROJ"},"description":"a"},"new":{"slug":"app","project":{"key":"PROJ"},"description":"b"}}`,
			Want: provider.Delivery{ID: serverID, Name: "repo:modified", Ignored: "repo:modified event ignored"},
		},
		{
			Name: "made public, without a name", Headers: server("repo:modified"), Body: `{"old":{},"new":{"public":true}}`,
			Malformed: "no repository URL in old.links.clone, nor old.project.key and slug",
		},
		{
			Name: "pull request", Headers: server("pr:modified"), File: "server_pr.json",
			Want: delivery(serverID, "pr:modified", event.PullRequest{
				Repository: repo, Number: 3, Action: "modified", Base: "main", BaseChanged: true, State: "closed", Draft: true,
			}),
		},
		{
			Name: "comment on a pull request", Headers: server("pr:comment:added"), File: "server_pr_comment.json",
			Want: delivery(serverID, "pr:comment:added", event.PullRequest{
				Repository: repo, Number: 3, Action: "comment", Base: "main", State: "open", Comment: "hm",
			}),
		},
		{
			Name: "ping", Headers: server("diagnostics:ping"), File: "server_ping.json",
			Want: provider.Delivery{ID: serverID, Name: "diagnostics:ping", Ignored: "diagnostics:ping event ignored"},
		},
		{Name: "no changes", Headers: server("repo:refs_changed"), Body: `{}`, Malformed: "changes is missing"},
		{
			Name: "nothing changed", Headers: server("repo:refs_changed"), Body: `{"changes":[]}`,
			Want: provider.Delivery{ID: serverID, Name: "repo:refs_changed", Ignored: "repo:refs_changed event ignored"},
		},
		{
			Name: "change without ref", Headers: server("repo:refs_changed"),
			Body:      `{"changes":[{}],"repository":{"links":{"clone":[{"href":"https://h/scm/p/r.git"}]}}}`,
			Malformed: "changes[0].ref.id is missing",
		},
		{Name: "no pull request", Headers: server("pr:opened"), Body: `{}`, Malformed: "pullRequest is missing"},
	})
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const body = `{"test":true}`
	req := func(signature string) *provider.Request {
		return providertest.Request(providertest.Headers{"X-Hub-Signature": signature}, []byte(body))
	}
	providertest.Verify(t, bitbucket.Provider, []string{"new", "old"}, []providertest.VerifyCase{
		{Name: "signed", Request: req("sha256=" + providertest.HexMAC(sha256.New, "new", body))},
		{Name: "signed with the second secret", Request: req("sha256=" + providertest.HexMAC(sha256.New, "old", body))},
		{
			Name: "signed with another", Request: req("sha256=" + providertest.HexMAC(sha256.New, "x", body)),
			Unauthorized: "the X-Hub-Signature header is not the signature of the body",
		},
		{
			Name: "SHA-1 as GitHub's", Request: req("sha1=" + providertest.HexMAC(sha1.New, "new", body)),
			Unauthorized: "the X-Hub-Signature header is malformed: sha256= and 64 hexadecimal digits are expected",
		},
		{Name: "unsigned", Request: providertest.Request(nil, []byte(body)), Unauthorized: "no X-Hub-Signature header"},
	})
}

func FuzzParse(f *testing.F) {
	providertest.Fuzz(f, bitbucket.Provider, cloud("repo:push"), cloud("repo:updated"), cloud("pullrequest:updated"),
		server("repo:refs_changed"), server("repo:modified"), server("pr:modified"), server("diagnostics:ping"))
}
