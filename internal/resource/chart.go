package resource

import (
	"strings"
	"sync"

	"github.com/Masterminds/semver/v3"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// chartFilter is the filter of https://github.com/cloudoperators/concourse-oci-helm-chart-resource: a Helm chart in an image registry.
type chartFilter struct {
	Registry   string `json:"registry"`
	Repository string `json:"repository"`
	ChartName  string `json:"chart_name"`
	Tag        string `json:"tag,omitempty"`
	TagRegex   string `json:"tag_regex,omitempty"`

	watched
	once sync.Once
	tags imageTags
}

func (f *chartFilter) fill(r *reader) {
	f.Registry, f.Repository, f.ChartName = publicImage(r.text("registry")), r.text("repository"), r.text("chart_name")
	if f.Tag = r.text("tag"); f.Tag == "" {
		f.TagRegex = r.text("tag_regex")
	}
}

func (f *chartFilter) index() (err error) {
	for _, field := range [][2]string{{"registry", f.Registry}, {"repository", f.Repository}, {"chart_name", f.ChartName}} {
		if field[1] == "" {
			return errMissing(field[0])
		}
	}
	if err := plainName("repository or chart_name", f.Repository+f.ChartName); err != nil {
		return err
	}
	f.keys, err = keysOf("registry, repository and chart_name", f.Registry+"/"+f.Repository+"/"+f.ChartName, chartKey)
	return err
}

// chartKey is the key of a chart whose first part is always a registry.
func chartKey(text string) event.Key {
	if host, _, _ := strings.Cut(text, "/"); strings.ContainsAny(host, ".:") {
		return event.ImageKey(text)
	}
	return mirrorKey(text)
}

func (f *chartFilter) prepare() {
	f.once.Do(func() { f.tags = newImageTags(&imageFilter{TagRegex: f.TagRegex}) })
}

func (f *chartFilter) compile() error {
	f.prepare()
	return f.tags.err
}

// Decide follows pkg/resource/check.go there.
func (f *chartFilter) Decide(e event.Event, b *Budget) Decision {
	return decide("oci-helm-chart", &f.watched, e, b, func(i event.ImagePushed) Decision { return f.pushed(i, b) })
}

func (f *chartFilter) pushed(i event.ImagePushed, b *Budget) Decision {
	if !b.take(stepsPerRegexpByte * (len(f.TagRegex) + len(i.Tag))) {
		return OutOfBudget(i)
	}
	f.prepare()
	switch {
	case i.Tag == "" || f.Tag != "":
		return isTag(f.Tag, i)
	case f.TagRegex != "":
		return f.tags.byRegex(f.TagRegex, i, b)
	}
	if _, err := semver.NewVersion(i.Tag); err != nil {
		return Skip(imageVersion, "%s is no version", i)
	}
	return Check(imageVersion, "%s is a version", i)
}
