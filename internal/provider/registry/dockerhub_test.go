package registry_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/registry"
)

func TestDockerHubParse(t *testing.T) {
	t.Parallel()
	push := func(image, tag string) provider.Delivery {
		return provider.Delivery{Name: "push", Events: []event.Event{event.ImagePushed{Image: image, Tag: tag}}}
	}
	providertest.Parse(t, registry.DockerHub, []providertest.ParseCase{
		{Name: "push", File: "dockerhub/push.json", Want: push("docker.io/ann/app", "1.2")},
		{Name: "number as a tag, as it is written", File: "dockerhub/push_number.json", Want: push("docker.io/ann/app", "1.10")},
		{Name: "no tag", Body: `{"repository":{"repo_name":"ann/app"}}`, Want: push("docker.io/ann/app", "")},
		{Name: "official image", Body: `{"repository":{"repo_name":"busybox"}}`, Want: push("docker.io/library/busybox", "")},
		{Name: "no name", Body: `{"push_data":{"tag":"1"}}`, Malformed: "no image in repository.repo_name"},
		{Name: "null", Body: `null`, Malformed: "no image in repository.repo_name"},
		{Name: "a list as a tag", Body: `{"push_data":{"tag":["1"]}}`, Malformed: "reading the body: push_data.tag: an array where a string is expected"},
	})
}

func TestDockerHubVerify(t *testing.T) {
	t.Parallel()
	req := func(path, query string) *provider.Request { return &provider.Request{Path: path, Query: query} }
	const (
		none  = "no secret in the URL: send to /dockerhub/SECRET"
		wrong = "the secret in the URL is not right"
	)
	providertest.Verify(t, registry.DockerHub, []string{"new", "a/b c"}, []providertest.VerifyCase{
		{Name: "in the path", Request: req("/dockerhub/new", "")},
		{Name: "with a slash at the end", Request: req("/dockerhub/new/", "")},
		{Name: "escaped", Request: req("/dockerhub/a%2Fb%20c", "")},
		{Name: "as the token", Request: req("/", "x=1&token=a%2Fb+c")},
		{Name: "wrong in the path", Request: req("/dockerhub/x", ""), Unauthorized: wrong},
		{Name: "wrong in the path, right as the token", Request: req("/dockerhub/x", "token=new"), Unauthorized: wrong},
		{Name: "wrong as the token", Request: req("/dockerhub", "token=x"), Unauthorized: wrong},
		{Name: "another provider's path", Request: req("/quay/new", ""), Unauthorized: none},
		{Name: "none", Request: req("/dockerhub", ""), Unauthorized: none},
		{Name: "empty", Request: req("/dockerhub/", "token="), Unauthorized: none},
		{Name: "query that can't be read", Request: req("/dockerhub", "token=%zz"), Unauthorized: none},
	})
}

func FuzzDockerHub(f *testing.F) { providertest.Fuzz(f, registry.DockerHub) }
