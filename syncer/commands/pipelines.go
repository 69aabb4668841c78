package commands

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/flyrc"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/read"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// sourceFlags say from where pipelines are read, and how checks are made from them.
type sourceFlags struct {
	Target       string                  `short:"t" group:"Concourse:" placeholder:"TARGET" help:"A target that fly is logged in to, from .flyrc in $$FLY_HOME or $$HOME."`
	ConcourseURL string                  `group:"Concourse:" env:"CONCOURSE_URL" placeholder:"URL" help:"The ATC's external URL, if no target is given."`
	Login        concourse.Login         `embed:"" group:"Concourse:"`
	Pipelines    syncing.PipelineOptions `embed:"" group:"Pipelines:"`
	Pipeline     []string                `group:"Pipelines:" sep:"none" placeholder:"[TEAM/]NAME[/VAR:VALUE,...]=FILE" help:"Read a pipeline from disk instead of from a Concourse. Repeatable."`
}

// syncer makes a syncer for the Concourse, or for pipelines on disk, which can't be checked.
func (f *sourceFlags) syncer(ctx context.Context, s Streams) (*syncing.Syncer, error) {
	if err := syncing.FromParams(&f.Pipelines, os.Getenv); err != nil {
		return nil, err
	}
	if len(f.Pipeline) > 0 {
		return f.fromDisk()
	}
	options, err := f.options(ctx)
	if err != nil {
		return nil, err
	}
	syncer, err := syncing.Connect(options, f.Pipelines, syncing.Flag, read.Options{Progress: progress(s)})
	if err != nil || f.Target == "" {
		return syncer, err
	}
	next := syncer.Read
	syncer.Read = func(ctx context.Context, previous []config.Pipeline) (*pipeline.Reading, error) {
		reading, err := next(ctx, previous)
		if errors.Is(err, read.ErrUnauthorized) {
			err = fmt.Errorf("%w; run `fly -t %s login`", err, f.Target)
		}
		return reading, err
	}
	return syncer, nil
}

func (f *sourceFlags) fromDisk() (*syncing.Syncer, error) {
	if f.Target != "" {
		return nil, errors.New("give either -t TARGET or --pipeline, not both")
	}
	settings, err := f.Pipelines.Settings(syncing.Flag)
	return &syncing.Syncer{
		Settings: settings,
		Read: func(context.Context, []config.Pipeline) (*pipeline.Reading, error) {
			return pipeline.Files(f.ConcourseURL, f.Pipeline, settings.Vars)
		},
	}, err
}

// options are the options for connecting to the ATC, from fly's target or from the flags.
func (f *sourceFlags) options(ctx context.Context) (concourse.Options, error) {
	login := f.Login
	var target *flyrc.Target
	if f.Target != "" {
		var err error
		if target, err = flyrc.Load(f.Target); err != nil {
			return concourse.Options{}, err
		}
		// Ignore a login from the environment, which is not for this target.
		login = concourse.Login{CACert: login.CACert, Insecure: login.Insecure}
	}
	options, err := syncing.LoginOptions(ctx, f.ConcourseURL, login)
	if err != nil {
		return options, err
	}
	if target != nil {
		options.URL, options.Insecure = target.API, options.Insecure || target.Insecure
		options.Credentials = concourse.Credentials{Token: target.Token.Value}
		if len(options.CACert) == 0 {
			options.CACert = []byte(target.CACert)
		}
	}
	if options.URL == "" {
		return options, errors.New("no Concourse is given: give -t TARGET (a target of fly), --concourse-url URL and a login, or --pipeline NAME=FILE to read from disk")
	}
	if options.Credentials == (concourse.Credentials{}) {
		return options, errors.New("no login is given: give --username and --password, --client-id and --client-secret, --token, or -t TARGET")
	}
	return options, nil
}

// progress shows the count in the last line of a terminal.
func progress(s Streams) func(done, of int) {
	file, ok := s.progress.(*os.File)
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
