package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
	"github.com/dpb587/concourse-resource-endpoints/internal/sync"
)

// source is the resource's configuration.
type source struct {
	// Its two objects are decoded on their own, so that an error names a field by its whole path.
	RawConcourse json.RawMessage `json:"concourse"`
	RawConfig    json.RawMessage `json:"config"`
	// Redeploy are Lambda functions, by name or ARN, that are to take up what was published.
	Redeploy []string `json:"redeploy"`
	// Vars resolve the ((vars)) that the pipelines leave open.
	Vars map[string]any `json:"vars"`
	// TypeAliases name the type whose rules a pipeline's own type follows.
	TypeAliases map[string]string `json:"type_aliases"`
	// RepositoryAliases are repositories that were renamed: old URL to new.
	RepositoryAliases map[string]string `json:"repository_aliases"`
	IncludePaused     bool              `json:"include_paused"`
	// WebhookToken is a reference to the resources' webhook tokens: sync.Settings.WebhookToken.
	WebhookToken string `json:"webhook_token"`

	Concourse concourseSource `json:"-"`
	// Config is where the document is published; nil for a resource that only watches Concourse.
	Config *configSource `json:"-"`

	// repositories are RepositoryAliases without what does not name a repository.
	repositories map[string]string
}

// concourseSource is how to read the pipelines.
type concourseSource struct {
	URL          string `json:"url"`
	Username     string `json:"username"`
	Password     string `json:"password"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Token        string `json:"token"`
	// Teams are the only ones to read; all that the login may see where empty.
	Teams    []string `json:"teams"`
	Insecure bool     `json:"insecure"`
	// CACert is PEM text.
	CACert string `json:"ca_cert"`
}

// configSource is where the document is. Without keys the AWS SDK's default chain has the credentials.
type configSource struct {
	// URL is s3://BUCKET/KEY.
	URL             string `json:"url"`
	Region          string `json:"region"`
	Endpoint        string `json:"endpoint"`
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
	SessionToken    string `json:"session_token"`

	bucket, key string
}

func readSource(raw json.RawMessage) (source, error) {
	var s source
	if err := decode("source", raw, &s); err != nil {
		return s, err
	}
	if err := decode("source.concourse", s.RawConcourse, &s.Concourse); err != nil {
		return s, err
	}
	if len(s.RawConfig) > 0 && string(s.RawConfig) != "null" {
		s.Config = new(configSource)
		if err := decode("source.config", s.RawConfig, s.Config); err != nil {
			return s, err
		}
	}
	return s, s.validate()
}

// validate reports all that is missing or contradictory, by name.
func (s *source) validate() error {
	errs := []error{s.Concourse.validate()}
	if s.Config != nil {
		errs = append(errs, s.Config.validate())
	} else if len(s.Redeploy) > 0 {
		errs = append(errs, errors.New("source.redeploy: functions are redeployed after publishing, and source.config, where to publish, is missing"))
	}
	if _, err := redeploy.ParseAll(s.Redeploy); err != nil {
		errs = append(errs, fmt.Errorf("source.redeploy: %w", err))
	}
	for _, name := range slices.Sorted(maps.Keys(s.TypeAliases)) {
		if _, ok := resource.Lookup(s.TypeAliases[name]); !ok {
			errs = append(errs, fmt.Errorf("source.type_aliases.%s: type %q is not known; there are %s",
				name, s.TypeAliases[name], strings.Join(resource.Names(), ", ")))
		}
	}
	s.repositories = make(map[string]string, len(s.RepositoryAliases))
	for old, now := range s.RepositoryAliases {
		if err := sync.AddRepositoryAlias(s.repositories, old, now); err != nil {
			errs = append(errs, fmt.Errorf("source.repository_aliases: %w", err))
		}
	}
	if s.WebhookToken != "" && !secret.IsReference(s.WebhookToken) {
		errs = append(errs, errors.New("source.webhook_token: it is not a reference, and a token itself would be published: "+
			"env:NAME, file:PATH, ssm:NAME or secretsmanager:ID"))
	}
	return errors.Join(errs...)
}

func (c *concourseSource) validate() error {
	var errs []error
	missing := func(name, value, why string) {
		if value == "" {
			errs = append(errs, fmt.Errorf("source.concourse.%s: it is missing%s", name, why))
		}
	}
	missing("url", c.URL, "; give the ATC's external URL")
	logins := 0
	if c.Username != "" || c.Password != "" {
		logins++
		missing("username", c.Username, " beside password")
		missing("password", c.Password, " beside username")
	}
	if c.ClientID != "" || c.ClientSecret != "" {
		logins++
		missing("client_id", c.ClientID, " beside client_secret")
		missing("client_secret", c.ClientSecret, " beside client_id")
	}
	if c.Token != "" {
		logins++
	}
	switch {
	case logins == 0:
		errs = append(errs, errors.New("source.concourse: a login is missing; give username and password, client_id and client_secret, or token"))
	case logins > 1:
		errs = append(errs, errors.New("source.concourse: more than one login; give username and password, client_id and client_secret, or token"))
	}
	return errors.Join(errs...)
}

func (c *configSource) validate() error {
	if c.URL == "" {
		return errors.New("source.config.url: it is missing; give s3://BUCKET/KEY")
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.User != nil || u.RawQuery != "" || len(u.Path) < 2 || strings.HasSuffix(u.Path, "/") {
		return errors.New("source.config.url: it is not of the form s3://BUCKET/KEY")
	}
	c.bucket, c.key = u.Host, strings.TrimPrefix(u.Path, "/")
	if (c.AccessKeyID == "") != (c.SecretAccessKey == "") {
		return errors.New("source.config: access_key_id and secret_access_key go together, and one of them is missing")
	}
	if c.SessionToken != "" && c.AccessKeyID == "" {
		return errors.New("source.config.access_key_id: it is missing beside session_token")
	}
	return nil
}
