package event

import (
	"slices"
	"strings"
)

// Space is a namespace of keys: a bucket and an image of one name are different things.
type Space string

// The spaces. SpaceRepository names are of the form host/path (see RepositoryKey), SpaceBucket names are bare bucket
// names, SpaceImage names are host/path (see ImageKey), SpaceBuild names are those of builds, SpaceCheck names are TEAM/PIPELINE[/VARS]/RESOURCE. The spaces of AnyHost hold
// what is known without the host: see Key.OnAnyHost.
const (
	SpaceRepository        Space = "repository"
	SpaceRepositoryAnyHost Space = "repository on any host"
	SpaceBucket            Space = "bucket"
	SpaceImage             Space = "image"
	SpaceImageAnyHost      Space = "image on any host"
	SpaceBuild             Space = "build"
	SpaceCheck             Space = "check"
)

// Key is the canonical name of a thing outside: equal keys mean the same thing.
type Key struct {
	Space Space
	Name  string
}

func (k Key) String() string { return string(k.Space) + ":" + k.Name }

// OnAnyHost is the key by which a repository or an image is found where its provider does not say the host; ok is false for every
// other thing, and for what is at a host whose deliveries always say it. A repository's is the last two
// parts of its path: Bitbucket Server has PROJECT/REPOSITORY behind whatever its server is below.
func (k Key) OnAnyHost() (key Key, ok bool) {
	host, path, found := strings.Cut(k.Name, "/")
	switch {
	case !found:
		return Key{}, false
	case k.Space == SpaceImage:
		return Key{Space: SpaceImageAnyHost, Name: path}, !isHosted(host)
	case k.Space != SpaceRepository || saysHost[host]:
		return Key{}, false
	}
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		path = path[strings.LastIndexByte(path[:i], '/')+1:]
	}
	return Key{Space: SpaceRepositoryAnyHost, Name: path}, true
}

// saysHost are the hosts of the providers that many use.
var saysHost = map[string]bool{
	"github.com": true, "gitlab.com": true, "bitbucket.org": true, "dev.azure.com": true, codeCommit: true,
}

// hosted are the registries, and what all hosts of others end in, that nobody runs for himself.
var hosted = []string{
	"docker.io", "ghcr.io", "quay.io", "gcr.io", "pkg.dev", "azurecr.io", "mcr.microsoft.com", "public.ecr.aws", "amazonaws.com", "amazonaws.com.cn",
}

func isHosted(host string) bool {
	return slices.ContainsFunc(hosted, func(h string) bool { return host == h || strings.HasSuffix(host, "."+h) })
}
