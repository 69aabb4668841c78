package endpoint_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/endpoint"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/aws"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

// atc is the Concourse of document.
const atc = "https://ci.example.com"

const document = `{"version":1,"atc":{"url":"https://ci.example.com"},"checks":[
	{"check":"app/source","type":"git","webhook_token":"ssm:/ci/token","filter":{"uri":"https://github.com/octo/app"}}]}`

// log is a log that tests may read.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// file is a config in a file of its own.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// webhooks are the parts of an endpoint for webhooks, with an environment.
func webhooks(t *testing.T, e env) (endpoint.Parts, *log) {
	t.Helper()
	settings, err := endpoint.FromEnv(e.get)
	if err != nil {
		t.Fatal(err)
	}
	l := new(log)
	return endpoint.Parts{
		Settings: settings, Secrets: &secret.Cache{Resolver: &secret.Resolver{Getenv: e.get}}, Providers: endpoint.Providers(settings),
		Logger: slog.New(slog.NewTextHandler(l, nil)),
	}, l
}

func TestNewErrors(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "config.json")
	withSecret := `{"version":1,"atc":{"url":"https://ci.example.com"},"secret":"env:PLANTED","checks":[]}`
	withHeader := `{"version":1,"atc":{"url":"https://ci.example.com","headers":{"authorization":"env:PLANTED"}},"checks":[]}`
	const withoutURL = `{"version":1,"atc":{},"checks":[]}`
	tests := []struct {
		name string
		env  env
		want []string // parts of the error
	}{
		{
			"no config",
			env{"CONFIG": missing},
			[]string{"reading " + missing + ": there is no config yet", "`syncer sync --config " + missing + "` publishes one"},
		},
		{"location", env{"CONFIG": "gs://bucket/key"}, []string{"this kind of URL is not known; give a file's path, or s3://BUCKET/KEY"}},
		{"empty config", env{"CONFIG": file(t, "")}, []string{"reading ", "the config is empty; `syncer generate` prints one"}},
		{"HTML config", env{"CONFIG": file(t, "<html>")}, []string{"is it an error page?"}},
		{"config of a later version", env{"CONFIG": file(t, `{"version":2}`)}, []string{"the config has version 2, but this program reads versions up to 1; upgrade the program"}},
		{"no secret", env{"CONFIG": file(t, document)}, []string{"no webhook secret is configured: set GITHUB_WEBHOOK_SECRET", "ALLOW_UNSIGNED=true"}},
		{
			"secret that can't be found",
			env{"CONFIG": file(t, document), "GITEA_WEBHOOK_SECRET": "env:PLANTED"},
			[]string{"reading the webhook secret of gitea: resolving the reference env:PLANTED: its value is empty or not set"},
		},
		{"secret of the config", env{"CONFIG": file(t, withSecret), "CONCOURSE_URL": atc, "CONFIG_REFERENCES": "env:PLANTED"}, []string{"reading the webhook secret of github: resolving the reference env:PLANTED"}},
		{"header of the config", env{"CONFIG": file(t, withHeader), "CONCOURSE_URL": atc, "CONFIG_REFERENCES": "env:PLANTED"}, []string{"reading atc.headers: authorization: resolving the reference env:PLANTED"}},
		{
			"password",
			env{"CONFIG": file(t, document), "CONCOURSE_URL": atc, "CONCOURSE_USERNAME": "bot", "CONCOURSE_PASSWORD": "file:/nowhere"},
			[]string{"reading the Concourse login: the password: resolving the reference file:/nowhere: stat /nowhere"},
		},
		{"half a login", env{"CONFIG": file(t, document), "CONCOURSE_URL": atc, "CONCOURSE_USERNAME": "bot"}, []string{"the Concourse login: password is missing beside username"}},
		{"a login that the config could send anywhere", env{"CONFIG": file(t, document), "CONCOURSE_TOKEN": "t"}, []string{"CONCOURSE_URL (--concourse-url) is not set: the login goes only to"}},
		{"references that it could send anywhere", env{"CONFIG": file(t, document), "CONFIG_REFERENCES": "env:PLANTED"}, []string{"CONCOURSE_URL (--concourse-url) is not set: a secret of CONFIG_REFERENCES goes only to"}},
		{"config for another Concourse", env{"CONFIG": file(t, document), "CONCOURSE_URL": "https://ci.example.org"}, []string{"atc.url: the config is for https://ci.example.com, but this endpoint is for https://ci.example.org (CONCOURSE_URL)"}},
		{"config without a URL", env{"CONFIG": file(t, withoutURL)}, []string{"atc.url: the config has none: generate it with --concourse-url, or set CONCOURSE_URL here"}},
		{"CONCOURSE_URL for it", env{"CONFIG": file(t, withoutURL), "CONCOURSE_URL": atc}, []string{"no webhook secret is configured"}},
		{"bad URL", env{"CONFIG": file(t, document), "CONCOURSE_URL": "https://planted@ci.example.com"}, []string{"CONCOURSE_URL: it must not hold a user or password"}},
		{"bad references", env{"CONFIG": file(t, document), "CONFIG_REFERENCES": "*"}, []string{"CONFIG_REFERENCES: entry 1 is not a reference"}},
		{"header that the config may not use", env{"CONFIG": file(t, withHeader), "PLANTED": "x"}, []string{"atc.headers: authorization: the config may not refer to env:PLANTED: if it should, add it"}},
		{"secret that the config may not use", env{"CONFIG": file(t, withSecret), "PLANTED": "x", "CONCOURSE_URL": atc, "CONFIG_REFERENCES": "env:PLANT,ssm:/ci/"}, []string{"secret: the config may not refer to env:PLANTED"}},
		{"SSM is not there", env{"CONFIG": file(t, document), "GITHUB_WEBHOOK_SECRET": "ssm:/x"}, []string{"resolving the reference ssm:/x", "use env: or file: here"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			parts, _ := webhooks(t, tt.env)
			_, err := endpoint.New(t.Context(), parts)
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q lacks %q", err, part)
				}
			}
		})
	}
}

