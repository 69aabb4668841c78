package resource

// types are all that are known, by name.
var types = byName(
	kindOf[gitFilter, *gitFilter]{"git", readGit},
	kindOf[s3Filter, *s3Filter]{"s3", readS3},
	kindOf[semverFilter, *semverFilter]{"semver", readSemver},
	kindOf[imageFilter, *imageFilter]{"registry-image", readImage},
	kindOf[dockerImageFilter, *dockerImageFilter]{"docker-image", readDockerImage},
	kindOf[releaseFilter, *releaseFilter]{"github-release", readRelease},
	kindOf[poolFilter, *poolFilter]{"pool", readPool},
	kindOf[gcsFilter, *gcsFilter]{"gcs", readGCS},
	kindOf[teliaFilter, *teliaFilter]{teliaRule.name, readTelia},
	kindOf[digitalOceanFilter, *digitalOceanFilter]{digitalOceanRule.name, readDigitalOcean},
	kindOf[oneFilter, *oneFilter]{oneRule.name, readOne},
	kindOf[listFilter, *listFilter]{listRule.name, readList},
)

func byName(list ...Type) map[string]Type {
	types := make(map[string]Type, len(list))
	for _, t := range list {
		types[t.Name()] = t
	}
	return types
}
