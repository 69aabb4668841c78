package event_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

func TestRepositoryKey(t *testing.T) {
	t.Parallel()
	const github = "github.com/example/test"
	tests := map[string]string{
		"https://github.com/example/test":                                                            github,
		"https://github.com/example/test.git":                                                        github,
		"https://github.com/Example/Test.git/":                                                       github,
		"https://user:pass@github.com:443/example/test":                                              github,
		"http://www.github.com//example//test":                                                       github,
		"git@github.com:example/test.git":                                                            github,
		"github.com:example/test":                                                                    github,
		"ssh://git@github.com/example/test.git":                                                      github,
		"ssh://git@ssh.github.com:443/example/test.git":                                              github,
		"git://github.com/example/test.git":                                                          github,
		" https://github.com/example/test\n":                                                         github,
		"ssh://git@altssh.bitbucket.org:443/o/r.git":                                                 "bitbucket.org/o/r",
		"https://git.example.com/Group/Sub/repo.git":                                                 "git.example.com/group/sub/repo",
		"git@git.example.com:/srv/git/repo.git":                                                      "git.example.com/srv/git/repo",
		"ssh://git@[::1]:2222/r.git":                                                                 "::1/r",
		"git://127.0.0.1:9418/app.git":                                                               "127.0.0.1/app",
		"https://org@dev.azure.com/org/proj/_git/repo":                                               "dev.azure.com/org/proj/_git/repo",
		"https://dev.azure.com/org/_git/repo":                                                        "dev.azure.com/org/repo/_git/repo",
		"git@ssh.dev.azure.com:v3/Org/Proj/Repo":                                                     "dev.azure.com/org/proj/_git/repo",
		"https://org.visualstudio.com/proj/_git/repo":                                                "dev.azure.com/org/proj/_git/repo",
		"https://org.visualstudio.com/DefaultCollection/proj/_git/repo":                              "dev.azure.com/org/proj/_git/repo",
		"https://org.visualstudio.com/_git/repo":                                                     "dev.azure.com/org/repo/_git/repo",
		"org@vs-ssh.visualstudio.com:v3/org/proj/repo":                                               "dev.azure.com/org/proj/_git/repo",
		"https://dev.azure.com/org/My%20Proj/_git/repo":                                              "dev.azure.com/org/my proj/_git/repo",
		"git@ssh.dev.azure.com:v3/org/My%20Proj/repo":                                                "dev.azure.com/org/my proj/_git/repo",
		"ssh://git@ssh.dev.azure.com/v3/org/My%20Proj/repo":                                          "dev.azure.com/org/my proj/_git/repo",
		"https://github.com/ACME/SHOP.GIT":                                                           "github.com/acme/shop",
		"git@ssh.dev.azure.com:v3/org/100%/repo":                                                     "dev.azure.com/org/100%/_git/repo",
		"https://dev.azure.com/org/proj/_git/_full/repo":                                             "dev.azure.com/org/proj/_git/repo",
		"https://dev.azure.com/org/_git/_optimized/repo":                                             "dev.azure.com/org/repo/_git/repo",
		"https://org.visualstudio.com/DefaultCollection/Proj/_git/_full/Repo":                        "dev.azure.com/org/proj/_git/repo",
		"https://dev.azure.com/org/proj/_git/_full":                                                  "dev.azure.com/org/proj/_git/_full",
		"git@ssh.dev.azure.com:v3/Org/Proj/_full/Repo":                                               "dev.azure.com/org/proj/_git/repo",
		"ssh://org@org.visualstudio.com:22/DefaultCollection/Proj/_ssh/Repo":                         "dev.azure.com/org/proj/_git/repo",
		"ssh://org@org.visualstudio.com:22/_ssh/_full/Repo":                                          "dev.azure.com/org/repo/_git/repo",
		"ssh://tfs.example.com:22/tfs/DefaultCollection/Proj/_ssh/Repo":                              "tfs.example.com/tfs/defaultcollection/proj/_git/repo",
		"ssh://org@vs-ssh.visualstudio.com:22/DefaultCollection/Proj/_ssh/Repo":                      "vs-ssh.visualstudio.com/proj/_git/repo",
		"https://vpce-0a1b-2c3d.git-codecommit.eu-west-1.vpce.amazonaws.com/v1/repos/App":            "codecommit/eu-west-1/App",
		"https://vpce-0a1b-2c3d-eu-west-1a.git-codecommit.eu-west-1.vpce.amazonaws.com/v1/repos/App": "codecommit/eu-west-1/App",
		"https://vpce-0a1b.git-codecommit.example.com/v1/repos/App":                                  "vpce-0a1b.git-codecommit.example.com/v1/repos/app",
		"codecommit::eu-west-1://app":                                                                "codecommit/eu-west-1/app",
		"codecommit::eu-west-1://profile@app":                                                        "codecommit/eu-west-1/app",
		"codecommit://profile@app":                                                                   "codecommit/app",
		"https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/app":                                "codecommit/eu-west-1/app",
		"ssh://APKAEXAMPLE@git-codecommit.eu-west-1.amazonaws.com/v1/repos/app":                      "codecommit/eu-west-1/app",
		"https://git-codecommit-fips.us-east-1.amazonaws.com/v1/repos/App?x=1#frag":                  "codecommit/us-east-1/App",
		// Nothing before the last @ is in a key: it may be a password that holds what it should not.
		"https://user:p%ss@github.com/example/test":           github,
		"https://user:pa/ss@github.com/example/test":          github,
		"https://user:12/ss@github.com/example/test":          github,
		"https://user:12/ss@github.com:443/example/test":      github,
		"https://user:p?ss@github.com/example/test":           github,
		"https://user:1#p@ss@github.com/example/test.git?x=1": github,
		"https://tok/en@github.com/example/test":              github,
		"ssh://a:b@c@github.com:22/example/test":              github,
		"ssh://a:b/x@c@github.com:22/example/test":            github,
		"user:pa/ss@github.com:example/test":                  github,
		"user:p:a/ss@github.com:example/test":                 github,
		"user:pa/ss@github.com/example/test":                  github,
		"//user:pass@github.com/example/test":                 github,
		"https:/user:pass@github.com/example/test":            github,
		"https//user:pass@github.com/example/test":            github,
		"u:pass://v:pass@github.com/example/test":             github,
		"https://pass%40word@github.com/example/test":         github,
		"codecommit::eu-west-1://pro:p@ss@app":                "codecommit/eu-west-1/app",
		// A path that really holds an @ has the same key in each form.
		"https://git.example.com:8443/scm/@Team/repo.git": "team/repo",
		"https://git.example.com/scm/%40team/repo":        "team/repo",
		"git@git.example.com:scm/@team/repo.git":          "team/repo",
		"https://git.example.com/o/repo@v2":               "/v2",
		"https://git.example.com/o/repo%40v2.git":         "/v2",
		"git@git.example.com:o/repo@v2":                   "/v2",
		"":                                                "",
		"/":                                               "",
		"https://github.com":                              "",
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
		"localhost:5000/app:x":             "localhost/app",
		"Registry.corp:443/team/app:1":     "registry.corp/team/app",
		"registry:5000/app":                "registry/app",
		"[::1]:5000/app:x":                 "::1/app",
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

func TestOnAnyHost(t *testing.T) {
	t.Parallel()
	for key, want := range map[event.Key]string{
		event.RepositoryKey("https://bb.example.com/scm/PROJ/app.git"):        "repository on any host:proj/app",
		event.RepositoryKey("https://example.com/bitbucket/scm/~ann/app.git"): "repository on any host:~ann/app",
		event.RepositoryKey("ssh://git@bb.example.com:7999/proj/app.git"):     "repository on any host:proj/app",
		event.RepositoryKey("https://github.com/proj/app"):                    "",
		event.RepositoryKey("https://org@dev.azure.com/org/proj/_git/repo"):   "",
		event.RepositoryKey("codecommit::eu-west-1://app"):                    "",
		event.ImageKey("zot.example.com:5000/team/app"):                       "image on any host:team/app",
		event.ImageKey("1.dkr.ecr.eu-west-1.amazonaws.com/team/app"):          "",
		event.ImageKey("ghcr.io/team/app"):                                    "",
		event.ImageKey("team/app"):                                            "",
		event.BucketKey("a/b"):                                                "",
		{Space: event.SpaceCheck, Name: "main/p/r"}:                           "",
	} {
		got, ok := key.OnAnyHost()
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%s on any host is %s, %v, want %q", key, got, ok, want)
		}
	}
}

// A path without a host has the key that the repository's own has on any host.
func TestRepositoryOnAnyHost(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"PROJ/app": "proj/app", "g/sub/app": "sub/app", "~ann/app.git": "~ann/app", "app": "app"} {
		keys := event.Repository{AnyHost: path}.Keys()
		if len(keys) != 1 || keys[0] != (event.Key{Space: event.SpaceRepositoryAnyHost, Name: want}) {
			t.Errorf("%s has the keys %v, want %q", path, keys, want)
		}
	}
}