// A check of a type that is not known costs only that check, and the log names it.
func TestNewUnknownType(t *testing.T) {
	t.Parallel()
	unknownType := `{"version":1,"atc":{"url":"https://ci.example.com"},"checks":[{"check":"a/b","type":"svn","filter":{}},
		{"check":"a/c","type":"git","role":"trigger","filter":{"uri":"https://github.com/octo/app"}}]}`
	parts, log := webhooks(t, env{"CONFIG": file(t, unknownType), "GITHUB_WEBHOOK_SECRET": "x"})
	e, err := endpoint.New(t.Context(), parts)
	if err != nil {
		t.Fatal(err)
	}
	if _, found := e.Find("main/a/c"); !found {
		t.Error("the other check is not served")
	}
	if !strings.Contains(log.String(), `checks[0] (main/a/b): type: \"svn\" is not known`) || !strings.Contains(log.String(), "syncer validate") {
		t.Errorf("the log does not name the check, or does not say what to do:\n%s", log)
	}
}

// An endpoint starts if something protects it, or it needs no protection.
func TestNewProtected(t *testing.T) {
	t.Parallel()
	withSecret := `{"atc":{"url":"https://ci.example.com"},"secret":"planted","checks":[]}`
	for name, e := range map[string]env{
		"a secret":          {"CONFIG": file(t, document), "GITLAB_WEBHOOK_SECRET": "x"},
		"the old secret":    {"CONFIG": file(t, document), "AZURE_DEVOPS_WEBHOOK_SECRET_OLD": "x"},
		"the config's":      {"CONFIG": file(t, withSecret)},
		"SNS topics":        {"CONFIG": file(t, document), "SNS_TOPICS": "arn:aws:sns:us-east-1:1:a"},
		"allowed":           {"CONFIG": file(t, document), "ALLOW_UNSIGNED": "true"},
		"notification only": {"CONFIG": file(t, document), "notification": "only"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parts, _ := webhooks(t, e)
			if e["notification"] != "" {
				parts.Providers, parts.ParseNotification = nil, aws.ParseNotification
			}
			if _, err := endpoint.New(t.Context(), parts); err != nil {
				t.Error(err)
			}
		})
	}
}

// The server's flags leave the blanks after the commas of a variable, which allow nothing less.
func TestBlanksInLists(t *testing.T) {
	t.Parallel()
	parts, l := webhooks(t, env{"CONFIG": file(t, document), "GITHUB_WEBHOOK_SECRET": "planted-and-long-enough", "CONCOURSE_URL": atc})
	parts.Settings.References = secret.Allowed{"env:A", " ssm:/ci/ "}
	parts.Settings.SNSTopics = []string{"arn:aws:sns:us-east-1:1:a", " arn:aws:sns:us-east-1:1:b "}
	if _, err := endpoint.New(t.Context(), parts); err != nil || strings.Contains(l.String(), "CONFIG_REFERENCES") {
		t.Errorf("the second reference does not count: %v\n%s", err, l)
	}
	all := endpoint.Providers(parts.Settings)
	sns := all[slices.IndexFunc(all, func(p provider.Provider) bool { return p.Name == "sns" })]
	header := http.Header{"X-Amz-Sns-Topic-Arn": {"arn:aws:sns:us-east-1:1:b"}}
	if err := sns.Refuse(&provider.Request{Path: "/sns", Header: header}, nil); err != nil {
		t.Errorf("the second topic does not count: %v", err)
	}
}

