package main

import (
	"context"

	"github.com/dpb587/concourse-resource-endpoints/internal/sync"
)

type generateCommand struct {
	sourceFlags
}

// Help teaches the command by examples.
func (generateCommand) Help() string {
	return `Examples:

    syncer generate -t ci
    syncer generate -t ci --team main -l production.yml > config.json
    syncer generate --pipeline main/app=examples/app.yml --pipeline main/app/branch:dev=examples/app.yml`
}

func (c *generateCommand) Run(ctx context.Context, s streams) error {
	reading, settings, err := c.readAll(ctx, s)
	if err != nil {
		return err
	}
	generated, err := sync.Generate(reading, settings, nil)
	if err != nil {
		return err
	}
	warnLeft(s.err, generated.Left)
	data, err := generated.Config.Marshal()
	if err != nil {
		return err
	}
	_, err = s.out.Write(data)
	return err
}
