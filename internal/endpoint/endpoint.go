package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/match"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// Parts are what an endpoint is made of.
type Parts struct {
	Settings Settings
	Resolver *secret.Resolver
	// Providers serve webhooks; none where the endpoint takes only notifications.
	Providers []provider.Provider
	// ParseNotification reads what an invocation brought; nil where the endpoint takes only webhooks.
	ParseNotification func(json.RawMessage) (provider.Delivery, error)
	Logger            *slog.Logger

	// cache keeps what references lead to that are looked at again and again.
	cache *secret.Cache
}

// Endpoint is a receiver whose config stays current.
type Endpoint struct {
	*receiver.Receiver
	live *live
}

// Reload looks at the config now, instead of when it is old enough.
func (e *Endpoint) Reload(ctx context.Context) error {
	e.live.loading.Lock()
	defer e.live.loading.Unlock()
	_, err := e.live.load(ctx)
	return err
}

// New loads the config and makes the endpoint. A config that is missing or invalid, a secret that can't be had, and an
// endpoint that nothing would protect are errors.
func New(ctx context.Context, p Parts) (*Endpoint, error) {
	location, err := store.Open(ctx, p.Settings.Config)
	if err != nil {
		return nil, err
	}
	p.cache = &secret.Cache{Resolver: p.Resolver}
	l := &live{store: location, refresh: p.Settings.ConfigRefresh, build: p.build, secrets: p.secrets, logger: p.Logger}
	first, err := l.load(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.protected(first); err != nil {
		return nil, err
	}
	return &Endpoint{live: l, Receiver: &receiver.Receiver{
		Current: l.current, Providers: p.Providers, AllowUnsigned: p.Settings.AllowUnsigned,
		ParseNotification: p.ParseNotification, DryRun: p.Settings.DryRun, Logger: p.Logger,
	}}, nil
}

// protected refuses an endpoint that would take webhooks from anybody, or could take none at all.
func (p Parts) protected(c *receiver.Current) error {
	if len(p.Providers) == 0 || len(c.Secrets) > 0 || len(p.Settings.SNSTopics) > 0 || p.Settings.AllowUnsigned {
		return nil
	}
	return errors.New("no webhook secret is configured: set GITHUB_WEBHOOK_SECRET (or that of another provider) to a secret " +
		"or a reference to one; or allow unsigned deliveries with ALLOW_UNSIGNED=true, if nobody else can reach the endpoint")
}

// build makes what deliveries are matched against of a document.
func (p Parts) build(ctx context.Context, c *config.Config) (*receiver.Current, error) {
	matcher, err := match.New(c)
	if err != nil {
		return nil, fmt.Errorf("reading the config's checks: %w", err)
	}
	client, err := p.client(ctx, c.ATC)
	if err != nil {
		return nil, err
	}
	current := &receiver.Current{Matcher: matcher, Notifier: notify.New(client, notify.Options{Logger: p.Logger})}
	if current.Secrets, err = p.secrets(ctx, c.Secret); err != nil {
		return nil, err
	}
	if !client.HasLogin() {
		current.WebhookToken = p.resolve
	}
	p.warn(ctx, c, client.HasLogin())
	return current, nil
}

// resolve gives the value of a reference, or one that is up to five minutes old.
func (p Parts) resolve(ctx context.Context, reference string) (string, error) {
	value, _, err := p.cache.Resolve(ctx, reference)
	return value, err
}

// maxFields bounds the names in one line of the log: a config may hold thousands of tokens.
const maxFields = 10

// warn tells of what works, but not as it should.
func (p Parts) warn(ctx context.Context, c *config.Config, login bool) {
	if fields := secret.Literals(c); len(fields) > 0 {
		p.Logger.WarnContext(ctx, "the config holds secrets themselves; references are safer: env:NAME, file:PATH, ssm:NAME or secretsmanager:ID",
			"count", len(fields), "fields", fields[:min(len(fields), maxFields)])
	}
	without := 0
	for i := range c.Checks {
		if c.Checks[i].WebhookToken == "" {
			without++
		}
	}
	if !login && without > 0 {
		p.Logger.WarnContext(ctx, "Concourse will refuse the checks that have no webhook_token, since no login is configured: "+
			"set CONCOURSE_USERNAME and CONCOURSE_PASSWORD", "checks", without)
	}
}

func (p Parts) client(ctx context.Context, atc config.ATC) (*concourse.Client, error) {
	resolve := func(reference string) (string, error) { return p.resolve(ctx, reference) }
	options, err := p.Settings.Login.Options(resolve)
	if err != nil {
		return nil, fmt.Errorf("reading the Concourse login: %w", err)
	}
	options.URL = atc.URL
	options.Headers = maps.Clone(atc.Headers)
	for name, reference := range options.Headers {
		if options.Headers[name], err = resolve(reference); err != nil {
			return nil, fmt.Errorf("reading atc.headers: %s: %w", name, err)
		}
	}
	return concourse.New(options)
}

// secrets are each provider's, from the environment: two may be live at once. The document's own is GitHub's, as it was in
// the original, where the environment has none: one that was replaced there must not live on in the document.
func (p Parts) secrets(ctx context.Context, documents string) (map[string][]string, error) {
	getenv := p.Settings.Getenv
	if getenv == nil {
		getenv = os.Getenv
	}
	secrets := make(map[string][]string)
	for _, provider := range p.Providers {
		name := receiver.EnvName(provider.Name()) + "_WEBHOOK_SECRET"
		references := []string{getenv(name), getenv(name + "_OLD")}
		if provider.Name() == "github" && references[0] == "" {
			references[0] = documents
		}
		for _, reference := range references {
			if reference == "" {
				continue
			}
			value, err := p.resolve(ctx, reference)
			if err != nil {
				return nil, fmt.Errorf("reading the webhook secret of %s: %w", provider.Name(), err)
			}
			secrets[provider.Name()] = append(secrets[provider.Name()], value)
		}
	}
	return secrets, nil
}
