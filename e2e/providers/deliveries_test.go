package providers_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// delivery is a webhook as its provider sends it.
type delivery struct {
	// provider is who sends it; its resource should be checked.
	provider string
	// name is the name in the path, if that is not provider.
	name string
	// payload is a file of the provider's own test data, below internal/provider.
	payload string
	headers map[string]string
	// sign adds the signature or the secret to the headers or to the path.
	sign func(d *delivery, secret string)

	path string
	body []byte
}

// secretOf is the secret of a provider. It holds characters that must be escaped in a path.
func secretOf(name string) string { return "planted/" + name + "+%" }

// secretEnv are the environment variables of all secrets.
func secretEnv() []string {
	var env []string
	for _, d := range deliveries() {
		name := strings.ToUpper(strings.ReplaceAll(d.servedAs(), "-", "_"))
		env = append(env, name+"_WEBHOOK_SECRET="+secretOf(d.servedAs()))
	}
	return env
}

func (d *delivery) servedAs() string {
	if d.name != "" {
		return d.name
	}
	return d.provider
}

// prepare reads the payload and signs it with a secret.
func (d *delivery) prepare(t *testing.T, secret string) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "internal", "provider", filepath.FromSlash(d.payload)))
	if err != nil {
		t.Fatal(err)
	}
	d.body, d.path = body, "/"+d.servedAs()
	d.sign(d, secret)
}

func deliveries() []*delivery {
	return []*delivery{
		{provider: "github", payload: "github/testdata/push.json", headers: headers("X-GitHub-Event: push"), sign: hexMAC("X-Hub-Signature-256", "sha256=")},
		{
			provider: "gitea", payload: "gitea/testdata/push.json",
			headers: headers("X-Gitea-Event: push", "X-GitHub-Event: push"), sign: hexMAC("X-Gitea-Signature", ""),
		},
		{provider: "gitlab", payload: "gitlab/testdata/push.json", headers: headers("X-Gitlab-Event: Push Hook"), sign: header("X-Gitlab-Token", "")},
		{
			provider: "bitbucket", payload: "bitbucket/testdata/cloud_push.json",
			headers: headers("X-Event-Key: repo:push", "X-Request-UUID: 1"), sign: hexMAC("X-Hub-Signature", "sha256="),
		},
		{
			provider: "bitbucket-server", name: "bitbucket", payload: "bitbucket/testdata/server_push.json",
			headers: headers("X-Event-Key: repo:refs_changed", "X-Request-Id: 1"), sign: hexMAC("X-Hub-Signature", "sha256="),
		},
		{provider: "azure-devops", payload: "azuredevops/testdata/push.json", headers: headers("User-Agent: VSServices/19.219.33714.1"), sign: basic},
		{provider: "generic", payload: "generic/testdata/push.json", sign: hexMAC("X-Signature-256", "sha256=")},
		{provider: "jfrog", payload: "registry/testdata/jfrog/push.json", sign: hexMAC("X-JFrog-Event-Auth", "")},
		{provider: "pubsub", payload: "registry/testdata/pubsub/gar.json", headers: headers("User-Agent: CloudPubSub-Google"), sign: inPath},
		{provider: "dockerhub", payload: "registry/testdata/dockerhub/push.json", sign: inPath},
		{provider: "quay", payload: "registry/testdata/quay/push.json", sign: inPath},
		{provider: "harbor", payload: "registry/testdata/harbor/push.json", sign: header("Authorization", "")},
		{
			provider: "registry", payload: "registry/testdata/registry/push.json",
			headers: headers("Content-Type: application/vnd.docker.distribution.events.v1+json"), sign: header("Authorization", "Bearer "),
		},
		{
			provider: "zot", payload: "registry/testdata/zot/push.json",
			headers: headers("Ce-Type: zotregistry.image.updated", "Ce-Id: 1"), sign: header("Authorization", "Bearer "),
		},
		{provider: "event-grid", payload: "eventgrid/testdata/image.json", headers: headers("Aeg-Event-Type: Notification"), sign: inPath},
		{provider: "acr", payload: "registry/testdata/acr/push.json", sign: header("Authorization", "")},
		{provider: "s3-server", name: "s3", payload: "aws/testdata/versitygw.json", sign: inPath},
		{
			provider: "s3", name: "sns", payload: "aws/testdata/s3-records.json",
			headers: headers("X-Amz-Sns-Message-Type: Notification", "X-Amz-Sns-Rawdelivery: true"), sign: inPath,
		},
	}
}

// headers makes headers from lines such as "X-GitHub-Event: push".
func headers(lines ...string) map[string]string {
	h := make(map[string]string)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		h[name] = value
	}
	return h
}

func (d *delivery) set(name, value string) {
	h := map[string]string{"Content-Type": "application/json"}
	maps.Copy(h, d.headers)
	h[name] = value
	d.headers = h
}

func hexMAC(name, prefix string) func(*delivery, string) {
	return func(d *delivery, secret string) {
		m := hmac.New(sha256.New, []byte(secret))
		m.Write(d.body)
		d.set(name, prefix+hex.EncodeToString(m.Sum(nil)))
	}
}

func header(name, prefix string) func(*delivery, string) {
	return func(d *delivery, secret string) { d.set(name, prefix+secret) }
}

func basic(d *delivery, secret string) {
	d.set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("anybody:"+secret)))
}

func inPath(d *delivery, secret string) { d.path += "/" + url.PathEscape(secret) }
