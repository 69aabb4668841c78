package resource

import (
	"cmp"
	"regexp"
	"strings"
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// imageFilter is the filter of https://github.com/concourse/registry-image-resource.
type imageFilter struct {
	Repository       string   `json:"repository"`
	Tag              string   `json:"tag,omitempty"`
	TagRegex         string   `json:"tag_regex,omitempty"`
	Variant          string   `json:"variant,omitempty"`
	SemverConstraint string   `json:"semver_constraint,omitempty"`
	PreReleases      toggle   `json:"pre_releases,omitempty"`
	Prefixes         []string `json:"pre_release_prefixes,omitempty"`
	// AWSRegion says that Repository is a name in ECR, of the account AWSAccountID or, where that is not set, of any.
	AWSRegion      string          `json:"aws_region,omitempty"`
	AWSAccountID   string          `json:"aws_account_id,omitempty"`
	RegistryMirror *registryMirror `json:"registry_mirror,omitempty"`

	watched
	once sync.Once
	tags imageTags
}

// registryMirror serves Docker Hub's repositories under their own names.
type registryMirror struct {
	Host string `json:"host"`
}

func (f *imageFilter) fill(r *reader) {
	f.Repository, f.Tag = r.text("repository"), r.text("tag")
	// aws_ecr_registry_id no longer decides: the registry is that of the login. Earlier releases took it for the account.
	f.AWSRegion, f.AWSAccountID = r.text("aws_region"), r.text("aws_account_id")
	if varIn(r.source["registry_mirror"]) != "" {
		f.RegistryMirror = &registryMirror{Host: r.text("registry_mirror")}
	} else if mirror, ok := r.object("registry_mirror"); ok {
		inner := &reader{source: mirror}
		if host := publicURL(inner.text("host")); host != "" {
			f.RegistryMirror = &registryMirror{Host: host}
		}
		r.errs = append(r.errs, inner.errs...)
	}
	if f.Tag != "" {
		return // the others decide nothing then, and are not even compiled
	}
	if f.TagRegex = r.text("tag_regex"); f.TagRegex != "" {
		return
	}
	f.Variant, f.SemverConstraint = r.text("variant"), r.text("semver_constraint")
	f.PreReleases, f.Prefixes = r.toggle("pre_releases"), r.texts("pre_release_prefixes")
}

func (f *imageFilter) index() (err error) {
	f.Repository = publicImage(f.Repository)
	switch {
	case f.AWSRegion != "" && !ecrHost.MatchString(f.Repository):
		f.keys, err = ecrKeys(f.Repository, f.AWSRegion, f.AWSAccountID)
	case f.RegistryMirror != nil:
		f.keys, err = imageKeys(f.Repository, f.RegistryMirror.Host)
	default:
		f.keys, err = imageKeys(f.Repository, "")
	}
	return err
}

// ecrHost is the start of every image that names its registry in ECR, so that aws_region says nothing more:
// ACCOUNT.dkr.ecr.REGION..., and for IPv6 ACCOUNT.dkr-ecr.REGION....
var ecrHost = regexp.MustCompile(`^[^/]+\.dkr[.-]ecr[.-][^/]*/`)

// imageDigest is the digest after an image's repository.
var imageDigest = regexp.MustCompile(`@sha(?:256|512):[0-9A-Fa-f]+$`)

// publicImage is an image's repository without scheme, user and password, which may hold a slash. No name holds an @.
func publicImage(text string) string {
	hidden, restore := hideVars(strings.TrimSpace(text))
	if _, rest, ok := strings.Cut(hidden, "://"); ok {
		hidden = rest
	}
	digest := imageDigest.FindString(hidden)
	hidden = strings.TrimSuffix(hidden, digest)
	return restore(hidden[strings.LastIndexByte(hidden, '@')+1:] + digest)
}

// imageKey is event.ImageKey of text in which unknown stands for what is not known. A first part with unknown in it, and with
// no dot or colon, may be a registry, a namespace or both.
func imageKey(text string) event.Key {
	first, _, _ := strings.Cut(text, "/")
	if strings.Contains(first, unknown) && !strings.ContainsAny(first, ".:") {
		return event.Key{Space: event.SpaceImage, Name: unknown + text}
	}
	return event.ImageKey(text)
}

// ecrKeys are those of a bare name in ECR (https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html).
func ecrKeys(repository, region, account string) (Keys, error) {
	repository = strings.Trim(repository, "/")
	switch {
	case repository == "":
		return Keys{}, errMissing("repository")
	case variable.ReplaceAllString(repository, "") == "":
		return Keys{}, errUnresolved("repository")
	case account == "":
		account = "((any))"
	}
	domain, _ := event.ECRDomains(region)
	if HasVar(region) {
		domain = "((any))"
	}
	return keysOf("repository", account+".dkr.ecr."+region+"."+domain+"/"+repository, event.ImageKey)
}

// imageKeys are the keys of a repository, and those it has at a mirror if there is one and Docker Hub holds the repository:
// a mirror serves only these.
func imageKeys(repository, mirror string) (Keys, error) {
	keys, err := keysOf("repository", repository, imageKey)
	if err != nil || mirror == "" {
		return keys, err
	}
	name, ok := strings.CutPrefix(event.ImageKey(repository).Name, "docker.io/")
	if !ok {
		return keys, nil
	}
	more, err := keysOf("registry_mirror.host", strings.TrimSuffix(mirror, "/")+"/"+name, mirrorKey)
	return keys.and(more), err
}

// mirrorKey is the key of an image whose first part is a registry's host, whatever it looks like.
func mirrorKey(text string) event.Key {
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text = rest
	}
	host, path, _ := strings.Cut(text, "/")
	host, _, _ = strings.Cut(host, ":")
	return event.Key{Space: event.SpaceImage, Name: strings.ToLower(host) + "/" + path}
}

