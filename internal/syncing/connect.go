package syncing

import (
	"context"
	"fmt"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/read"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret/awssecret"
)

// roundTime is the time limit for one round of catching up.
const roundTime = 10 * time.Minute

// lookUpTime is the time limit for finding the values of the login's references.
const lookUpTime = 30 * time.Second

// LoginOptions makes the options for connecting to a Concourse from a login, and resolves the login's references.
func LoginOptions(ctx context.Context, url string, login concourse.Login) (concourse.Options, error) {
	ctx, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	resolver := awssecret.Resolver()
	options, err := login.Options(ctx, func(ctx context.Context, reference string, _ bool) (string, error) {
		value, _, err := resolver.Resolve(ctx, reference)
		return value, err
	})
	if err != nil {
		return options, fmt.Errorf("reading the Concourse login: %w", err)
	}
	options.URL = url
	return options, nil
}

// Connect makes a syncer that reads a Concourse and posts checks to it. It sends nothing yet. o says what to read, and how says
// how.
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
	s := &Syncer{Settings: settings, Checker: client}
	s.Read = func(ctx context.Context, previous []config.Pipeline) (*pipeline.Reading, error) {
		if err := client.LogIn(ctx); err != nil { // so that a failed login is not reported as the first request's error
			return nil, err
		}
		how := how
		how.Teams, how.Paused, how.Settings, how.Previous = o.Teams, o.IncludePaused, digest, previous
		return reader.Read(ctx, how)
	}
	return s, nil
}
