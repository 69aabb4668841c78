package commands

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/envelope"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

// The payloads of the providers' own tests, which have only the fields that matter there, are recognised as their provider's, or not at
// all: never as another's. None of them looks like a Lambda event, but for Event Grid's lists, which are looked at first.
func TestRecogniseBody(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "internal", "provider")
	for folder, name := range map[string]string{
		"github/testdata/": "github", "gitea/testdata/": "gitea", "gitlab/testdata/": "gitlab", "bitbucket/testdata/": "bitbucket",
		"azuredevops/testdata/": "azure-devops", "generic/testdata/": "generic", "aws/testdata/sns-": "sns",
		"registry/testdata/acr/": "acr", "registry/testdata/dockerhub/": "dockerhub", "registry/testdata/harbor/": "harbor",
		"registry/testdata/jfrog/": "jfrog", "registry/testdata/pubsub/": "pubsub", "registry/testdata/quay/": "quay", "eventgrid/testdata/": "event-grid",
	} {
		pattern := filepath.Join(root, filepath.FromSlash(folder+"*.json"))
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no payloads, %v", pattern, err)
		}
		recognised := 0
		for _, file := range files {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := envelope.Decode(body); err == nil && name != "event-grid" {
				t.Errorf("%s is a Lambda event", file)
			}
			req, err := recogniseBody(body)
			if err != nil {
				continue
			}
			if recognised++; req.Path != "/"+name {
				t.Errorf("%s is recognised as a body of %s", file, req.Path)
			}
		}
		if recognised == 0 {
			t.Errorf("no body of %s is recognised", name)
		}
	}
}

// Each event that is told by a body's fields is one that its provider reads.
func TestBodyEvents(t *testing.T) {
	t.Parallel()
	for _, shape := range bodyShapes {
		if shape.event == "" || shape.event == "ping" {
			continue
		}
		for name := range strings.SplitSeq(shape.provider, " or ") {
			req, err := bodyRequest(name, shape.event, []byte("no JSON"))
			if err != nil {
				t.Fatal(err)
			}
			p := receiver.Recognise(providers.All(), req)
			// A body is not looked at where the event is of no use.
			if d, err := p.Parse(req); err == nil {
				t.Errorf("%s does not read %s: %s", name, shape.event, d.Ignored)
			}
		}
	}
}
