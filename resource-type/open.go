package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
	"github.com/dpb587/concourse-resource-endpoints/internal/sync"
)

// open makes the sync that a source describes, logged in to Concourse. It plans only, until DryRun is taken away. A quick one
// asks for no more than the list of pipelines where that shows no change.
func (s *source) open(ctx context.Context, quick bool) (*sync.Syncer, error) {
	client, err := s.Concourse.client(ctx)
	if err != nil {
		return nil, err
	}
	var location store.Store = nowhere{}
	if s.Config != nil {
		if location, err = s.Config.store(ctx); err != nil {
			return nil, err
		}
	}
	settings := s.settings()
	atc := &sync.ATC{URL: s.Concourse.URL, Transport: client.Transport()}
	return &sync.Syncer{
		Read: func(ctx context.Context, previous []config.Pipeline) (*sync.Reading, error) {
			return atc.Read(ctx, sync.ReadOptions{
				Teams: s.Concourse.Teams, Paused: s.IncludePaused, Previous: previous, Settings: settings.Digest(), Quick: quick,
			})
		},
		Store: location, Settings: settings, DryRun: true,
		Notifier: notify.New(client, notify.Options{Deadline: sync.CatchUpTime}),
	}, nil
}

func (c *concourseSource) client(ctx context.Context) (*concourse.Client, error) {
	client, err := concourse.New(concourse.Options{
		URL: c.URL, Insecure: c.Insecure, CACert: []byte(c.CACert),
		Credentials: concourse.Credentials{
			Username: c.Username, Password: c.Password, ClientID: c.ClientID, ClientSecret: c.ClientSecret, Token: c.Token,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("source.concourse: %w", err)
	}
	return client, client.LogIn(ctx)
}

func (s *source) settings() sync.Settings {
	vars := new(sync.Vars)
	vars.AddValues(s.Vars)
	return sync.Settings{
		Vars: vars, WebhookToken: s.WebhookToken, TypeAliases: s.TypeAliases, RepositoryAliases: s.repositories,
	}
}

func (c *configSource) store(ctx context.Context) (store.Store, error) {
	awsConfig, err := c.aws(ctx)
	if err != nil {
		return nil, err
	}
	return store.NewS3(awsConfig, c.bucket, c.key, c.Endpoint), nil
}

// aws are the SDK's settings: what the source gives, and the default chain for the rest.
func (c *configSource) aws(ctx context.Context) (aws.Config, error) {
	awsConfig, err := awsconfig.LoadDefaultConfig(ctx, func(o *awsconfig.LoadOptions) error {
		o.Region = c.Region
		o.DefaultRegion = "us-east-1"
		if c.AccessKeyID != "" {
			o.Credentials = credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
		}
		return nil
	})
	if err != nil {
		return aws.Config{}, fmt.Errorf("reading the AWS settings: %w", err)
	}
	return awsConfig, nil
}

// nowhere is the store of a resource that only watches Concourse.
type nowhere struct{}

func (nowhere) Load(context.Context, string) (store.Document, error) {
	return store.Document{}, store.ErrNotFound
}

func (nowhere) Publish(context.Context, []byte, string) (string, error) {
	return "", errors.New("source.config: it is missing; give where to publish")
}

func (nowhere) String() string { return "nowhere" }
