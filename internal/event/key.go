package event

// Space is a namespace of keys: a bucket and an image of one name are different things.
type Space string

// The spaces. SpaceRepository names are of the form host/path (see RepositoryKey), SpaceBucket names are bare bucket
// names, SpaceImage names are host/path (see ImageKey), SpaceBuild names are those of builds, SpaceCheck names are TEAM/PIPELINE[/VARS]/RESOURCE.
const (
	SpaceRepository Space = "repository"
	SpaceBucket     Space = "bucket"
	SpaceImage      Space = "image"
	SpaceBuild      Space = "build"
	SpaceCheck      Space = "check"
)

// Key is the canonical name of a thing outside: equal keys mean the same thing.
type Key struct {
	Space Space
	Name  string
}

func (k Key) String() string { return string(k.Space) + ":" + k.Name }
