package registry_test

import (
	"crypto/sha256"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/registry"
)

func TestJFrogParse(t *testing.T) {
	t.Parallel()
	const missing = "jpd_origin, data.repo_key or data.image_name is missing or can't be read"
	providertest.Parse(t, registry.JFrog, []providertest.ParseCase{
		{Name: "push", File: "jfrog/push.json", Want: provider.Delivery{Name: "docker.pushed", Events: []event.Event{event.ImagePushed{
			Image: "art.example.com/docker-local/team/app", Tag: "1.2",
			Aliases: []string{"docker-local.art.example.com/team/app", "art.example.com/team/app"},
		}}}},
		{
			Name: "fetched by a remote repository",
			Body: `{"domain":"docker","event_type":"pushed","data":{"repo_key":"hub-cache","image_name":"library/x","tag":"1"},"jpd_origin":"https://h.example"}`,
			Want: provider.Delivery{Name: "docker.pushed", Events: []event.Event{event.ImagePushed{
				Image: "h.example/hub-cache/library/x", Tag: "1",
				Aliases: []string{"hub-cache.h.example/library/x", "h.example/library/x", "h.example/hub/library/x", "hub.h.example/library/x"},
			}}},
		},
		{
			Name: "JFrog's own cloud",
			Body: `{"domain":"docker","event_type":"pushed","data":{"repo_key":"local","image_name":"app","tag":"1"},"jpd_origin":"https://acme.jfrog.io"}`,
			Want: provider.Delivery{Name: "docker.pushed", Events: []event.Event{event.ImagePushed{
				Image: "acme.jfrog.io/local/app", Tag: "1",
				Aliases: []string{"local.acme.jfrog.io/app", "acme-local.jfrog.io/app", "acme.jfrog.io/app"},
			}}},
		},
		{
			Name: "a port",
			Body: `{"domain":"docker","event_type":"pushed","data":{"repo_key":"local","image_name":"team/app","tag":"1"},"jpd_origin":"http://art.corp:8082"}`,
			Want: provider.Delivery{Name: "docker.pushed", Events: []event.Event{event.ImagePushed{
				Image: "art.corp/local/team/app", Tag: "1", Aliases: []string{"local.art.corp/team/app", "art.corp/team/app"},
			}}},
		},
		{Name: "build", File: "jfrog/build.json", Want: provider.Delivery{Name: "build.uploaded", Events: []event.Event{
			event.Build{Name: "my-build", Number: "7", Action: "uploaded"},
		}}},
		{
			Name: "build that is gone", Body: `{"domain":"build","event_type":"deleted","data":{"build_name":"b","build_number":8}}`,
			Want: provider.Delivery{Name: "build.deleted", Events: []event.Event{event.Build{Name: "b", Number: "8", Action: "deleted"}}},
		},
		{Name: "promoted build", Body: `{"domain":"build","event_type":"promoted","data":{"build_name":"b"}}`, Want: provider.Delivery{Name: "build.promoted", Ignored: "build.promoted event ignored"}},
		{Name: "build without a name", Body: `{"domain":"build","event_type":"uploaded"}`, Malformed: "data.build_name is missing"},
		{Name: "artifact", File: "jfrog/artifact.json", Want: provider.Delivery{Name: "artifact.deployed", Events: []event.Event{
			event.ObjectCreated{Store: event.Artifactory, Bucket: "ext-snapshot-local", Key: "products/app/app-1.2.tar.gz"},
		}}},
		{
			Name: "moved artifact", Body: `{"domain":"artifact","event_type":"moved","data":{"repo_key":"a","path":"x","target_repo_path":"b/y/x"}}`,
			Want: provider.Delivery{Name: "artifact.moved", Events: []event.Event{event.ObjectCreated{Store: event.Artifactory, Bucket: "b", Key: "y/x"}}},
		},
		{
			Name: "artifact fetched by a remote repository", Body: `{"domain":"artifact","event_type":"cached","data":{"repo_key":"hub-cache","path":"y/x"}}`,
			Want: provider.Delivery{Name: "artifact.cached", Events: []event.Event{
				event.ObjectCreated{Store: event.Artifactory, Bucket: "hub-cache", Key: "y/x"},
				event.ObjectCreated{Store: event.Artifactory, Bucket: "hub", Key: "y/x"},
			}},
		},
		{Name: "deleted artifact", Body: `{"domain":"artifact","event_type":"deleted"}`, Want: provider.Delivery{Name: "artifact.deleted", Ignored: "artifact.deleted event ignored"}},
		{Name: "artifact without a path", Body: `{"domain":"artifact","event_type":"copied","data":{"repo_key":"a","path":"x"}}`, Malformed: "data.repo_key, data.path or data.target_repo_path is missing"},
		{Name: "of no use", File: "jfrog/deleted.json", Want: provider.Delivery{Name: "docker.deleted", Ignored: "docker.deleted event ignored"}},
		{Name: "no kind", Body: `{"domain":"docker"}`, Malformed: "domain and event_type are not the name of an event"},
		{Name: "no data", Body: `{"domain":"docker","event_type":"pushed","data":null}`, Malformed: missing},
		{
			Name: "origin that can't be read", Malformed: missing,
			Body: `{"domain":"docker","event_type":"pushed","data":{"repo_key":"k","image_name":"i"},"jpd_origin":"%zz"}`,
		},
	})
}

func TestJFrogVerify(t *testing.T) {
	t.Parallel()
	const body = `{}`
	req := func(header string) *provider.Request {
		return providertest.Request(providertest.Headers{"X-JFrog-Event-Auth": header}, []byte(body))
	}
	providertest.Verify(t, registry.JFrog, []string{"new", "old"}, []providertest.VerifyCase{
		{Name: "secret", Request: req("old")},
		{Name: "signature", Request: req(providertest.HexMAC(sha256.New, "new", body))},
		{Name: "URL", Request: &provider.Request{Path: "/jfrog/old"}},
		{
			Name: "signature of another secret", Request: req(providertest.HexMAC(sha256.New, "x", body)),
			Unauthorized: "neither the X-JFrog-Event-Auth header nor the URL holds the secret",
		},
		{Name: "none", Request: &provider.Request{Path: "/jfrog"}, Unauthorized: "no secret in the URL: send to /jfrog/SECRET"},
	})
}

func FuzzJFrog(f *testing.F) { providertest.Fuzz(f, registry.JFrog) }