func (f *imageFilter) prepare() { f.once.Do(func() { f.tags = newImageTags(f) }) }

func (f *imageFilter) compile() error {
	f.prepare()
	return f.tags.err
}

// Decide follows https://github.com/concourse/registry-image-resource/blob/master/commands/check.go.
func (f *imageFilter) Decide(e event.Event, b *Budget) Decision {
	return decide("registry-image", &f.watched, e, b, func(i event.ImagePushed) Decision { return f.pushed(i, b) })
}

func (f *imageFilter) pushed(i event.ImagePushed, b *Budget) Decision {
	if !b.take(stepsPerRegexpByte*(len(f.TagRegex)+len(i.Tag)) + stepsPerConstraintByte*len(f.SemverConstraint)) {
		return OutOfBudget(i)
	}
	f.prepare()
	switch {
	case i.Tag == "" || f.Tag != "":
		return isTag(f.Tag, i)
	case f.TagRegex == "":
		return f.tags.version(f, i)
	}
	return f.tags.byRegex(f.TagRegex, i, b)
}

// dockerImageFilter is the filter of https://github.com/concourse/docker-image-resource.
type dockerImageFilter struct {
	Repository string `json:"repository"`
	// Tag is latest where it is not set.
	Tag            string `json:"tag,omitempty"`
	RegistryMirror string `json:"registry_mirror,omitempty"`

	watched
}

func (f *dockerImageFilter) fill(r *reader) {
	f.Repository, f.Tag = r.text("repository"), r.text("tag")
	f.RegistryMirror = publicURL(r.text("registry_mirror"))
}

func (f *dockerImageFilter) index() (err error) {
	f.Repository = publicImage(f.Repository)
	if dotless.MatchString(f.Repository) {
		f.keys, err = keysOf("repository", f.Repository, mirrorKey)
		return err
	}
	f.keys, err = imageKeys(f.Repository, f.RegistryMirror)
	return err
}

// dotless is a repository of three parts of which the first is a registry's host for docker-image, whatever it looks like
// (parseRepository in cmd/check/main.go).
var dotless = regexp.MustCompile(`^[^/.:()]+/[^/()]+/[^/:@()]+$`)

// Decide follows https://github.com/concourse/docker-image-resource/blob/master/cmd/check/main.go.
func (f *dockerImageFilter) Decide(e event.Event, b *Budget) Decision {
	return decide("docker-image", &f.watched, e, b, func(i event.ImagePushed) Decision { return isTag(cmp.Or(f.Tag, "latest"), i) })
}

// isTag decides on a push that must have one exact tag.
func isTag(tag string, i event.ImagePushed) Decision {
	switch {
	case i.Tag == "":
		return Check(uncertainTag, "%s (the tag is not known)", i)
	case tag != i.Tag && !HasVar(tag):
		return Skip(imageTag, "%s, the tag is %s", i, tag)
	}
	return checkUnlessVar(imageTag, i.String(), "tag", tag)
}
