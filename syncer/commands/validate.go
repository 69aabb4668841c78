package commands

import (
	"context"
	"fmt"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/match"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
	"github.com/dpb587/concourse-resource-endpoints/internal/store/s3store"
)

type validateCommand struct {
	Config string `env:"CONFIG" required:"" placeholder:"FILE|s3://BUCKET/KEY" help:"The config to read."`
}

func (c *validateCommand) Run(ctx context.Context, s Streams) error {
	document, matcher, err := load(ctx, c.Config, s)
	if err != nil {
		return err
	}
	if err := document.Validate(); err != nil {
		return fmt.Errorf("reading %s: %w", c.Config, err)
	}
	for _, field := range secret.Literals(document) {
		fmt.Fprintf(s.Err, "warning: %s holds the secret itself; a reference is safer: env:NAME, file:PATH, ssm:NAME or secretsmanager:ID\n", field)
	}
	fmt.Fprintf(s.Out, "valid: %d checks\n", matcher.Len())
	return nil
}

// load reads a config and makes the matcher of its checks, and warns of fields that nobody reads. Its error is match.Unread if the
// matcher lacks checks, as an endpoint's would.
func load(ctx context.Context, location string, s Streams) (*config.Config, *match.Matcher, error) {
	from, err := s3store.Open(ctx, location)
	if err != nil {
		return nil, nil, err
	}
	data, err := from.Load(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	document, err := config.Parse(data.Data)
	if err != nil {
		return nil, nil, fmt.Errorf("reading %s: %w", from, err)
	}
	for _, field := range append(config.UnknownFields(data.Data), match.Unknown(document)...) {
		fmt.Fprintf(s.Err, "warning: %s: no such field; is the name misspelt, or is the config from a newer version?\n", printable.Line(field))
	}
	matcher, err := match.New(document)
	if err != nil {
		err = fmt.Errorf("reading %s: %w", from, err)
	}
	return document, matcher, err
}

type schemaCommand struct{}

func (schemaCommand) Run(s Streams) error {
	_, err := s.Out.Write(config.Schema)
	return err
}
