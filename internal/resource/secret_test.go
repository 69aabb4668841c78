package resource_test

import (
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// No filter holds a credential, whatever the form it comes in, nor does any of its decisions.
func TestNoCredentials(t *testing.T) {
	t.Parallel()
	const rest = `"private_key":"hunter2","password":"hunter2","access_token":"hunter2","access_key_id":"hunter2","secret_access_key":"hunter2",` +
		`"aws_access_key_id":"hunter2","aws_secret_access_key":"hunter2","json_key":"hunter2","git_crypt_key":"hunter2"`
	uris := []string{
		"https://user:hunter2@github.com/acme/app", "https://hunter2@github.com/acme/app", "https://user:hunter2@github.com:8443/acme/app",
		"https://user:hunter2/x@github.com/acme/app", "https://user:hun@hunter2@github.com/acme/app", "https://hunter2:x-oauth-basic@github.com/acme/app.git",
		"hunter2@github.com:acme/app.git", "user:hunter2@github.com/acme/app", "hunter2@github.com/acme/app", "ssh://hunter2@github.com/acme/app",
		"https://github.com/acme/app?access_token=hunter2", "https://github.com/acme/app#hunter2", "https://((u)):hunter2@github.com/acme/app",
		"https://((vault:a/b)):hunter2@github.com/((org))/app", " https://user:hunter2@github.com/acme/app",
		// These can't be read as URLs, or have two readings.
		"https://user:p%hunter2@github.com/acme/app", "https://user:12/hunter2@github.com/acme/app", "https://user:12/hunter2@github.com:443/acme/app",
		"https://user:hunt?hunter2@github.com/acme/app", "https://user:hunter2#x@github.com/acme/app", "https://user:p@x/hunter2@github.com/acme/app",
		"ssh://a:hunter2@c@github.com:22/acme/app", "ssh://a:hunter2/x@c@github.com:22/acme/app", "user:hunter2/x@github.com:acme/app",
		"user:hunt:er/hunter2@github.com:acme/app", "https:/user:hunter2@github.com/acme/app", "https//user:hunter2@github.com/acme/app",
		"//user:hunter2@github.com/acme/app", "u:hunter2://v@github.com/acme/app", "https://[user:hunter2@github.com/acme/app",
	}
	check := func(typeName, source string) {
		f := filterOf(t, typeName, source)
		if doc := string(document(t, f)); strings.Contains(doc, "hunter2") {
			t.Errorf("%s: %s", typeName, doc)
		}
		for _, e := range append(unconcerning, event.Event(image("x")), object(event.GCS, "x")) {
			if d := f.Decide(e, nil); strings.Contains(d.Reason, "hunter2") {
				t.Errorf("%s: %s", typeName, d.Reason)
			}
		}
	}
	for _, uri := range uris {
		check("git", `{"uri":"`+uri+`","branch":"main",`+rest+`}`)
		check("semver", `{"driver":"git","uri":"`+uri+`","branch":"main","file":"v",`+rest+`}`)
		check("pool", `{"uri":"`+uri+`","branch":"main","pool":"p",`+rest+`}`)
		check("bosh-release", `{"uri":"`+uri+`",`+rest+`}`)
		check("git-multibranch", `{"uri":"`+uri+`","branches":".*",`+rest+`}`)
		check("gitlab-merge-request", `{"uri":"`+uri+`","private_token":"hunter2",`+rest+`}`)
		if !strings.Contains(uri, "((") {
			f := filterOf(t, "git", `{"uri":"`+uri+`","branch":"main"}`)
			if d := f.Decide(push("refs/heads/main", "a"), nil); !d.Check {
				t.Errorf("%s: %s", uri, d.Reason)
			}
		}
	}
	check("git", `{"uri":"gh:acme/app","git_config":[{"name":"url.https://user:hunter2@github.com/.insteadOf","value":"gh:"}]}`)
	check("s3", `{"bucket":"b","regexp":"(.*)","endpoint":"https://user:hunter2@storage.googleapis.com",`+rest+`}`)
	check("s3", `{"bucket":"b","regexp":"(.*)","endpoint":"https://user:hunter2@((host))"}`)
	check("semver", `{"bucket":"b","key":"k",`+rest+`}`)
	check("semver", `{"driver":"swift","openstack":{"container":"c","item_name":"v",`+rest+`}}`)
	check("gcs", `{"bucket":"b","regexp":"(.*)",`+rest+`}`)
	check("registry-image", `{"repository":"user:hunter2@ghcr.io/acme/app","registry_mirror":{"host":"u:hunter2@m.example.com","password":"hunter2"},`+rest+`}`)
	for _, image := range []string{"https://user:pa/hunter2@ghcr.io/acme/app", "user:12/hunter2@ghcr.io/acme/app", "https://user:hunter2@app", "u:hunter2@ghcr.io/a@sha256:00"} {
		check("registry-image", `{"repository":"`+image+`"}`)
		check("docker-image", `{"repository":"`+image+`"}`)
		check("registry-image", `{"repository":"acme/app","registry_mirror":{"host":"`+image+`"}}`)
	}
	if f := string(document(t, filterOf(t, "registry-image", `{"repository":"u:hunter2@ghcr.io/acme/app@sha256:00"}`))); !strings.Contains(f, `"ghcr.io/acme/app@sha256:00"`) {
		t.Errorf("a digest is no password: %s", f)
	}
	check("docker-image", `{"repository":"ghcr.io/acme/app","registry_mirror":"https://u:hunter2@m.example.com",`+rest+`}`)
	check("github-release", `{"owner":"acme","repository":"app","github_api_url":"https://u:hunter2@ghe.example.com/api/v3",`+rest+`}`)
	for _, typeName := range []string{"pull-request", "digitalocean-pull-request", "pr", "prlist"} {
		check(typeName, `{"repository":"acme/app","v3_endpoint":"https://u:hunter2@ghe.example.com",`+rest+`}`)
	}
	check("github-status", `{"repository":"acme/app","endpoint":"https://u:hunter2@ghe.example.com/api/v3",`+rest+`}`)
	check("azure-blobstore", `{"storage_account_name":"a","storage_account_key":"hunter2","container":"c","regexp":"(.*)",`+rest+`}`)
	check("terraform", `{"backend_type":"s3","backend_config":{"bucket":"b","key":"k","secret_key":"hunter2"},"vars":{"x":"hunter2"},"env":{"X":"hunter2"},`+rest+`}`)
	check("terraform", `{"backend_type":"s3","backend_config":{"bucket":"b","key":"k","endpoints":{"s3":"https://u:hunter2@((host))","sts":"hunter2"}}}`)
	check("terraform", `{"storage":{"bucket":"b","bucket_path":"p","secret_access_key":"hunter2"},`+rest+`}`)
	for _, uri := range []string{
		"git+https://user:hunter2@github.com/acme/app//x", "git+ssh://user:hunter2@github.com:acme/app.git//x#b", "git+ssh://hunter2@github.com:22/acme/app",
		"git+https://user:hunter2#x@github.com/acme/app", "git+https://user:hunter2#x@github.com/acme/app//y#b", "git+https://user:hunter2//x@github.com/acme/app",
		"s3://key:hunter2/x@s3.amazonaws.com/b/p", "s3://key:x/hunter2/y@s3.amazonaws.com/b/p", "git+https://user:x//hunter2@github.com/acme/app//y#b",
		"git+https://((u)):hunter2@github.com/acme/app", "s3://key:hunter2@s3.amazonaws.com/b/p", "s3://key:hunter2@storage.googleapis.com/b/p",
	} {
		check("metalink-repository", `{"uri":"`+uri+`",`+rest+`}`)
	}
	check("oci-helm-chart", `{"registry":"u:hunter2@ghcr.io","repository":"acme","chart_name":"app","auth_password":"hunter2",`+rest+`}`)
	check("artifactory", `{"uri":"https://u:hunter2@art.example.com","build_name":"app",`+rest+`}`)
	check("artifactory", `{"endpoint":"https://u:hunter2@art.example.com","repository":"/a/b",`+rest+`}`)
	check("jtarchie-pull-request", `{"repo":"acme/app","api_endpoint":"https://u:hunter2@ghe.example.com/api/v3",`+rest+`}`)
	check("pixelair-github", `{"kind":"prs","repository":"acme/app","host_endpoint":"https://u:hunter2@ghe.example.com",`+rest+`}`)
}

// A source that has a URL in the place of a name can't be served, so that no password of it is kept.
func TestURLForName(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"https://user:hunter2@github.com/acme/app", "user:hunter2@github.com/acme", "github.com/acme/app?access_token=hunter2"} {
		for typeName, source := range map[string]string{
			"github-release": `{"owner":"acme","repository":"%"}`, "github-status": `{"repository":"%"}`, "pull-request": `{"repository":"%"}`,
			"pr": `{"repository":"%"}`, "jtarchie-pull-request": `{"repo":"%"}`, "pixelair-github": `{"kind":"prs","repository":"%"}`,
			"oci-helm-chart": `{"registry":"ghcr.io","repository":"%","chart_name":"app"}`, "artifactory": `{"repository":"%"}`,
		} {
			if typeName == "artifactory" && strings.Contains(url, "?") {
				continue // that is a folder
			}
			_, err := lookup(t, typeName).Filter(sourceOf(t, strings.Replace(source, "%", url, 1)))
			if err == nil || !strings.Contains(err.Error(), "holds one of @ : ?") {
				t.Errorf("%s: %s: %v", typeName, url, err)
			}
		}
	}
}
