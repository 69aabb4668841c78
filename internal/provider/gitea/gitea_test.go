package gitea_test

import (
	"crypto/sha256"
	"net/url"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/gitea"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
)

const (
	deliveryID = "f6266f16-1bf3-46a5-9ea4-602e06ead473"
	idB        = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	idC        = "cccccccccccccccccccccccccccccccccccccccc"
)

var repo = event.Repository{
	URLs: []string{
		"https://git.example.com:3000/Ann/app.git", "ssh://git@git.example.com:2222/Ann/app.git", "https://git.example.com:3000/Ann/app",
	},
	DefaultBranch: "main",
}

// headers are as Gitea sends them: those of Gogs and GitHub too.
func headers(name string) providertest.Headers {
	return providertest.Headers{
		"X-Gitea-Event": name, "X-Gitea-Delivery": deliveryID, "X-Gogs-Event": name, "X-Gogs-Delivery": deliveryID,
		"X-GitHub-Event": name, "X-GitHub-Delivery": deliveryID, "Content-Type": "application/json",
	}
}

func delivery(name string, events ...event.Event) provider.Delivery {
	return provider.Delivery{ID: deliveryID, Name: name, Events: events}
}

func ignored(name string) provider.Delivery {
	return provider.Delivery{ID: deliveryID, Name: name, Ignored: name + " event ignored"}
}

