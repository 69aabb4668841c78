package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/live"
	"github.com/dpb587/concourse-resource-endpoints/internal/match"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// startTime is how long the first config and the secrets may take: an endpoint that can't get them says so, and ends.
const startTime = time.Minute

// Parts are what an endpoint is made of.
type Parts struct {
	Settings Settings
	// Secrets finds the values of references, and keeps them for a while, since every look at the config needs them.
	Secrets *secret.Cache
	// Providers serve webhooks; none for an endpoint that takes only notifications.
	Providers []provider.Provider
	// ParseNotification reads what an invocation brought; nil for an endpoint that takes only webhooks.
	ParseNotification func(json.RawMessage) (provider.Delivery, error)
	Logger            *slog.Logger
	// Store holds the config; nil to open the one that the settings name.
	Store store.Loader
	// S3 opens the object that the settings name.
	S3 func(context.Context, store.S3Location) (store.Loader, error)

	clients *clients
	// warned has the names of the secrets that the log already called short.
	warned map[string]bool
}

// goodSecret is how many bytes a webhook's secret should have at least: whoever sees one signed delivery can try short ones at home.
const goodSecret = 16

// clients keeps the client of the last config. As long as a new config is for the same Concourse, its login and connections serve on.
type clients struct {
	mu     sync.Mutex
	atc    config.ATC
	client *concourse.Client
}

// Endpoint is a receiver whose config stays current.
type Endpoint struct {
	*receiver.Receiver
	config *live.Config
	// Reload looks at the config now, instead of when it is old enough.
	Reload func(context.Context) error
}

// Providers are all that send webhooks, for an endpoint that takes them.
func Providers(s Settings) []provider.Provider {
	return providers.Served(providers.Options{
		Client: &http.Client{Timeout: 10 * time.Second}, SNSTopics: trimmed(s.SNSTopics), PubSub: s.PubSubOIDC.tokens(), Generic: s.GenericOIDC,
	})
}

// New loads the config and makes the endpoint. It fails if the config is missing or invalid, if a secret can't be found, or if
// nothing would protect the endpoint.
func New(ctx context.Context, p Parts) (*Endpoint, error) {
	p.Settings.References = trimmed(p.Settings.References)
	err := p.Settings.checkTrust()
	if err == nil {
		err = p.Settings.PubSubOIDC.check()
	}
	if err != nil {
		return nil, err
	}
	p.clients, p.warned = new(clients), make(map[string]bool)
	if p.Store == nil {
		if p.Store, err = p.open(ctx); err != nil {
			return nil, err
		}
	}
	current := &live.Config{Store: p.Store, Refresh: p.Settings.ConfigRefresh, Build: p.build, Secrets: p.secrets, Logger: p.Logger}
	loading, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	first, err := current.Load(loading)
	if err != nil {
		return nil, err
	}
	if len(p.Providers) > 0 && len(first.Secrets) == 0 && len(p.Settings.SNSTopics) == 0 && !p.Settings.takesTokens() && !p.Settings.AllowUnsigned {
		return nil, errors.New("no webhook secret is configured: set GITHUB_WEBHOOK_SECRET (or that of another provider) to a secret " +
			"or a reference to one; or let senders prove themselves by tokens with GENERIC_OIDC; or allow unsigned deliveries with ALLOW_UNSIGNED=true, if nobody else can reach the endpoint")
	}
	reload := func(ctx context.Context) error {
		_, err := current.Load(ctx)
		return err
	}
	return &Endpoint{Reload: reload, config: current, Receiver: &receiver.Receiver{
		Current: current.Current, Providers: p.Providers, AllowUnsigned: p.Settings.AllowUnsigned,
		ParseNotification: p.ParseNotification, DryRun: p.Settings.DryRun, Logger: p.Logger,
		Ask: func(ctx context.Context, current *receiver.Current, targets []notify.Target) notify.Report {
			return notify.New(current.Checker, notify.Options{Logger: p.Logger}).Notify(ctx, targets)
		},
	}}, nil
}

func (p Parts) open(ctx context.Context) (store.Loader, error) {
	file, object, err := store.Parse(p.Settings.Config)
	if err != nil || object == nil {
		return file, err
	}
	return p.S3(ctx, *object)
}

// Find gives a resource of the config of this moment by its name.
func (e *Endpoint) Find(name string) (notify.Target, bool) { return e.config.Have().Find(name) }

// Watching names the resources that watch a repository, by its URL; all of them where the URL is "".
func (e *Endpoint) Watching(repository string) []string {
	return e.config.Have().Matcher.Watching(repository)
}

// Post asks the Concourse of this moment for one check.
func (e *Endpoint) Post(ctx context.Context, t notify.Target) (concourse.Build, error) {
	return notify.Post(ctx, e.config.Have().Checker, t)
}

// build makes a document ready for use, all but the secrets.
func (p Parts) build(ctx context.Context, c *config.Config) (*receiver.Current, error) {
	matcher, err := match.New(c)
	var unread match.Unread
	if errors.As(err, &unread) {
		p.Logger.ErrorContext(ctx, "the config has checks with mistakes, or of a newer syncer; all others are served, and `syncer validate` names each",
			"count", len(unread), "checks", unread[:min(len(unread), 10)].Error())
	}
	atc := c.ATC
	if atc.URL == "" { // of pipelines on disk
		atc.URL = p.Settings.ConcourseURL
	}
	if err := p.Settings.checkATC(atc.URL); err != nil {
		return nil, err
	}
	client, err := p.client(ctx, atc)
	if err != nil {
		return nil, err
	}
	current := &receiver.Current{Matcher: matcher, Checker: client}
	if !client.HasLogin() {
		current.WebhookToken = p.resolveFromConfig
	}
	p.warn(ctx, c, client.HasLogin())
	return current, nil
}

