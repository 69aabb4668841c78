package registry

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// DockerHub is Docker Hub (https://docs.docker.com/docker-hub/repos/manage/webhooks/). It signs nothing: a secret is part
// of the webhook's URL, /dockerhub/SECRET.
var DockerHub = provider.Provider{
	Name:   "dockerhub",
	Refuse: provider.URLSecret("dockerhub"),
	Verify: provider.URLSecret("dockerhub"),
	Parse:  parse(dockerHub.delivery),
}

type dockerHub struct {
	PushData struct {
		Tag provider.Text `json:"tag"`
	} `json:"push_data"`
	Repository struct {
		RepoName string `json:"repo_name"`
	} `json:"repository"`
}

// delivery reads a pushed tag, which is the only event.
func (p dockerHub) delivery() (provider.Delivery, error) {
	image, err := provider.Image("repository.repo_name", "docker.io/"+p.Repository.RepoName, string(p.PushData.Tag))
	return provider.Result("", "push", []event.Event{image}, err)
}
