package resource

import (
	"errors"
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

	keys Keys
	once sync.Once
	tags imageTags
}

// registryMirror serves Docker Hub's repositories under their own names.
type registryMirror struct {
	Host string `json:"host"`
}

func readImage(r *reader, f *imageFilter) {
	f.Repository, f.Tag, f.TagRegex = r.text("repository"), r.text("tag"), r.text("tag_regex")
	f.AWSRegion = r.text("aws_region")
	if f.AWSAccountID = r.text("aws_account_id"); f.AWSAccountID == "" {
		f.AWSAccountID = r.text("aws_ecr_registry_id")
	}
	if mirror, ok := r.object("registry_mirror"); ok {
		inner := &reader{source: mirror}
		if host := publicURL(inner.text("host")); host != "" {
			f.RegistryMirror = &registryMirror{Host: host}
		}
		r.errs = append(r.errs, inner.errs...)
	}
	if f.Tag != "" || f.TagRegex != "" {
		return // the others have no say
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
		f.keys, err = mirroredKeys(f.Repository, f.RegistryMirror.Host)
	default:
		f.keys, err = keysOf("repository", f.Repository, imageKey)
	}
	return err
}

// ecrHost is in an image that names its registry in ECR, so that aws_region says nothing more: ACCOUNT.dkr.ecr.REGION..., and
// with IPv6 ACCOUNT.dkr-ecr.REGION....
var ecrHost = regexp.MustCompile(`\.dkr[.-]`)

// publicImage is an image's repository without user and password, which do not belong there.
func publicImage(text string) string {
	hidden, restore := hideVars(strings.TrimSpace(text))
	if _, rest, ok := strings.Cut(hidden, "://"); ok {
		hidden = rest
	}
	host, path, ok := strings.Cut(hidden, "/")
	if end := strings.LastIndexByte(host, '@'); ok && end >= 0 {
		hidden = host[end+1:] + "/" + path
	}
	return restore(hidden)
}

// imageKey is event.ImageKey of text in which unknown stands for what is not known: without a dot or colon in it, an
// unknown start may be a registry, a namespace or both.
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
	if repository == "" {
		return Keys{}, errMissing("repository")
	}
	hidden := variable.ReplaceAllString(repository, unknown)
	if strings.Trim(hidden, unknown) == "" {
		return Keys{}, errors.New("repository is a ((var)) that was not resolved; give its value with -v or -l")
	}
	if account == "" {
		account = unknown
	}
	domain := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain += ".cn"
	}
	host := variable.ReplaceAllString(account+".dkr.ecr."+region+"."+domain, unknown)
	name := host + "/" + hidden
	if !strings.Contains(name, unknown) {
		return Keys{Exact: []event.Key{event.ImageKey(name)}}, nil
	}
	p, _ := newPattern(event.SpaceImage, name)
	return Keys{Patterns: []Pattern{p}}, nil
}

// mirroredKeys are those of a repository that a mirror may serve: its own, and for Docker Hub's the mirror's.
func mirroredKeys(repository, mirror string) (Keys, error) {
	keys, err := keysOf("repository", repository, imageKey)
	if err != nil {
		return Keys{}, err
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
	return event.Key{Space: event.SpaceImage, Name: strings.ToLower(host) + "/" + path}
}

func (f *imageFilter) prepare() { f.once.Do(func() { f.tags = newImageTags(f) }) }

func (f *imageFilter) compile() error {
	f.prepare()
	return f.tags.err
}

// Keys are the image's, and its mirror's.
func (f *imageFilter) Keys() Keys { return f.keys }

// Decide follows semantics.md, registry-image.
func (f *imageFilter) Decide(e event.Event) Decision {
	i, ok := e.(event.ImagePushed)
	switch {
	case !ok:
		return unconcerned("registry-image", e)
	case !f.keys.Match(i):
		return Skip("%s, which is another repository", i)
	case i.Tag == "":
		return Check("%s (the tag is not known)", i)
	}
	f.prepare()
	return f.tags.decide(f, i)
}

// dockerImageFilter is the filter of https://github.com/concourse/docker-image-resource.
type dockerImageFilter struct {
	Repository string `json:"repository"`
	// Tag is latest where it is not set.
	Tag            string `json:"tag,omitempty"`
	RegistryMirror string `json:"registry_mirror,omitempty"`

	keys Keys
}

func readDockerImage(r *reader, f *dockerImageFilter) {
	f.Repository, f.Tag = r.text("repository"), r.text("tag")
	f.RegistryMirror = publicURL(r.text("registry_mirror"))
}

func (f *dockerImageFilter) index() (err error) {
	f.Repository = publicImage(f.Repository)
	if f.RegistryMirror != "" {
		f.keys, err = mirroredKeys(f.Repository, f.RegistryMirror)
	} else {
		f.keys, err = keysOf("repository", f.Repository, imageKey)
	}
	return err
}

func (f *dockerImageFilter) compile() error { return nil }

// Keys are the image's, and its mirror's.
func (f *dockerImageFilter) Keys() Keys { return f.keys }

// Decide follows semantics.md, docker-image.
func (f *dockerImageFilter) Decide(e event.Event) Decision {
	i, ok := e.(event.ImagePushed)
	switch {
	case !ok:
		return unconcerned("docker-image", e)
	case !f.keys.Match(i):
		return Skip("%s, which is another repository", i)
	case i.Tag == "":
		return Check("%s (the tag is not known)", i)
	case f.Tag == "":
		return isTag("latest", i)
	}
	return isTag(f.Tag, i)
}

// isTag decides on a push that is to have one exact tag.
func isTag(tag string, i event.ImagePushed) Decision {
	switch {
	case HasVar(tag):
		return Check("%s (%s)", i, unresolved("tag", tag))
	case tag != i.Tag:
		return Skip("%s, the tag is %s", i, tag)
	}
	return Check("%s", i)
}