// The log warns of what works, but not well.
func TestNewWarnings(t *testing.T) {
	t.Parallel()
	const noLogin = "Concourse will refuse the checks that have no webhook_token, since no login is configured: " +
		"set CONCOURSE_URL, CONCOURSE_USERNAME and CONCOURSE_PASSWORD"
	original := `{"atc":{"url":"https://ci.example.com","headers":{"authorization":"Basic planted","x-proxy":"v"}},"secret":"planted",
		"checks":[{"check":"a/b","filter":{"uri":"https://github.com/octo/app"}}]}`
	referring := `{"atc":{"url":"https://ci.example.com","headers":{"Authorization":"env:AUTH"}},"secret":"env:HOOK",
		"checks":[{"check":"a/b","filter":{"uri":"https://github.com/octo/app"}}]}`
	tests := []struct {
		name, document, secret string
		want                   []string
	}{
		{"literals", original, "", []string{`count=2 fields="[secret atc.headers.authorization]"`}},
		{"references", referring, "", nil},
		{"no login and no token", `{"atc":{"url":"https://ci.example.com"},"checks":[{"check":"a/b","filter":{"uri":"https://github.com/octo/app"}}]}`, "", []string{noLogin}},
		{"no login, but tokens", document, "", nil},
		{"a short secret", document, "planted-15bytes", []string{`a webhook secret is short and could be guessed; make one with ` + "`openssl rand -hex 32`" + `" provider=github`}},
		{"a token that the config may not use", strings.Replace(document, "ssm:/ci", "ssm:/other", 1), "", []string{`count=1 references=[ssm:/other/token]`}},
		{"a literal token", strings.Replace(document, "ssm:/ci/token", "planted", 1), "", []string{`count=1 fields="[main/app/source: webhook_token]"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			parts, l := webhooks(t, env{
				"CONFIG": file(t, tt.document), "GITHUB_WEBHOOK_SECRET": cmp.Or(tt.secret, "planted-and-long-enough"), "AUTH": "Basic planted", "HOOK": "planted",
				"CONCOURSE_URL": atc, "CONFIG_REFERENCES": "env:AUTH,env:HOOK,ssm:/ci/",
			})
			if _, err := endpoint.New(t.Context(), parts); err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(l.String(), "level=WARN"); n != len(tt.want) {
				t.Errorf("%d warnings, want %d:\n%s", n, len(tt.want), l)
			}
			for _, part := range tt.want {
				if !strings.Contains(l.String(), part) {
					t.Errorf("no warning with %q:\n%s", part, l)
				}
			}
			if strings.Contains(l.String(), "planted") {
				t.Errorf("the log holds a secret:\n%s", l)
			}
		})
	}
}

// Secrets come from NAME_WEBHOOK_SECRET and its _OLD; the config's own is GitHub's where the environment has none.
func TestSecrets(t *testing.T) {
	t.Parallel()
	e := env{
		"GITHUB_WEBHOOK_SECRET": "env:NEW", "NEW": "new", "GITHUB_WEBHOOK_SECRET_OLD": "old", "AZURE_DEVOPS_WEBHOOK_SECRET": "password",
		"CONFIG": file(t, `{"atc":{"url":"https://ci.example.com"},"secret":"documents","checks":[]}`),
	}
	parts, _ := webhooks(t, e)
	served, err := endpoint.New(t.Context(), parts)
	if err != nil {
		t.Fatal(err)
	}
	current, err := served.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := current.Secrets["github"], []string{"new", "old"}; !slices.Equal(got, want) {
		t.Errorf("GitHub's secrets are %q, want %q", got, want)
	}
	if got, want := current.Secrets["azure-devops"], []string{"password"}; !slices.Equal(got, want) {
		t.Errorf("Azure's secrets are %q, want %q", got, want)
	}
	if len(current.Secrets) != 2 {
		t.Errorf("secrets of %d providers", len(current.Secrets))
	}
}

// parameters is a fake of Systems Manager.
type parameters struct {
	mu     sync.Mutex
	values map[string]string
	calls  []string
}

func (p *parameters) get(_ context.Context, name string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, name)
	value, ok := p.values[name]
	if !ok {
		return "", errors.New("ParameterNotFound")
	}
	return value, nil
}

func (p *parameters) set(name, value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.values[name] = value
	if value == "" {
		delete(p.values, name)
	}
}

// elapse lets time pass, on the clock of synctest's bubble.
func elapse(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // nobody waits

// A secret that is rotated behind its reference counts within minutes, without a new config. While it can't be found, the old
// one counts. A webhook token is looked up once for many deliveries.
func TestReferences(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parts, l := webhooks(t, env{"CONFIG": file(t, document), "GITHUB_WEBHOOK_SECRET": "ssm:/ci/hook", "CONCOURSE_URL": atc, "CONFIG_REFERENCES": "ssm:/ci/token"})
		store := &parameters{values: map[string]string{"/ci/hook": "first", "/ci/token": "t"}}
		parts.Secrets.Resolver.SSM = store.get
		served, err := endpoint.New(t.Context(), parts)
		if err != nil {
			t.Fatal(err)
		}
		want := func(secret string) {
			t.Helper()
			current, err := served.Current(t.Context())
			if err != nil || !slices.Equal(current.Secrets["github"], []string{secret}) {
				t.Errorf("secrets %q, %v, want %q", current.Secrets["github"], err, secret)
			}
			for range 3 {
				if token, err := current.WebhookToken(t.Context(), "ssm:/ci/token"); err != nil || token != "t" {
					t.Errorf("token %q, %v", token, err)
				}
			}
		}
		want("first")
		store.set("/ci/hook", "second")
		want("first")
		elapse(6 * time.Minute)
		want("second")
		store.set("/ci/hook", "")
		elapse(6 * time.Minute)
		want("second")
		if !strings.Contains(l.String(), "resolving the reference ssm:/ci/hook: ParameterNotFound") {
			t.Errorf("the log does not say why:\n%s", l)
		}
		store.set("/ci/hook", "third")
		elapse(time.Minute)
		want("third")
		if n := len(store.calls); n != 4+3 {
			t.Errorf("%d calls: %q", n, store.calls)
		}
	})
}

// The settings reach the receiver.
func TestNewReceiver(t *testing.T) {
	t.Parallel()
	parts, _ := webhooks(t, env{"CONFIG": file(t, document), "ALLOW_UNSIGNED": "true", "DRY_RUN": "true"})
	served, err := endpoint.New(t.Context(), parts)
	if err != nil {
		t.Fatal(err)
	}
	body := `{"repository":"https://github.com/octo/app","ref":"refs/heads/main"}`
	w := httptest.NewRecorder()
	served.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/generic", strings.NewReader(body)))
	if want := `"would":["main/app/source"]`; w.Code != 200 || !strings.Contains(w.Body.String(), want) {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

// Whoever can write the config gets neither the login nor a secret of the endpoint: a config that would send them elsewhere, or that
// refers to a secret of the endpoint's, does not replace the good one.
func TestConfigOfAnAttacker(t *testing.T) {
	t.Parallel()
	path := file(t, document)
	parts, l := webhooks(t, env{
		"CONFIG": path, "CONFIG_REFRESH": "1ns", "GITHUB_WEBHOOK_SECRET": "planted-hook", "OTHER": "planted-other",
		"CONCOURSE_URL": atc, "CONCOURSE_USERNAME": "bot", "CONCOURSE_PASSWORD": "planted",
	})
	e, err := endpoint.New(t.Context(), parts)
	if err != nil {
		t.Fatal(err)
	}
	good, err := e.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan string, 1)
	attacker := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }))
	defer attacker.Close()
	for name, bad := range map[string]string{
		"(CONCOURSE_URL)":                  strings.Replace(document, atc, attacker.URL, 1),
		"may not refer to env:OTHER":       strings.Replace(document, `"}`, `","headers":{"x-stolen":"env:OTHER"}}`, 1),
		"may not refer to env:CONCOURSE_P": strings.Replace(document, `"}`, `","headers":{"x-stolen":"env:CONCOURSE_PASSWORD"}}`, 1),
	} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := e.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the config is taken: %v, want an error with %q", err, name)
		}
		current, err := e.Current(t.Context())
		if err != nil || current.Checker != good.Checker || current.Matcher != good.Matcher {
			t.Errorf("%s: the last good config does not serve on: %v", name, err)
		}
	}
	select {
	case path := <-asked:
		t.Errorf("the attacker's server was asked for %s", path)
	default:
	}
	if strings.Contains(l.String(), "planted") {
		t.Errorf("the log holds a secret:\n%s", l)
	}
}
