package commands

import (
	"context"
	"fmt"

	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

type generateCommand struct {
	sourceFlags
}

// Help shows examples.
func (generateCommand) Help() string {
	return `Examples:

    syncer generate -t ci
    syncer generate -t ci --team main -l production.yml > config.json
    syncer generate --concourse-url https://ci.example.com --pipeline main/app=examples/app.yml --pipeline main/app/branch:dev=examples/app.yml`
}

func (c *generateCommand) Run(ctx context.Context, s Streams) error {
	out, _, err := c.generate(ctx, s)
	if err != nil {
		return err
	}
	syncing.Text{Out: s.Out, Err: s.Err}.LeftOut(out)
	if out.Config.ATC.URL == "" {
		fmt.Fprintln(s.Err, "warning: the config has no atc.url, so an endpoint needs CONCOURSE_URL to serve it: give --concourse-url URL, Concourse's external URL")
	}
	data, err := out.Config.Marshal()
	if err != nil {
		return err
	}
	if _, err = s.Out.Write(data); err != nil {
		return err
	}
	return out.Broken()
}

// generate reads every pipeline, and generates their config.
func (f *sourceFlags) generate(ctx context.Context, s Streams) (*syncing.Outcome, *syncing.Syncer, error) {
	syncer, err := f.syncer(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	out, err := syncer.Generate(ctx, nil)
	return out, syncer, err
}
