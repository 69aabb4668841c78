package generic

import (
	"path"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// item is one event. It has exactly one of repository, bucket, image and check.
type item struct {
	// Repository is any URL of a git repository.
	Repository string `json:"repository"`
	// Ref is a full name, such as refs/heads/main, or the short name of a branch.
	Ref string `json:"ref"`
	// Files are the paths that changed. Where they are missing, any path may have.
	Files []string `json:"files"`
	// Deleted says that the ref is gone.
	Deleted bool `json:"deleted"`
	// DefaultBranch is the remote's, for resources without a branch.
	DefaultBranch string `json:"default_branch"`

	Bucket string `json:"bucket"`
	// Key is the object's name, not escaped.
	Key string `json:"key"`
	// Store is s3 (the default), gcs, swift or azure, whose bucket is ACCOUNT/CONTAINER.
	Store string `json:"store"`

	// Image is a reference. Without a host it is Docker Hub's.
	Image string `json:"image"`
	// Tag is the pushed tag. Where it is missing, it may be any.
	Tag provider.Text `json:"tag"`

	// Check is TEAM/PIPELINE[/VARS]/RESOURCE.
	Check string `json:"check"`
}

// event reads the item. The prefix comes before a field's name in an error.
func (it item) event(prefix string) (event.Event, error) {
	given := 0
	for _, name := range []string{it.Repository, it.Bucket, it.Image, it.Check} {
		if name != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return nil, provider.Malformed("exactly one of %srepository, bucket, image and check is needed", prefix)
	case it.Repository != "":
		return it.push(prefix)
	case it.Bucket != "":
		return it.object(prefix)
	case it.Image != "":
		return it.image(prefix)
	}
	if parts := strings.Split(it.Check, "/"); len(parts) < 3 || parts[0] == "" || parts[len(parts)-1] == "" {
		return nil, provider.Malformed("%scheck is not of the form TEAM/PIPELINE[/VARS]/RESOURCE", prefix)
	}
	return event.Named{Check: it.Check}, nil
}

func (it item) push(prefix string) (event.Event, error) {
	repo, err := provider.Repository(prefix+"repository", it.DefaultBranch, it.Repository)
	if err != nil {
		return nil, err
	}
	push := event.Push{Repository: repo, Ref: provider.FullRef("branch", it.Ref), Deleted: it.Deleted}
	if push.Ref == "" {
		return nil, provider.Malformed("%sref is missing", prefix)
	}
	if push.Deleted {
		return push, nil
	}
	if len(it.Files) == 0 {
		push.CommitsPartial = "the event lists no files"
		return push, nil
	}
	files := make([]string, len(it.Files))
	for i, name := range it.Files {
		files[i] = gitPath(name)
	}
	push.Commits, push.FilesPartial = provider.Commits([]provider.Commit{{Modified: files}})
	return push, nil
}

// gitPath is a file's name as git has it, of one as scripts print it: find writes ./a/b. It is "", which counts as a name that can't be
// read, where git has quoted it (core.quotePath, https://git-scm.com/docs/git-config) or where Windows may have written it.
func gitPath(name string) string {
	if strings.HasPrefix(name, `"`) || strings.Contains(name, `\`) {
		return ""
	}
	return strings.TrimPrefix(path.Clean("/"+name), "/")
}

func (it item) object(prefix string) (event.Event, error) {
	if it.Key == "" {
		return nil, provider.Malformed("%skey is missing", prefix)
	}
	store := event.Store(it.Store)
	switch store {
	case "":
		store = event.S3
	case event.S3, event.GCS, event.Swift, event.Azure:
	default:
		return nil, provider.Malformed("%sstore is not s3, gcs, swift or azure", prefix)
	}
	return event.ObjectCreated{Store: store, Bucket: it.Bucket, Key: it.Key}, nil
}

func (it item) image(prefix string) (event.Event, error) {
	reference := it.Image
	if !strings.Contains(reference, "/") {
		reference = "docker.io/" + reference
	}
	return provider.Image(prefix+"image", reference, string(it.Tag))
}
