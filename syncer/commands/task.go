package commands

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// The folders of the task, and the files in them that the resource type's in and out know
// (https://concourse-ci.org/tasks.html#schema.task-config.inputs).
const (
	gotDir = "checks" // what a get wrote
	putDir = "synced" // what a put is to publish

	configFile    = "config.json"
	publishedFile = "published.json"
	versionFile   = "version.json"
)

// taskCommand is the task of the pipelines in ci/: a sync whose settings are the task's params, so that no script, and no
// repository with one, is needed.
type taskCommand struct {
	sourceFlags
	Config        string                  `group:"Publishing:" env:"CONFIG" placeholder:"s3://BUCKET/KEY" help:"Where to publish. If it is empty, the task writes what a put publishes."`
	Publish       syncing.PublishOptions  `embed:"" group:"Publishing:"`
	Redeploy      syncing.RedeployOptions `embed:"" group:"Publishing:"`
	CAText        string                  `name:"ca-text" group:"Concourse:" env:"CA_CERT" placeholder:"PEM" help:"Certificate authorities to trust for Concourse, besides the system's."`
	IdentityToken string                  `name:"aws-token" group:"Publishing:" env:"AWS_WEB_IDENTITY_TOKEN" placeholder:"TOKEN" help:"A token of Concourse's var source idtoken, for the role in AWS_ROLE_ARN."`
}

// Help says what the task reads and writes.
func (taskCommand) Help() string {
	return `Runs a sync as the task of a Concourse pipeline, without questions: ci/self-sync.yml and ci/self-sync-idtoken.yml. Each flag below with a name in parentheses is also a param of the task, by that name. Where a flag is repeatable, give the param a list, or a map of NAME: TYPE or OLD: NEW. Two more params are maps and have no flag: $VARS, values of ((vars)), and $BASE_RESOURCE_TYPE_DEFAULTS, the cluster's defaults of base resource types. The variables of the AWS SDK may be params, too.

With a config it publishes there. Without one, it writes synced/config.json for a put of the resource type, and shows what differs from what a get of it wrote to checks/. The put then does what the settings of publishing say: give it force, no_catch_up and catch_up_rate as params, and its source redeploy, config_refresh and smoke.`
}

func (c *taskCommand) Run(ctx context.Context, s Streams) error {
	remove, err := c.writeFiles()
	if err != nil {
		return err
	}
	defer remove()
	sync := syncCommand{sourceFlags: c.sourceFlags, Config: c.Config, NonInteractive: true, Publish: c.Publish, Redeploy: c.Redeploy}
	if sync.Config != "" {
		return sync.Run(ctx, s)
	}
	return sync.forPut(ctx, s)
}

// writeFiles writes to files what the AWS SDK and the login take as files only. The function that it returns removes them.
func (c *taskCommand) writeFiles() (func(), error) {
	dir, err := os.MkdirTemp("", "syncer-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the token and the certificates: %w", err)
	}
	remove := func() { _ = os.RemoveAll(dir) }
	if c.CAText != "" {
		c.Login.CACert = filepath.Join(dir, "ca.pem")
		err = os.WriteFile(c.Login.CACert, []byte(c.CAText), 0o600)
	}
	if c.IdentityToken != "" && err == nil {
		token := filepath.Join(dir, "token")
		err = errors.Join(os.WriteFile(token, []byte(c.IdentityToken), 0o600), os.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token))
	}
	if err != nil {
		remove()
		return nil, fmt.Errorf("writing the token and the certificates: %w", err)
	}
	return remove, nil
}

// forPut writes the config for a put of the resource type. The put redeploys, asks what is new to check once, and holds back what would
// remove most of the checks; so this does none of these. The put also fails if the login can't read a team any more, after it
// has published the rest, so this does not fail then.
func (c *syncCommand) forPut(ctx context.Context, s Streams) error {
	if err := copyFile(versionFile, versionFile); err != nil {
		return fmt.Errorf("reading what a get of the resource type wrote, since no CONFIG is given: %w", err)
	}
	c.Config = filepath.Join(putDir, configFile)
	err := copyFile(publishedFile, configFile) // what the plan is made against
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading the published config: %w", err)
	}
	syncer, err := c.prepare(ctx, s)
	if err != nil {
		return err
	}
	syncer.Options, syncer.Redeploy = syncing.PublishOptions{Force: true, NoCatchUp: true}, nil
	_, err = syncer.Sync(ctx)
	if degraded := (*syncing.DegradedError)(nil); errors.As(err, &degraded) {
		return nil
	}
	return err
}

// copyFile copies a file of a get to the put's folder.
func copyFile(from, to string) error {
	content, err := os.ReadFile(filepath.Join(gotDir, from))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(putDir, to), content, 0o600)
}