func TestWithoutUser(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"git@github.com:acme/app.git":                    "git@github.com:acme/app.git",
		"ssh://git@github.com/acme/app":                  "ssh://git@github.com/acme/app",
		"https://github.com/acme/app?token=x":            "https://github.com/acme/app",
		"https://github.com:8443/acme/app#x":             "https://github.com:8443/acme/app",
		"https://git@hunter2@github.com/acme/app":        "https://github.com/acme/app",
		"https://user:12/hunter2@github.com:8443/a/b":    "https://github.com:8443/a/b",
		"user:12/hunter2@github.com:a/b":                 "github.com:a/b",
		"codecommit::eu-west-1://profile@app":            "codecommit::eu-west-1://app",
		"http::https://user:hunter2@git.example.com/o/r": "https://git.example.com/o/r",
		"file:///srv/git/r.git":                          "file:///srv/git/r.git",
		"":                                               "",
	} {
		if got := event.WithoutUser(raw); got != want {
			t.Errorf("WithoutUser(%q) = %q, want %q", raw, got, want)
		}
	}
}

// FuzzWithoutUser plants a password that holds anything. It never comes through, nothing is left to drop, and the key is that of the URL
// without it. A URL without an @ stays as it is, but for query and fragment.
func FuzzWithoutUser(f *testing.F) {
	for _, around := range [][2]string{{"", ""}, {"12/", "?x"}, {"p@", "@c"}, {"?", "#"}, {"%", "/%zz"}, {":22/", "://"}, {"1#", "/@/"}} {
		f.Add(around[0], around[1], "o/r")
	}
	f.Fuzz(func(t *testing.T, before, after, path string) {
		const planted = "hunter2hunter2"
		for _, form := range []string{"https://%s@git.example.com/%s", "ssh://%s@git.example.com:22/%s", "%s@git.example.com:%s", "%s@git.example.com/%s"} {
			if strings.Contains(path, "@") || strings.Contains(path, "://") || strings.ContainsAny(path, "?#%") {
				return
			}
			password := "user:" + before + planted + after
			if !strings.Contains(form, "://") && strings.Contains(password, "://") {
				return // that makes another form of it
			}
			raw := fmt.Sprintf(form, password, path)
			clean := event.WithoutUser(raw)
			if strings.Contains(clean, planted) || strings.Contains(event.RepositoryKey(raw).Name, planted) {
				t.Errorf("%q became %q with the key %q", raw, clean, event.RepositoryKey(raw))
			}
			if again := event.WithoutUser(clean); again != clean {
				t.Errorf("%q became %q, and that %q", raw, clean, again)
			}
			if got, want := event.RepositoryKey(clean), event.RepositoryKey(raw); got != want {
				t.Errorf("%q has the key %q, and as %q %q", raw, want, clean, got)
			}
			if without := strings.Replace(raw, password+"@", "", 1); event.WithoutUser(without) != without || event.RepositoryKey(without) != event.RepositoryKey(raw) {
				t.Errorf("%q has the key %q, and %q %q", raw, event.RepositoryKey(raw), without, event.RepositoryKey(without))
			}
		}
	})
}

// A repository's words are printed in logs and answers: its URL may hold a password.
func TestRepositoryStringHasNoCredentials(t *testing.T) {
	t.Parallel()
	r := event.Repository{URLs: []string{"https://user:hunter2@git.example.com/o/r.git"}}
	if got, want := r.String(), "git.example.com/o/r"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}
