package redeploy

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// alias says which version an alias points to.
type alias struct{ version, revision string }

// readAlias reads the alias. One that points to two versions is an error: it is part of a gradual deployment, which moving it
// would break.
func (j *job) readAlias(ctx context.Context) (alias, error) {
	out, err := j.Client.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: &j.function.Name, Name: &j.function.Alias}, j.function.region)
	if err != nil {
		return alias{}, explain("reading the alias "+j.function.Alias, "GetAlias", err)
	}
	a := alias{version: aws.ToString(out.FunctionVersion), revision: aws.ToString(out.RevisionId)}
	if out.RoutingConfig != nil {
		for other := range out.RoutingConfig.AdditionalVersionWeights {
			return alias{}, fmt.Errorf("reading the alias %s: it points to version %s and, with a weight, to %s; finish that deployment first", j.function.Alias, a.version, other)
		}
	}
	return a, nil
}

// versioned publishes a version with the digest, and moves the alias to it.
func (j *job) versioned(ctx context.Context, a alias) error {
	var err error
	if j.former, err = j.read(ctx, a.version); err != nil {
		return err
	}
	j.runs(a.version, j.former.digest())
	if j.former.digest() == j.digest {
		j.result.Status = Unchanged
		return j.smoke(ctx, j.function.Alias)
	}
	version, err := j.publish(ctx)
	if err != nil {
		return err
	}
	if err := j.works(ctx, version); err != nil {
		return fmt.Errorf("%w; the alias %s stays at version %s", err, j.function.Alias, a.version)
	}
	moved, err := j.move(ctx, a, version)
	if err != nil {
		return err
	}
	j.runs(version, j.digest)
	j.result.Status = Updated
	if err := j.smoke(ctx, j.function.Alias); err != nil {
		return j.rollBack(ctx, moved, err)
	}
	return nil
}

func (j *job) runs(version, digest string) { j.result.Version, j.result.Digest = version, digest }

// publish makes a version of $LATEST with the digest. If an earlier attempt has done so, Lambda answers with that version: it
// publishes none if nothing has changed since the last
// (https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html).
func (j *job) publish(ctx context.Context) (string, error) {
	for {
		_, now, err := j.ensure(ctx)
		if err != nil {
			return "", err
		}
		out, err := j.Client.PublishVersion(ctx, &lambda.PublishVersionInput{
			FunctionName: &j.function.Name, RevisionId: &now.revision,
		}, j.function.region)
		if err == nil {
			return aws.ToString(out.Version), nil
		}
		if err := j.again(ctx, explain("publishing a version", "PublishVersion", err)); err != nil {
			return "", err
		}
	}
}

// works waits until a new version can be invoked, and invokes it.
func (j *job) works(ctx context.Context, version string) error {
	s, err := j.settled(ctx, version)
	if err != nil {
		return err
	}
	if s.startup == types.StateFailed {
		return fmt.Errorf("starting version %s: %s", version, s.why)
	}
	return j.smoke(ctx, version)
}

// move makes the alias point to a version, unless somebody else moves it.
func (j *job) move(ctx context.Context, from alias, version string) (alias, error) {
	for {
		out, err := j.Client.UpdateAlias(ctx, &lambda.UpdateAliasInput{
			FunctionName: &j.function.Name, Name: &j.function.Alias, FunctionVersion: &version, RevisionId: &from.revision,
		}, j.function.region)
		if err == nil {
			return alias{version: version, revision: aws.ToString(out.RevisionId)}, nil
		}
		doing := fmt.Sprintf("moving the alias %s from version %s to %s", j.function.Alias, from.version, version)
		if err := j.again(ctx, explain(doing, "UpdateAlias", err)); err != nil {
			return from, err
		}
		now, err := j.readAlias(ctx)
		switch {
		case err != nil:
			return from, err
		case now.version == version:
			return now, nil
		case now.version != from.version:
			j.runs(now.version, "")
			return from, fmt.Errorf("%s: somebody else has moved it to %s", doing, now.version)
		}
		from = now
	}
}

// rollBack moves the alias back to the former version, even if the time is up.
func (j *job) rollBack(ctx context.Context, moved alias, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollBackTime)
	defer cancel()
	if _, err := j.move(ctx, moved, j.former.version); err != nil {
		return errors.Join(cause, fmt.Errorf("rolling back: %w", err))
	}
	j.runs(j.former.version, j.former.digest())
	j.result.Status = RolledBack
	return fmt.Errorf("%w; the alias %s is back at version %s", cause, j.function.Alias, j.former.version)
}
