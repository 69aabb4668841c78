package eventgrid

import (
	"cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// pushed is the data of a Container Registry's event.
type pushed struct {
	Target struct {
		Repository string        `json:"repository"`
		Tag        provider.Text `json:"tag"`
		Name       string        `json:"name"`    // of a chart
		Version    provider.Text `json:"version"` // of a chart
	} `json:"target"`
	Request struct {
		Host string `json:"host"` // absent from a chart's event
	} `json:"request"`
}

func (e gridEvent) image() ([]event.Event, error) {
	image, _, err := e.pushed()
	return []event.Event{image}, err
}

// chart reads a chart, which is also known below its repository.
func (e gridEvent) chart() ([]event.Event, error) {
	image, p, err := e.pushed()
	if p.Target.Name != "" {
		image.Aliases = append(image.Aliases, image.Image+"/"+p.Target.Name)
	}
	image.Tag = string(p.Target.Version) // the tag is the name of a file
	return []event.Event{image}, err
}

// pushed is the image. Where the event does not say the registry's host, it is made of the registry's name, in each of Azure's clouds.
func (e gridEvent) pushed() (event.ImagePushed, pushed, error) {
	var p pushed
	if err := e.decode(&p); err != nil {
		return event.ImagePushed{}, p, err
	}
	registry := e.resource("registries")
	if p.Target.Repository == "" || p.Request.Host == "" && registry == "" {
		return event.ImagePushed{}, p, provider.Malformed("data.target.repository or data.request.host is missing")
	}
	host := cmp.Or(p.Request.Host, registry+".azurecr.io")
	image, err := provider.Image("data.target.repository", host+"/"+p.Target.Repository, string(p.Target.Tag))
	if p.Request.Host == "" {
		for _, cloud := range []string{".azurecr.cn/", ".azurecr.us/"} {
			image.Aliases = append(image.Aliases, registry+cloud+p.Target.Repository)
		}
	}
	return image, p, err
}
