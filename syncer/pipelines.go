package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret/awssecret"
	"github.com/dpb587/concourse-resource-endpoints/internal/sync"
)

// sourceFlags say which pipelines to read from where, and how to make checks of them.
type sourceFlags struct {
	Target       string          `short:"t" group:"Concourse:" placeholder:"TARGET" help:"A target that fly is logged in to, from .flyrc in $$FLY_HOME or $$HOME."`
	ConcourseURL string          `group:"Concourse:" env:"CONCOURSE_URL" placeholder:"URL" help:"The ATC's external URL, where no target is given."`
	Login        concourse.Login `embed:"" group:"Concourse:"`
	Pipelines    sync.Flags      `embed:"" group:"Pipelines:"`
	Pipeline     []string        `group:"Pipelines:" sep:"none" placeholder:"[TEAM/]NAME[/VAR:VALUE,...]=FILE" help:"Read a pipeline from disk, in place of a Concourse. Repeatable."`
}

// source is where pipelines are read from.
type source struct {
	read func(ctx context.Context, previous []config.Pipeline) (*sync.Reading, error)
	// client asks for checks; nil where the pipelines come from disk.
	client *concourse.Client
}

// open logs in to the Concourse, or takes the pipelines from disk.
func (f *sourceFlags) open(ctx context.Context, settings sync.Settings, progress func(done, of int)) (*source, error) {
	if len(f.Pipeline) > 0 {
		if f.Target != "" {
			return nil, errors.New("give either -t TARGET or --pipeline, not both")
		}
		url := f.ConcourseURL
		if url == "" {
			url = "https://ci.example.com"
		}
		return &source{read: func(context.Context, []config.Pipeline) (*sync.Reading, error) {
			return sync.ReadFiles(url, f.Pipeline, settings.Vars)
		}}, nil
	}
	options, err := f.options(ctx)
	if err != nil {
		return nil, err
	}
	client, err := concourse.New(options)
	if err != nil {
		return nil, err
	}
	if err := client.LogIn(ctx); err != nil {
		return nil, err
	}
	atc := &sync.ATC{URL: options.URL, Transport: client.Transport()}
	return &source{client: client, read: func(ctx context.Context, previous []config.Pipeline) (*sync.Reading, error) {
		options := f.Pipelines.ReadOptions(settings)
		options.Previous, options.Progress = previous, progress
		reading, err := atc.Read(ctx, options)
		if f.Target != "" && errors.Is(err, sync.ErrUnauthorized) {
			err = fmt.Errorf("%w; run `fly -t %s login`", err, f.Target)
		}
		return reading, err
	}}, nil
}

// readAll reads every pipeline.
func (f *sourceFlags) readAll(ctx context.Context, s streams) (*sync.Reading, sync.Settings, error) {
	settings, err := f.Pipelines.Settings()
	if err != nil {
		return nil, settings, err
	}
	from, err := f.open(ctx, settings, progress(s))
	if err != nil {
		return nil, settings, err
	}
	reading, err := from.read(ctx, nil)
	return reading, settings, err
}

// options are the ATC's, from fly's target or from the flags.
func (f *sourceFlags) options(ctx context.Context) (concourse.Options, error) {
	login := f.Login
	var target *sync.Target
	if f.Target != "" {
		var err error
		if target, err = sync.FlyTarget(f.Target); err != nil {
			return concourse.Options{}, err
		}
		// What the environment says of another login is not for this target.
		login = concourse.Login{CACert: login.CACert, Insecure: login.Insecure}
	}
	resolver := awssecret.Resolver()
	options, err := login.Options(func(reference string) (string, error) {
		value, _, err := resolver.Resolve(ctx, reference)
		return value, err
	})
	if err != nil {
		return options, fmt.Errorf("reading the Concourse login: %w", err)
	}
	options.URL = f.ConcourseURL
	if target != nil {
		options.URL, options.Insecure = target.API, options.Insecure || target.Insecure
		options.Credentials = concourse.Credentials{Token: target.Token.Value}
		if len(options.CACert) == 0 {
			options.CACert = []byte(target.CACert)
		}
	}
	if options.URL == "" {
		return options, errors.New("no Concourse is given: -t TARGET as fly knows it, --concourse-url URL and a login, or --pipeline NAME=FILE to read from disk")
	}
	if options.Credentials == (concourse.Credentials{}) {
		return options, errors.New("no login is given: --username and --password, --client-id and --client-secret, --token, or -t TARGET")
	}
	return options, nil
}

// warnLeft names what the config leaves out.
func warnLeft(w io.Writer, left []sync.Left) {
	for _, l := range left {
		fmt.Fprintf(w, "left out: %s: %s\n", l.Name, l.Reason)
	}
}

// progress counts on a terminal's last line.
func progress(s streams) func(done, of int) {
	file, ok := s.err.(*os.File)
	if !ok {
		return nil
	}
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return func(done, of int) {
		fmt.Fprintf(file, "\rreading pipelines: %d of %d", done, of)
		if done == of {
			fmt.Fprint(file, "\r\x1b[K")
		}
	}
}