func TestParsePush(t *testing.T) {
	t.Parallel()
	push := func(commits []event.Commit, commitsPartial string) provider.Delivery {
		return delivery("push", event.Push{Repository: repo, Ref: "refs/heads/main", Commits: commits, CommitsPartial: commitsPartial})
	}
	two := event.Commit{ID: idB, Message: "two", Files: []string{"b.txt"}}
	h := headers("push")
	providertest.Parse(t, gitea.Provider, []providertest.ParseCase{
		{Name: "complete", Headers: h, File: "push.json", Want: push([]event.Commit{
			{ID: idC, Message: "one", Files: []string{"a.txt", "old.txt"}}, two,
		}, "")},
		{
			Name: "more than five commits", Headers: h, File: "push_cut.json",
			Want: push([]event.Commit{two}, "the push lists 1 of its 6 commits"),
		},
		{
			Name: "Gogs gives no total", Headers: providertest.Headers{"X-Gogs-Event": "push", "X-Gogs-Delivery": deliveryID}, File: "push_gogs.json",
			Want: push([]event.Commit{two}, "the push does not say how many commits it brought"),
		},
		{Name: "created", Headers: h, File: "push_created.json", Want: push(nil, "the push created the ref")},
		{Name: "no commits", Headers: h, File: "push_no_commits.json", Want: push(nil, "the push lists no commits")},
		{Name: "deleted", Headers: h, File: "push_deleted.json", Want: delivery("push", event.Push{
			Repository: repo, Ref: "refs/heads/main", Deleted: true,
		})},
		{Name: "create", Headers: headers("create"), File: "create.json", Want: delivery("create", event.Push{
			Repository: repo, Ref: "refs/tags/v1", CommitsPartial: "a create event lists no commits",
		})},
		{Name: "delete", Headers: headers("delete"), File: "delete.json", Want: delivery("delete", event.Push{
			Repository: repo, Ref: "refs/heads/topic", Deleted: true,
		})},
		{
			Name: "API URL alone", Headers: h, Body: `{"ref":"refs/heads/main","repository":{"url":"https://h/api/v1/repos/o/r"}}`,
			Malformed: "no repository URL in repository.clone_url, ssh_url, git_url or html_url",
		},
		{Name: "no ref", Headers: h, Body: `{}`, Malformed: "ref is missing"},
		{Name: "no event header", Body: `{}`, Malformed: "no X-Gitea-Event header"},
		{Name: "create of nothing", Headers: headers("create"), Body: `{}`, Malformed: "ref and ref_type name no branch or tag"},
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	forgejo := headers("ping")
	forgejo["X-Forgejo-Event"], forgejo["X-Forgejo-Delivery"] = "repository", "forgejo-1"
	pr := event.PullRequest{Repository: repo, Number: 4, Base: "main"}
	update, review := pr, pr
	update.Action, update.State, update.BaseChanged = "synchronize", "open", true
	review.Action, review.State, review.Comment = "review", "merged", "Good."
	const host = "git.example.com"
	providertest.Parse(t, gitea.Provider, []providertest.ParseCase{
		{Name: "release", Headers: headers("release"), File: "release.json", Want: delivery("release", event.Release{
			Repository: repo, Tag: "v1", Draft: true, Action: "updated",
		})},
		{Name: "pull request", Headers: headers("pull_request"), File: "pull_request.json", Want: delivery("pull_request", update)},
		{
			Name: "review", Headers: headers("pull_request_approved"), File: "pull_request_approved.json",
			Want: delivery("pull_request_approved", review),
		},
		{Name: "comment", Headers: headers("issue_comment"), File: "issue_comment.json", Want: delivery("issue_comment", event.PullRequest{
			Repository: repo, Number: 4, Action: "comment", State: "open", Comment: "hm",
		})},
		{Name: "comment on an issue", Headers: headers("issue_comment"), File: "issue_comment_on_issue.json", Want: ignored("issue_comment")},
		{
			Name: "image", Headers: headers("package"), File: "package.json",
			Want: delivery("package", event.ImagePushed{Image: host + "/ann/app", Tag: "1.0"}),
		},
		{
			Name: "image without tag", Headers: headers("package"), File: "package_digest.json",
			Want: delivery("package", event.ImagePushed{Image: host + "/ann/app"}),
		},
		{Name: "package of another kind", Headers: headers("package"), File: "package_npm.json", Want: ignored("package")},
		{
			Name: "Forgejo's own header first", Headers: forgejo, Body: `{}`,
			Want: provider.Delivery{ID: "forgejo-1", Name: "repository", Ignored: "repository event ignored"},
		},
		{Name: "no package", Headers: headers("package"), Body: `{}`, Malformed: "package is missing"},
		{
			Name: "package without host", Headers: headers("package"), Body: `{"action":"created","package":{"type":"container","name":"app"}}`,
			Malformed: "package.html_url, package.owner.login or package.name is missing",
		},
		{Name: "no pull request", Headers: headers("pull_request"), Body: `{}`, Malformed: "pull_request is missing"},
	})
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const body = `{"ref":"refs/heads/main","message":"a+b & c"}`
	form := "payload=" + url.QueryEscape(body)
	mac := func(secret, body string) string { return providertest.HexMAC(sha256.New, secret, body) }
	req := func(body string, nameValues ...string) *provider.Request {
		h := providertest.Headers{"Content-Type": "application/json"}
		if body == form {
			h["Content-Type"] = "application/x-www-form-urlencoded"
		}
		for i := 0; i < len(nameValues); i += 2 {
			h[nameValues[i]] = nameValues[i+1]
		}
		return providertest.Request(h, []byte(body))
	}
	providertest.Verify(t, gitea.Provider, []string{"new", "old"}, []providertest.VerifyCase{
		{Name: "Gitea", Request: req(body, "X-Gitea-Signature", mac("new", body))},
		{Name: "Forgejo", Request: req(body, "X-Forgejo-Signature", mac("old", body))},
		{Name: "Gogs", Request: req(body, "X-Gogs-Signature", mac("new", body))},
		{Name: "GitHub's name", Request: req(body, "X-Hub-Signature-256", "sha256="+mac("new", body))},
		{Name: "form, over its payload", Request: req(form, "X-Gitea-Signature", mac("new", body))},
		{
			Name: "form, over the raw body", Request: req(form, "X-Gitea-Signature", mac("new", form)),
			Unauthorized: "the X-Gitea-Signature header is not the signature of the body",
		},
		{
			Name: "signed with another", Request: req(body, "X-Gitea-Signature", mac("x", body)),
			Unauthorized: "the X-Gitea-Signature header is not the signature of the body",
		},
		{
			Name: "bad one beside a good one", Request: req(body, "X-Gitea-Signature", mac("x", body), "X-Hub-Signature-256", "sha256="+mac("new", body)),
			Unauthorized: "the X-Gitea-Signature header is not the signature of the body",
		},
		{
			Name: "webhook without secret", Request: req(body, "X-Gitea-Signature", ""),
			Unauthorized: "the X-Gitea-Signature header is malformed: 64 hexadecimal digits are expected",
		},
		{Name: "none", Request: req(body), Unauthorized: "no X-Forgejo-Signature or X-Gitea-Signature or X-Gogs-Signature or X-Hub-Signature-256 header"},
		{
			Name: "form without payload", Unauthorized: "the form-encoded body has no payload that could have been signed",
			Request: providertest.Request(providertest.Headers{"X-Gitea-Signature": strings.Repeat("0", 64), "Content-Type": "application/x-www-form-urlencoded"}, []byte("a=b")),
		},
	})
}

func FuzzParse(f *testing.F) {
	var all []providertest.Headers
	for _, name := range []string{"push", "create", "delete", "release", "package", "pull_request", "pull_request_approved", "issue_comment"} {
		all = append(all, headers(name))
	}
	providertest.Fuzz(f, gitea.Provider, all...)
}
