package gitlab_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/gitlab"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
)

const deliveryID = "f5e5f430-f57b-4e6e-9fac-d9128cd7232f"

var (
	hook = providertest.Headers{"X-Gitlab-Event": "Push Hook", "Idempotency-Key": deliveryID, "X-Gitlab-Event-UUID": "other"}
	repo = event.Repository{
		URLs: []string{
			"https://gitlab.example.com/g/app.git", "git@gitlab.example.com:g/app.git", "https://gitlab.example.com/g/app",
		},
		DefaultBranch: "main",
	}
)

const (
	idB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	idC = "cccccccccccccccccccccccccccccccccccccccc"
)

func delivery(name string, events ...event.Event) provider.Delivery {
	return provider.Delivery{ID: deliveryID, Name: name, Events: events}
}

func TestParse(t *testing.T) {
	t.Parallel()
	push := func(commits []event.Commit, commitsPartial, filesPartial string) provider.Delivery {
		return delivery("push", event.Push{
			Repository: repo, Ref: "refs/heads/main", Commits: commits, CommitsPartial: commitsPartial, FilesPartial: filesPartial,
		})
	}
	changed := func(name, what string, paths ...string) provider.Delivery {
		d := delivery(name)
		for _, path := range paths {
			d.Events = append(d.Events, event.RepositoryChanged{Repository: event.Repository{AnyHost: path}, What: what})
		}
		return d
	}
	one := []event.Commit{{ID: idB, Message: "x", Files: []string{"a.txt"}}}
	providertest.Parse(t, gitlab.Provider, []providertest.ParseCase{
		{Name: "complete", Headers: hook, File: "push.json", Want: push([]event.Commit{
			{ID: idC, Message: "one", Files: []string{"a.txt", "old.txt"}}, {ID: idB, Message: "two", Files: []string{"b.txt"}},
		}, "", "")},
		{
			Name: "added, or renamed", Headers: hook, File: "push_added.json",
			Want: push([]event.Commit{{ID: idB, Message: "rename", Files: []string{"new.txt"}}}, "",
				"commit 1 of the push adds files, which may be renamed ones: GitLab does not list their old paths"),
		},
		{Name: "more than 20 commits", Headers: hook, File: "push_cut.json", Want: push(one, "the push lists 1 of its 21 commits", "")},
		{
			Name: "no total", Headers: hook, File: "push_no_total.json",
			Want: push(one, "the push does not say how many commits it brought", ""),
		},
		{Name: "new branch", Headers: hook, File: "push_new_branch.json", Want: push(nil, "the push created the ref", "")},
		{Name: "deleted", Headers: hook, File: "push_deleted.json", Want: delivery("push", event.Push{
			Repository: repo, Ref: "refs/heads/main", Deleted: true,
		})},
		{Name: "tag", Headers: hook, File: "tag_push.json", Want: delivery("tag_push", event.Push{
			Repository: repo, Ref: "refs/tags/v1.0.0", CommitsPartial: "the push created the ref",
		})},
		{Name: "merge request", Headers: hook, File: "merge_request.json", Want: delivery("merge_request", event.PullRequest{
			Repository: repo, Number: 5, Action: "update", Base: "main", BaseChanged: true, State: "open", Draft: true,
		})},
		{Name: "merge request merged", Headers: hook, File: "merge_request_merged.json", Want: delivery("merge_request", event.PullRequest{
			Repository: repo, Number: 5, Action: "merge", Base: "main", State: "merged",
		})},
		{Name: "release", Headers: hook, File: "release.json", Want: delivery("release", event.Release{
			Repository: repo, Tag: "v1.1", Action: "create",
		})},
		{
			Name: "system hook: push", Headers: hook, File: "system_push.json",
			Want: push([]event.Commit{{ID: idB, Message: "x"}}, "", "commit 1 of the push lists no files"),
		},
		{
			Name: "system hook: repository update", Headers: hook, File: "system_repository_update.json",
			Want: delivery("repository_update",
				event.Push{Repository: repo, Ref: "refs/heads/main", CommitsPartial: "a repository update lists no commits"},
				event.Push{Repository: repo, Ref: "refs/tags/v1", Deleted: true},
			),
		},
		{Name: "system hook: renamed", Headers: hook, File: "system_project_rename.json", Want: changed("project_rename", "name", "g/sub/app", "g/sub/tool")},
		{Name: "system hook: moved", Headers: hook, File: "system_project_transfer.json", Want: changed("project_transfer", "namespace", "g/sub/app", "scores/app")},
		{Name: "system hook: settings", Headers: hook, File: "system_project_update.json", Want: changed("project_update", "settings", "g/sub/app")},
		{Name: "system hook: no path", Headers: hook, Body: `{"event_name":"project_update"}`, Malformed: "no repository in path_with_namespace"},
		{
			Name: "comment on a merge request", Headers: hook, File: "note_merge_request.json",
			Want: delivery("note", event.PullRequest{
				Repository: repo, Number: 5, Action: "comment", Base: "main", State: "open", Comment: "again, please [trigger ci]",
			}),
		},
		{
			Name: "of no use", Headers: hook, File: "note.json",
			Want: provider.Delivery{ID: deliveryID, Name: "note", Ignored: "note event ignored"},
		},
		{
			Name: "standard webhooks' id", Headers: providertest.Headers{"Webhook-Id": "msg_1"}, Body: `{"event_name":"project_create"}`,
			Want: provider.Delivery{ID: "msg_1", Name: "project_create", Ignored: "project_create event ignored"},
		},
		{Name: "no kind", Headers: hook, Body: `{}`, Malformed: "neither object_kind nor event_name is the name of an event"},
		{Name: "kind that is a text", Headers: hook, Body: `{"object_kind":"a b"}`, Malformed: "neither object_kind nor event_name is the name of an event"},
		{
			Name: "no repository", Headers: hook, Body: `{"object_kind":"push","ref":"refs/heads/main","project":null}`,
			Malformed: "no repository URL in project.git_http_url, git_ssh_url or web_url",
		},
		{Name: "merge request null", Headers: hook, Body: `{"object_kind":"merge_request"}`, Malformed: "object_attributes is missing"},
		{
			Name: "change without ref", Headers: hook, Body: `{"event_name":"repository_update","project":{"web_url":"https://h/p"},"changes":[null]}`,
			Malformed: "changes[0].ref is missing",
		},
	})
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const (
		token = "a token"
		body  = `{"object_kind":"push"}`
	)
	key := []byte("0123456789abcdef0123456789abcdef")
	signingToken := "whsec_" + base64.StdEncoding.EncodeToString(key)
	sign := func(key []byte, signed string) string {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(signed))
		return "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))
	}
	right := sign(key, "id.1700000000."+body)
	signed := func(signature string, more ...string) *provider.Request {
		h := providertest.Headers{"webhook-id": "id", "webhook-timestamp": "1700000000", "webhook-signature": signature}
		for i := 0; i < len(more); i += 2 {
			h[more[i]] = more[i+1]
		}
		return providertest.Request(h, []byte(body))
	}
	after := func(d time.Duration, req *provider.Request) *provider.Request {
		req.Received = time.Unix(1_700_000_000, 0).Add(d)
		return req
	}
	withToken := func(token string) *provider.Request {
		return providertest.Request(providertest.Headers{"X-Gitlab-Token": token}, []byte(body))
	}
	const (
		wrong     = "the webhook-signature header is not the signature of the body"
		malformed = "the webhook-signature header is malformed: v1, and 32 bytes in base64 are expected"
	)
	providertest.Verify(t, gitlab.Provider, []string{token, signingToken, "bare key", "whsec_%", "whsec_"}, []providertest.VerifyCase{
		{Name: "token", Request: withToken(token)},
		{Name: "another token", Request: withToken("x"), Unauthorized: "the X-Gitlab-Token header is not the secret token"},
		{Name: "the beginning of the token", Request: withToken(token[:3]), Unauthorized: "the X-Gitlab-Token header is not the secret token"},
		{Name: "nothing", Request: withToken(""), Unauthorized: "neither an X-Gitlab-Token nor a webhook-signature header"},
		{Name: "signature", Request: signed(right)},
		{Name: "one of several signatures", Request: signed("v2,AAAA v1,AAAA " + right)},
		{Name: "signing token that is no base64", Request: signed(sign([]byte("bare key"), "id.1700000000."+body))},
		{Name: "signing token that only looks like one", Request: signed(sign([]byte("whsec_%"), "id.1700000000."+body))},
		{Name: "signature beside a token that is not known", Request: signed(right, "X-Gitlab-Token", "x")},
		{Name: "token beside a signature that is not known", Request: signed("v1,AAAA", "X-Gitlab-Token", token)},
		{Name: "signature over the body alone", Request: signed(sign(key, body)), Unauthorized: wrong},
		{Name: "signature at another time", Request: signed(right, "webhook-timestamp", "1700000001"), Unauthorized: wrong},
		{Name: "signature with another id", Request: signed(right, "webhook-id", "x"), Unauthorized: wrong},
		{Name: "signature with an empty key", Request: signed(sign(nil, "id.1700000000."+body)), Unauthorized: wrong},
		{Name: "empty MAC", Request: signed("v1,"), Unauthorized: malformed},
		{Name: "short MAC", Request: signed("v1,AAAA"), Unauthorized: malformed},
		{Name: "neither is right", Request: signed(sign([]byte("x"), body), "X-Gitlab-Token", "x"), Unauthorized: wrong},
		{
			Name: "no timestamp", Request: signed(right, "webhook-timestamp", ""),
			Unauthorized: "a webhook-signature header without webhook-id or webhook-timestamp",
		},
		{Name: "at once", Request: after(time.Second, signed(right))},
		{Name: "slow clock of ours", Request: after(-24*time.Hour, signed(right))},
		{Name: "slow clock of GitLab's", Request: after(time.Hour, signed(right))},
		{
			Name: "played again", Request: after(time.Hour+time.Second, signed(right)),
			Unauthorized: "the delivery was signed too long ago: it is played again, or a clock is wrong",
		},
		{Name: "token, long after a signature", Request: after(48*time.Hour, signed(right, "X-Gitlab-Token", token))},
		{
			Name: "timestamp that is no number", Request: signed(sign(key, "id.now."+body), "webhook-timestamp", "now"),
			Unauthorized: "the webhook-timestamp header is malformed: a number of seconds is expected",
		},
		{Name: "signature of another version", Request: signed("v2,AAAA"), Unauthorized: malformed},
		{Name: "signature that is not base64", Request: signed("v1,%"), Unauthorized: malformed},
	})
}

func FuzzParse(f *testing.F) { providertest.Fuzz(f, gitlab.Provider, hook) }
