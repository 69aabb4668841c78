package github_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/github"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
)

const deliveryID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"

func headers(name string) providertest.Headers {
	return providertest.Headers{
		"X-GitHub-Event": name, "X-GitHub-Delivery": deliveryID, "Content-Type": "application/json",
	}
}

func delivery(name string, events ...event.Event) provider.Delivery {
	return provider.Delivery{ID: deliveryID, Name: name, Events: events}
}

func ignored(name string) provider.Delivery {
	return provider.Delivery{ID: deliveryID, Name: name, Ignored: name + " event ignored"}
}

var (
	urls = []string{
		"https://github.com/Octo/app.git", "git@github.com:Octo/app.git", "git://github.com/Octo/app.git", "https://github.com/Octo/app",
	}
	repo = event.Repository{URLs: urls, DefaultBranch: "main"}
	// On pushes repository.url is an html URL as well.
	pushRepo = event.Repository{URLs: append(urls[:4:4], "https://github.com/Octo/app"), DefaultBranch: "main"}
)

const (
	idB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	idC = "cccccccccccccccccccccccccccccccccccccccc"
)

func TestParsePush(t *testing.T) {
	t.Parallel()
	one := []event.Commit{{ID: idB, Message: "x", Files: []string{"b.txt"}}}
	main := event.Push{Repository: pushRepo, Ref: "refs/heads/main"}
	with := func(commits []event.Commit, commitsPartial, filesPartial string) provider.Delivery {
		push := main
		push.Commits, push.CommitsPartial, push.FilesPartial = commits, commitsPartial, filesPartial
		return delivery("push", push)
	}
	push := headers("push")
	providertest.Parse(t, github.Provider, []providertest.ParseCase{
		{Name: "complete", Headers: push, File: "push.json", Want: with([]event.Commit{
			{ID: idC, Message: "add one", Files: []string{"new.txt", "src/a.go", "old.txt"}},
			{ID: idB, Message: "change two [ci skip]", Files: []string{"b.txt"}},
		}, "", "")},
		{Name: "created tag", Headers: push, File: "push_created.json", Want: delivery("push", event.Push{
			Repository: pushRepo, Ref: "refs/tags/v1", CommitsPartial: "the push created the ref",
		})},
		{Name: "deleted", Headers: push, File: "push_deleted.json", Want: delivery("push", event.Push{
			Repository: pushRepo, Ref: "refs/heads/main", Deleted: true,
		})},
		{Name: "forced", Headers: push, File: "push_forced.json", Want: with(one, "the push was forced", "")},
		{Name: "no commits", Headers: push, File: "push_empty.json", Want: with(nil, "the push lists no commits", "")},
		{
			Name: "empty lists", Headers: push, File: "push_no_files.json",
			Want: with([]event.Commit{{ID: idB, Message: "x"}}, "", "commit 1 of the push lists no files"),
		},
		{
			Name: "no lists", Headers: push, File: "push_no_lists.json",
			Want: with([]event.Commit{{ID: idB, Message: "x"}}, "", "commit 1 of the push lists no files"),
		},
		{
			Name: "name that is not UTF-8", Headers: push, File: "push_unreadable_name.json",
			Want: with([]event.Commit{{ID: idB, Message: "x", Files: []string{"ok.txt"}}}, "", "commit 1 of the push has a file whose name can't be read"),
		},
		{Name: "repository.url alone", Headers: push, File: "push_minimal.json", Want: delivery("push", event.Push{
			Repository: event.Repository{URLs: []string{"https://github.com/Octo/app"}, DefaultBranch: "trunk"},
			Ref:        "refs/heads/main", Commits: one,
		})},
		{
			Name: "API URL alone", Headers: push, File: "push_api_url.json",
			Malformed: "no repository URL in repository.clone_url, ssh_url, git_url or html_url",
		},
		{
			Name: "Enterprise API URL alone", Headers: push, File: "push_enterprise_api_url.json",
			Malformed: "no repository URL in repository.clone_url, ssh_url, git_url or html_url",
		},
		{
			Name: "mapping template without content type", Headers: providertest.Headers{"X-GitHub-Event": "push"},
			Body: `payload=%7B%22ref%22%3A%22refs%2Fheads%2Fmain%22%2C%22after%22%3A%220%22%2C%22repository%22%3A%7B%22html_url%22%3A%22https%3A%2F%2Fgithub.com%2Fo%2Fr%22%7D%7D`,
			Want: provider.Delivery{Name: "push", Events: []event.Event{event.Push{
				Repository: event.Repository{URLs: []string{"https://github.com/o/r"}}, Ref: "refs/heads/main", Deleted: true,
			}}},
		},
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	pr := event.PullRequest{Repository: repo, Number: 7, Base: "main", State: "open", Draft: true}
	with := func(f func(*event.PullRequest)) event.PullRequest {
		changed := pr
		f(&changed)
		return changed
	}
	aliases := func(old string) event.Repository {
		r := event.Repository{DefaultBranch: "main", URLs: urls[:4:4]}
		for _, u := range urls {
			r.URLs = append(r.URLs, strings.ReplaceAll(u, "Octo/app", old))
		}
		return r
	}
	providertest.Parse(t, github.Provider, []providertest.ParseCase{
		{Name: "create", Headers: headers("create"), File: "create.json", Want: delivery("create", event.Push{
			Repository: repo, Ref: "refs/heads/topic/x", CommitsPartial: "a create event lists no commits",
		})},
		{Name: "delete", Headers: headers("delete"), File: "delete.json", Want: delivery("delete", event.Push{
			Repository: repo, Ref: "refs/tags/v1", Deleted: true,
		})},
		{Name: "status", Headers: headers("status"), File: "status.json", Want: delivery("status", event.Status{
			Repository: repo, Commit: idB, Context: "ci/build", State: "success", Branches: []string{"main", "topic/x"},
		})},
		{
			Name: "status of ten branches", Headers: headers("status"),
			Body: `{"sha":"b","context":"c","state":"error","branches":[` + strings.Repeat(`{"name":"x"},`, 9) + `{"name":"x"}],"repository":{"html_url":"https://github.com/o/r"}}`,
			Want: delivery("status", event.Status{
				Repository: event.Repository{URLs: []string{"https://github.com/o/r"}}, Commit: "b", Context: "c", State: "error",
				Branches: slices.Repeat([]string{"x"}, 10), BranchesPartial: "GitHub lists 10 branches at most",
			}),
		},
		{
			Name: "status without branches", Headers: headers("status"), Body: `{"context":"c","repository":{"html_url":"https://github.com/o/r"}}`,
			Want: delivery("status", event.Status{
				Repository: event.Repository{URLs: []string{"https://github.com/o/r"}}, Context: "c", BranchesPartial: "the event lists no branches",
			}),
		},
		{Name: "release", Headers: headers("release"), File: "release.json", Want: delivery("release", event.Release{
			Repository: repo, Tag: "v1.2.0", Prerelease: true, Action: "published",
		})},
		{
			Name: "pull request", Headers: headers("pull_request"), File: "pull_request.json",
			Want: delivery("pull_request", with(func(p *event.PullRequest) { p.Action = "synchronize" })),
		},
		{
			Name: "pull request to another branch", Headers: headers("pull_request"), File: "pull_request_retargeted.json",
			Want: delivery("pull_request", with(func(p *event.PullRequest) { p.Action, p.BaseChanged = "edited", true })),
		},
		{
			Name: "pull request merged", Headers: headers("pull_request"), File: "pull_request_merged.json",
			Want: delivery("pull_request", with(func(p *event.PullRequest) { p.Action, p.State, p.Draft = "closed", "merged", false })),
		},
		{
			Name: "review", Headers: headers("pull_request_review"), File: "pull_request_review.json",
			Want: delivery("pull_request_review", with(func(p *event.PullRequest) { p.Action, p.Comment = "review", "Good." })),
		},
		{
			Name: "review comment", Headers: headers("pull_request_review_comment"), File: "pull_request_review_comment.json",
			Want: delivery("pull_request_review_comment", with(func(p *event.PullRequest) { p.Action, p.Comment = "comment", "Why?" })),
		},
		{
			Name: "comment", Headers: headers("issue_comment"), File: "issue_comment.json",
			Want: delivery("issue_comment", event.PullRequest{
				Repository: repo, Number: 7, Action: "comment", State: "merged", Comment: "[build ci]",
			}),
		},
		{Name: "comment on an issue", Headers: headers("issue_comment"), File: "issue_comment_on_issue.json", Want: ignored("issue_comment")},
		{
			Name: "package", Headers: headers("package"), File: "package.json",
			Want: delivery("package", event.ImagePushed{Image: "ghcr.io/octo/app"}),
		},
		{
			Name: "registry package of an Enterprise Server", Headers: headers("registry_package"), File: "registry_package.json",
			Want: delivery("registry_package", event.ImagePushed{
				Image: "ghcr.io/octo/app", Aliases: []string{"containers.ghe.example.com/octo/app"},
			}),
		},
		{Name: "package of another kind", Headers: headers("package"), File: "package_npm.json", Want: ignored("package")},
		{
			Name: "default branch", Headers: headers("repository"), File: "repository_default_branch.json",
			Want: delivery("repository", event.RepositoryChanged{Repository: repo, What: "default branch"}),
		},
		{Name: "description", Headers: headers("repository"), File: "repository_description.json", Want: ignored("repository")},
		{
			Name: "renamed", Headers: headers("repository"), File: "repository_renamed.json",
			Want: delivery("repository", event.RepositoryChanged{Repository: aliases("Octo/tool"), What: "name"}),
		},
		{
			Name: "transferred", Headers: headers("repository"), File: "repository_transferred.json",
			Want: delivery("repository", event.RepositoryChanged{Repository: aliases("Old/app"), What: "owner"}),
		},
		{
			Name: "made public", Headers: headers("public"), File: "public.json",
			Want: delivery("public", event.RepositoryChanged{Repository: repo, What: "visibility"}),
		},
		{Name: "wiki", Headers: headers("gollum"), File: "gollum.json", Want: delivery("gollum", event.RepositoryChanged{
			Repository: event.Repository{URLs: []string{
				"https://github.com/Octo/app.wiki.git", "git@github.com:Octo/app.wiki.git", "git://github.com/Octo/app.wiki.git",
				"https://github.com/Octo/app.wiki.git",
			}}, What: "pages",
		})},
		{Name: "wiki without a repository", Headers: headers("gollum"), Body: `{"pages":[]}`, Malformed: "no repository URL in repository.clone_url, ssh_url, git_url or html_url"},
		{Name: "ping", Headers: headers("ping"), File: "ping.json", Want: ignored("ping")},
		{Name: "of no use, whatever the body", Headers: headers("workflow_run"), Body: "x", Want: ignored("workflow_run")},
	})
}

func TestParseMalformed(t *testing.T) {
	t.Parallel()
	form := headers("push")
	form["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
	providertest.Parse(t, github.Provider, []providertest.ParseCase{
		{Name: "no event header", Body: `{}`, Malformed: "no X-GitHub-Event header"},
		{Name: "strange event header", Headers: headers("a b"), Body: `{}`, Malformed: "the X-GitHub-Event header is not the name of an event"},
		{Name: "empty", Headers: headers("push"), Body: " ", Malformed: "reading the body: it is empty"},
		{Name: "not JSON", Headers: headers("push"), Body: `{"ref": hush}`, Malformed: "reading the body: it is not JSON: see line 1, column 9"},
		{Name: "cut off", Headers: headers("push"), Body: `{"ref"`, Malformed: "reading the body: it is cut off after 6 bytes"},
		{
			Name: "nested deeply", Headers: headers("push"), Body: strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
			Malformed: "reading the body: it is not JSON: see line 1, column 10001",
		},
		{Name: "null", Headers: headers("push"), Body: `null`, Malformed: "ref is missing"},
		{Name: "list", Headers: headers("push"), Body: `[]`, Malformed: "reading the body: it is an array where an object is expected"},
		{Name: "short ref", Headers: headers("push"), Body: `{"ref":"main"}`, Malformed: "ref is not a full ref, such as refs/heads/main"},
		{
			Name: "number", Headers: headers("push"), Body: `{"ref":12345}`,
			Malformed: "reading the body: ref: a number where a string is expected",
		},
		{
			Name: "commits of the wrong type", Headers: headers("push"), Body: `{"commits":{}}`,
			Malformed: "reading the body: commits: an object where an array is expected",
		},
		{Name: "create of nothing", Headers: headers("create"), Body: `{"ref_type":"branch"}`, Malformed: "ref and ref_type name no branch or tag"},
		{Name: "pull request null", Headers: headers("pull_request"), Body: `{"pull_request":null}`, Malformed: "pull_request is missing"},
		{Name: "package null", Headers: headers("package"), Body: `{"package":null}`, Malformed: "neither package nor registry_package is an object"},
		{
			Name: "tag of the wrong type", Headers: headers("release"), Body: `{"release":{"tag_name":[]}}`,
			Malformed: "reading the body: release.tag_name: an array where a string is expected",
		},
		{Name: "form without payload", Headers: form, Body: `a=b`, Malformed: "the form-encoded body has no payload value"},
		{Name: "form that can't be read", Headers: form, Body: `payload=%zz`, Malformed: "the form-encoded body can't be read"},
	})
}

// GitHub lists at most 3000 files of a commit and 2048 commits of a push.
func TestParsePushAtTheLimits(t *testing.T) {
	t.Parallel()
	files := func(n int) string { return `["` + strings.Repeat(`a","`, n-1) + `a"]` }
	body := func(commits, files string) []byte {
		return fmt.Appendf(nil, `{"ref":"refs/heads/main","before":"1","after":"2","repository":{"html_url":"https://github.com/o/r"},
			"commits":[%s{"modified":%s}]}`, commits, files)
	}
	many := func(n int) string { return strings.Repeat(`{"modified":["a"]},`, n-1) }
	tests := []struct {
		name           string
		body           []byte
		commits, files string
	}{
		{"2999 files", body("", files(2999)), "", ""},
		{"3000 files", body("", files(3000)), "", "commit 1 of the push lists 3000 files, the most that GitHub lists"},
		{"2047 commits", body(many(2047), files(1)), "", ""},
		{"2048 commits", body(many(2048), files(1)), "the push lists 2048 commits, the most that GitHub lists", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := github.Provider.Parse(providertest.Request(headers("push"), tt.body))
			if err != nil {
				t.Fatal(err)
			}
			push := d.Events[0].(event.Push)
			if diff := cmp.Diff([]string{tt.commits, tt.files}, []string{push.CommitsPartial, push.FilesPartial}); diff != "" {
				t.Errorf("partial (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	var all []providertest.Headers
	for _, name := range []string{
		"push", "create", "delete", "release", "repository", "pull_request", "pull_request_review",
		"pull_request_review_comment", "issue_comment", "package", "registry_package", "status", "public", "gollum", "ping",
	} {
		all = append(all, headers(name))
	}
	all = append(all, providertest.Headers{"X-GitHub-Event": "push", "Content-Type": "application/x-www-form-urlencoded"})
	providertest.Fuzz(f, github.Provider, all...)
}