// resolve finds the value of a reference, at most five minutes old.
func (p Parts) resolve(ctx context.Context, reference string) (string, error) {
	value, _, err := p.Secrets.Resolve(ctx, reference)
	return value, err
}

// resolveFromConfig finds the value of what stands in the config: a reference that the operator allows there, or the secret itself.
func (p Parts) resolveFromConfig(ctx context.Context, reference string) (string, error) {
	if err := p.Settings.checkReference(reference); err != nil {
		return "", err
	}
	return p.resolve(ctx, reference)
}

// client gives the client of a config's Concourse, with the values of its headers' references at this moment.
func (p Parts) client(ctx context.Context, atc config.ATC) (_ *concourse.Client, err error) {
	atc.Headers = maps.Clone(atc.Headers)
	for name, reference := range atc.Headers {
		if atc.Headers[name], err = p.resolveFromConfig(ctx, reference); err != nil {
			return nil, fmt.Errorf("reading atc.headers: %s: %w", name, err)
		}
	}
	p.clients.mu.Lock()
	defer p.clients.mu.Unlock()
	if c := p.clients; c.client != nil && c.atc.URL == atc.URL && maps.Equal(c.atc.Headers, atc.Headers) {
		return c.client, nil
	}
	options, err := p.Settings.Login.Options(ctx, func(ctx context.Context, reference string, fresh bool) (value string, err error) {
		if fresh {
			value, _, err = p.Secrets.Fresh(ctx, reference)
			return value, err
		}
		return p.resolve(ctx, reference)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the Concourse login: %w", err)
	}
	options.URL, options.Headers = atc.URL, atc.Headers
	client, err := concourse.New(options)
	if err == nil {
		p.clients.atc, p.clients.client = atc, client
	}
	return client, err
}

// warn tells what in the config works, but not well.
func (p Parts) warn(ctx context.Context, c *config.Config, login bool) {
	if fields := secret.Literals(c); len(fields) > 0 {
		p.Logger.WarnContext(ctx, "the config holds secrets themselves; references are safer: env:NAME, file:PATH, ssm:NAME or secretsmanager:ID",
			"count", len(fields), "fields", fields[:min(len(fields), 10)]) // there may be thousands of tokens
	}
	if !login {
		p.warnOfTokens(ctx, c.Checks)
	}
}

// warnOfTokens tells which checks can't be asked for without a login.
func (p Parts) warnOfTokens(ctx context.Context, checks []config.Check) {
	without := 0
	refused := make(map[string]bool)
	for i := range checks {
		token := checks[i].WebhookToken
		if token == "" {
			without++
		} else if p.Settings.checkReference(token) != nil {
			refused[token] = true
		}
	}
	if without > 0 {
		p.Logger.WarnContext(ctx, "Concourse will refuse the checks that have no webhook_token, since no login is configured: "+
			"set CONCOURSE_URL, CONCOURSE_USERNAME and CONCOURSE_PASSWORD", "checks", without)
	}
	if names := slices.Sorted(maps.Keys(refused)); len(names) > 0 {
		p.Logger.WarnContext(ctx, "the config refers to webhook tokens that CONFIG_REFERENCES does not allow; the checks with them will fail: "+
			"add the references there, or a prefix of them", "count", len(names), "references", names[:min(len(names), 10)])
	}
}

// secrets finds each provider's secrets: NAME_WEBHOOK_SECRET and, while it is being replaced, NAME_WEBHOOK_SECRET_OLD. The
// config's own secret is GitHub's, as in the 2016 form, but only where the environment has none: a secret that was replaced in
// the environment must not stay valid because an old one is still in the config.
func (p Parts) secrets(ctx context.Context, fromConfig string) (map[string][]string, error) {
	getenv := p.Settings.Getenv
	if getenv == nil {
		getenv = os.Getenv
	}
	secrets := make(map[string][]string)
	for _, provider := range p.Providers {
		name := receiver.EnvName(provider.Name) + "_WEBHOOK_SECRET"
		references := []string{getenv(name), getenv(name + "_OLD")}
		if provider.Name == "github" && references[0] == "" {
			if err := p.Settings.checkReference(fromConfig); err != nil {
				return nil, fmt.Errorf("secret: %w", err)
			}
			references[0] = fromConfig
		}
		for _, reference := range references {
			if reference == "" {
				continue
			}
			value, err := p.resolve(ctx, reference)
			if err != nil {
				return nil, fmt.Errorf("reading the webhook secret of %s: %w", provider.Name, err)
			}
			if len(value) < goodSecret && !p.warned[provider.Name] {
				p.warned[provider.Name] = true
				p.Logger.WarnContext(ctx, "a webhook secret is short and could be guessed; make one with `openssl rand -hex 32`", "provider", provider.Name)
			}
			secrets[provider.Name] = append(secrets[provider.Name], value)
		}
	}
	return secrets, nil
}
