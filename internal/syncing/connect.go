package syncing

import (
	"context"
	"fmt"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/read"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret/awssecret"
)

// catchUpTime bounds a catch-up. A first sync may add thousands of checks.
const catchUpTime = 10 * time.Minute

// LoginOptions are the options to reach a Concourse with a login, its references resolved.
func LoginOptions(ctx context.Context, url string, login concourse.Login) (concourse.Options, error) {
	resolver := awssecret.Resolver()
	options, err := login.Options(func(reference string) (string, error) {
		value, _, err := resolver.Resolve(ctx, reference)
		return value, err
	})
	if err != nil {
		return options, fmt.Errorf("reading the Concourse login: %w", err)
	}
	options.URL = url
	return options, nil
}

// Connect makes a syncer that reads a Concourse and asks it to check. It sends nothing yet. how says how to read; the options
// say what.
func Connect(atc concourse.Options, o PipelineOptions, name Naming, how read.Options) (*Syncer, error) {
	settings, err := o.Settings(name)
	if err != nil {
		return nil, err
	}
	client, err := concourse.New(atc)
	if err != nil {
		return nil, err
	}
	digest := settings.Digest()
	reader := &read.ATC{URL: atc.URL, Transport: client.Transport()}
	s := &Syncer{Settings: settings, Notifier: notify.New(client, notify.Options{Deadline: catchUpTime})}
	s.Read = func(ctx context.Context, previous []config.Pipeline) (*pipeline.Reading, error) {
		if err := client.LogIn(ctx); err != nil { // an error of the login, rather than of the first request
			return nil, err
		}
		how := how
		how.Teams, how.Paused, how.Settings, how.Previous = o.Teams, o.IncludePaused, digest, previous
		return reader.Read(ctx, how)
	}
	return s, nil
}
