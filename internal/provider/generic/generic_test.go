package generic_test

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/generic"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
)

func TestParse(t *testing.T) {
	t.Parallel()
	scp := event.Repository{URLs: []string{"git@git.example.com:o/r.git"}}
	generated := func(id string, events ...event.Event) provider.Delivery {
		return provider.Delivery{ID: id, Name: "generic", Events: events}
	}
	const one = "exactly one of repository, bucket, image and check is needed"
	providertest.Parse(t, generic.Provider, []providertest.ParseCase{
		{Name: "push", File: "push.json", Want: generated("build-17", event.Push{
			Repository: event.Repository{URLs: []string{"https://git.example.com/o/r.git"}, DefaultBranch: "main"},
			Ref:        "refs/heads/main", Commits: []event.Commit{{Files: []string{"a/b.txt"}}},
		})},
		{Name: "all kinds", File: "events.json", Want: generated(
			"",
			event.Push{Repository: scp, Ref: "refs/heads/main", CommitsPartial: "the event lists no files"},
			event.Push{Repository: scp, Ref: "refs/tags/v1", Deleted: true},
			event.ObjectCreated{Store: event.S3, Bucket: "releases", Key: "app 1+2.tgz"},
			event.ObjectCreated{Store: event.Swift, Bucket: "c", Key: "k"},
			event.ImagePushed{Image: "registry.example.com/app", Tag: "1.2.0"},
			event.ImagePushed{Image: "docker.io/library/busybox"},
			event.Named{Check: `main/app/env:"a/b"/source`},
		)},
		{
			Name: "files as find prints them", Body: `{"repository":"git@git.example.com:o/r.git","ref":"main","files":["./a/b.txt","/a//c.txt"]}`,
			Want: generated("", event.Push{Repository: scp, Ref: "refs/heads/main", Commits: []event.Commit{{Files: []string{"a/b.txt", "a/c.txt"}}}}),
		},
		{
			Name: "a file as git quotes it", Body: `{"repository":"git@git.example.com:o/r.git","ref":"main","files":["a/b.txt","\"a/\\303\\244.txt\""]}`,
			Want: generated("", event.Push{
				Repository: scp, Ref: "refs/heads/main", Commits: []event.Commit{{Files: []string{"a/b.txt"}}},
				FilesPartial: "commit 1 of the push has a file whose name can't be read",
			}),
		},
		{
			Name: "a file as Windows writes it", Body: `{"repository":"git@git.example.com:o/r.git","ref":"main","files":["a\\b.txt"]}`,
			Want: generated("", event.Push{
				Repository: scp, Ref: "refs/heads/main", Commits: []event.Commit{{}}, FilesPartial: "commit 1 of the push has a file whose name can't be read",
			}),
		},
		{Name: "number as a tag", Body: `{"image":"h.example.com/i","tag":1.10}`, Want: generated("", event.ImagePushed{Image: "h.example.com/i", Tag: "1.10"})},
		{Name: "no events", Body: `{"events":[]}`, Want: provider.Delivery{Name: "generic", Ignored: "generic event ignored"}},
		{Name: "nothing", Body: `{}`, Malformed: one},
		{Name: "two at once", Body: `{"bucket":"b","key":"k","image":"i"}`, Malformed: one},
		{Name: "null event", Body: `{"events":[null]}`, Malformed: "exactly one of events[0].repository, bucket, image and check is needed"},
		{Name: "no ref", Body: `{"repository":"https://h/o/r"}`, Malformed: "ref is missing"},
		{Name: "no key", Body: `{"events":[{"bucket":"b"}]}`, Malformed: "events[0].key is missing"},
		{Name: "unknown store", Body: `{"bucket":"b","key":"k","store":"nfs"}`, Malformed: "store is not s3, gcs, swift or azure"},
		{Name: "URL without path", Body: `{"repository":"https://h","ref":"main"}`, Malformed: "no repository URL in repository"},
		{Name: "image without name", Body: `{"image":"h.example.com/"}`, Malformed: "no image in image"},
		{Name: "check without team", Body: `{"check":"app/source"}`, Malformed: "check is not of the form TEAM/PIPELINE[/VARS]/RESOURCE"},
		{Name: "check without slash", Body: `{"check":"source"}`, Malformed: "check is not of the form TEAM/PIPELINE[/VARS]/RESOURCE"},
		{
			Name: "files of the wrong type", Body: `{"repository":"https://h/o/r","ref":"main","files":"a"}`,
			Malformed: "reading the body: files: a string where an array is expected",
		},
	})
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const body = `{"check":"main/app/source"}`
	req := func(name, value string) *provider.Request {
		return providertest.Request(providertest.Headers{name: value}, []byte(body))
	}
	providertest.Verify(t, generic.Provider, []string{"new", "old"}, []providertest.VerifyCase{
		{Name: "signed", Request: req("X-Signature-256", "sha256="+providertest.HexMAC(sha256.New, "new", body))},
		{Name: "signed as for GitHub", Request: req("X-Hub-Signature-256", "sha256="+providertest.HexMAC(sha256.New, "old", body))},
		{
			// printf %s "$body" | openssl dgst -sha256 -hmac new -r
			Name: "by openssl", Request: req("X-Signature-256", "sha256=fa689e2c2acbb2b5c8b59012f808d6076401cbd2246a1f10988f646a2470847e"),
		},
		{
			Name: "signed with another", Request: req("X-Signature-256", "sha256="+providertest.HexMAC(sha256.New, "x", body)),
			Unauthorized: "the X-Signature-256 header is not the signature of the body",
		},
		{Name: "unsigned", Request: req("X", "y"), Unauthorized: "no X-Signature-256 or X-Hub-Signature-256 header"},
	})
}

// What docs/generic.md posts is read.
func TestDocumentedExamples(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "generic.md"))
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(doc, -1)
	if len(examples) == 0 {
		t.Fatal("there are no examples")
	}
	for _, example := range examples {
		if d, err := generic.Provider.Parse(providertest.Request(nil, example[1])); err != nil || len(d.Events) != 1 {
			t.Errorf("%s is read as %+v, %v", example[1], d, err)
		}
	}
}

func FuzzParse(f *testing.F) { providertest.Fuzz(f, generic.Provider) }
