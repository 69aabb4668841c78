package event_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

func TestRepositoryKey(t *testing.T) {
	t.Parallel()
	const github = "github.com/example/test"
	tests := map[string]string{
		"https://github.com/example/test":                                           github,
		"https://github.com/example/test.git":                                       github,
		"https://github.com/Example/Test.git/":                                      github,
		"https://user:pass@github.com:443/example/test":                             github,
		"http://www.github.com//example//test":                                      github,
		"git@github.com:example/test.git":                                           github,
		"github.com:example/test":                                                   github,
		"ssh://git@github.com/example/test.git":                                     github,
		"ssh://git@ssh.github.com:443/example/test.git":                             github,
		"git://github.com/example/test.git":                                         github,
		" https://github.com/example/test\n":                                        github,
		"ssh://git@altssh.bitbucket.org:443/o/r.git":                                "bitbucket.org/o/r",
		"https://git.example.com/Group/Sub/repo.git":                                "git.example.com/group/sub/repo",
		"git@git.example.com:/srv/git/repo.git":                                     "git.example.com/srv/git/repo",
		"ssh://git@[::1]:2222/r.git":                                                "::1/r",
		"git://127.0.0.1:9418/app.git":                                              "127.0.0.1/app",
		"https://org@dev.azure.com/org/proj/_git/repo":                              "dev.azure.com/org/proj/_git/repo",
		"https://dev.azure.com/org/_git/repo":                                       "dev.azure.com/org/repo/_git/repo",
		"git@ssh.dev.azure.com:v3/Org/Proj/Repo":                                    "dev.azure.com/org/proj/_git/repo",
		"https://org.visualstudio.com/proj/_git/repo":                               "dev.azure.com/org/proj/_git/repo",
		"https://org.visualstudio.com/DefaultCollection/proj/_git/repo":             "dev.azure.com/org/proj/_git/repo",
		"https://org.visualstudio.com/_git/repo":                                    "dev.azure.com/org/repo/_git/repo",
		"org@vs-ssh.visualstudio.com:v3/org/proj/repo":                              "dev.azure.com/org/proj/_git/repo",
		"https://dev.azure.com/org/My%20Proj/_git/repo":                             "dev.azure.com/org/my proj/_git/repo",
		"git@ssh.dev.azure.com:v3/org/My%20Proj/repo":                               "dev.azure.com/org/my proj/_git/repo",
		"ssh://git@ssh.dev.azure.com/v3/org/My%20Proj/repo":                         "dev.azure.com/org/my proj/_git/repo",
		"https://github.com/ACME/SHOP.GIT":                                          "github.com/acme/shop",
		"git@ssh.dev.azure.com:v3/org/100%/repo":                                    "dev.azure.com/org/100%/_git/repo",
		"codecommit::eu-west-1://app":                                               "codecommit/eu-west-1/app",
		"codecommit::eu-west-1://profile@app":                                       "codecommit/eu-west-1/app",
		"codecommit://profile@app":                                                  "codecommit/app",
		"https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/app":               "codecommit/eu-west-1/app",
		"ssh://APKAEXAMPLE@git-codecommit.eu-west-1.amazonaws.com/v1/repos/app":     "codecommit/eu-west-1/app",
		"https://git-codecommit-fips.us-east-1.amazonaws.com/v1/repos/App?x=1#frag": "codecommit/us-east-1/App",
		"":                   "",
		"/":                  "",
		"https://github.com": "",
	}
	for raw, want := range tests {
		if got := event.RepositoryKey(raw).Name; got != want {
			t.Errorf("RepositoryKey(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestImageKey(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"busybox":                          "docker.io/library/busybox",
		"busybox:latest":                   "docker.io/library/busybox",
		"concourse/git-resource":           "docker.io/concourse/git-resource",
		"docker.io/busybox":                "docker.io/library/busybox",
		"index.docker.io/library/busybox":  "docker.io/library/busybox",
		"https://registry-1.docker.io/a/b": "docker.io/a/b",
		"ghcr.io/Org/app:1.2@sha256:00":    "ghcr.io/Org/app",
		"localhost:5000/app:x":             "localhost:5000/app",
		"localhost/app":                    "localhost/app",
		"quay.io/a/b/c":                    "quay.io/a/b/c",
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app",
	}
	for image, want := range tests {
		if got := event.ImageKey(image).Name; got != want {
			t.Errorf("ImageKey(%q) = %q, want %q", image, got, want)
		}
	}
}

// A repository's words are printed in logs and answers: its URL may hold a password.
func TestRepositoryStringHasNoCredentials(t *testing.T) {
	t.Parallel()
	r := event.Repository{URLs: []string{"https://user:hunter2@git.example.com/o/r.git"}}
	if got, want := r.String(), "git.example.com/o/r"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}
