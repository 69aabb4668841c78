// Package dockerhub reads Docker Hub's webhooks. Facts are from https://docs.docker.com/docker-hub/repos/manage/webhooks/.
package dockerhub

import (
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

type dockerHub struct{}

var _ provider.Provider = dockerHub{}

// New is the provider. Docker Hub signs nothing: a secret is part of the webhook's URL, /dockerhub/SECRET.
func New() provider.Provider { return dockerHub{} }

func (dockerHub) Name() string { return "dockerhub" }

// Recognise is never: Docker Hub sends no header of its own.
func (dockerHub) Recognise(http.Header) bool { return false }

func (d dockerHub) Verify(req *provider.Request, secrets []string) error {
	return provider.VerifyURLSecret(req, d.Name(), secrets)
}

// Parse reads the one event there is: a pushed tag.
func (dockerHub) Parse(req *provider.Request) (provider.Delivery, error) {
	var p struct {
		PushData struct {
			Tag provider.Text `json:"tag"`
		} `json:"push_data"`
		Repository struct {
			RepoName string `json:"repo_name"`
		} `json:"repository"`
	}
	if err := provider.Decode("the body", req.Body, &p); err != nil {
		return provider.Delivery{}, err
	}
	image, err := provider.Image("repository.repo_name", "docker.io/"+p.Repository.RepoName, string(p.PushData.Tag))
	return provider.Result("", "push", []event.Event{image}, err)
}
