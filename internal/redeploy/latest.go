package redeploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// state is the part of a version's configuration that matters.
type state struct {
	version, revision, code string
	// environment holds secrets.
	environment map[string]string
	update      types.LastUpdateStatus
	// why is Lambda's reason, if the last update or the version failed.
	why     string
	startup types.State
}

func (s *state) digest() string { return s.environment[Variable] }

// busy reports whether Lambda is still working on it, so that it can't be changed.
func (s *state) busy() bool {
	return s.update == types.LastUpdateStatusInProgress || s.startup == types.StatePending
}

// read reads a version. It fails if Lambda can't decrypt its variables, since an update would then lose them.
func (j *job) read(ctx context.Context, version string) (*state, error) {
	in := &lambda.GetFunctionConfigurationInput{FunctionName: &j.function.Name}
	if version != latest {
		in.Qualifier = &version
	}
	out, err := j.Client.GetFunctionConfiguration(ctx, in, j.function.region)
	if err != nil {
		return nil, explain("reading the configuration", "GetFunctionConfiguration", err)
	}
	s := &state{
		version: version, revision: aws.ToString(out.RevisionId), code: aws.ToString(out.CodeSha256),
		update: out.LastUpdateStatus, startup: out.State,
	}
	switch {
	case out.State == types.StateFailed:
		s.why = reason(string(out.StateReasonCode), out.StateReason)
	case out.LastUpdateStatus == types.LastUpdateStatusFailed:
		s.why = reason(string(out.LastUpdateStatusReasonCode), out.LastUpdateStatusReason)
	}
	if out.Environment != nil {
		if e := out.Environment.Error; e != nil {
			return nil, fmt.Errorf("reading the environment of %s: Lambda can't decrypt it (%s), and writing it would lose its variables; "+
				"allow kms:Decrypt with the function's key to these credentials", version, aws.ToString(e.ErrorCode))
		}
		s.environment = out.Environment.Variables
	}
	return s, nil
}

func reason(code string, text *string) string {
	return strings.TrimSuffix(strings.TrimPrefix(code+": "+aws.ToString(text), ": "), ": ")
}

// settled reads a version, after Lambda has finished its work on it.
func (j *job) settled(ctx context.Context, version string) (*state, error) {
	for {
		s, err := j.read(ctx, version)
		if err != nil || !s.busy() {
			return s, err
		}
		if err := j.pause(ctx); err != nil {
			return nil, fmt.Errorf("waiting for %s: Lambda is still working on it: %w", version, err)
		}
	}
}

// ensure brings the digest into the environment of $LATEST, even while somebody else changes the function. It returns whether
// it had to, and what $LATEST is now.
//
// Every update names the revision that was read before it, and not the one that the last update answered with: Lambda replaces
// that when the update is complete (https://github.com/aws/aws-sdk/issues/377).
func (j *job) ensure(ctx context.Context) (changed bool, now *state, err error) {
	for {
		s, err := j.settled(ctx, latest)
		if err != nil {
			return changed, nil, err
		}
		failed := s.update == types.LastUpdateStatusFailed
		if changed && failed && s.digest() == j.digest {
			return changed, nil, fmt.Errorf("updating the environment: Lambda could not apply it: %s", s.why)
		}
		if j.former == nil {
			j.result.Version, j.result.Digest = latest, s.digest()
		} else if err := unreleased(j.former, s); err != nil {
			return changed, nil, err
		}
		if s.digest() == j.digest && !failed {
			return changed, s, nil
		}
		if err = j.update(ctx, s); err == nil && changed { // somebody else's update undid the first one
			err = errUndone
		}
		if err == nil {
			changed = true
		} else if err := j.again(ctx, err); err != nil {
			return changed, nil, err
		}
	}
}

// update writes the variables that were read and the digest, unless the function has changed since it was read.
func (j *job) update(ctx context.Context, s *state) error {
	variables := make(map[string]string, len(s.environment)+1)
	maps.Copy(variables, s.environment)
	variables[Variable] = j.digest
	_, err := j.Client.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{
		FunctionName: &j.function.Name,
		RevisionId:   &s.revision,
		Environment:  &types.Environment{Variables: variables},
	}, j.function.region)
	if err != nil {
		return explainUpdate(variables, err)
	}
	return nil
}

// unreleased refuses to publish a version of $LATEST if that would also release a change that somebody has not released yet: of
// its code, or of another variable.
func unreleased(released, now *state) error {
	if released.code != now.code {
		return fmt.Errorf("comparing $LATEST with version %s: $LATEST has other code, which a new version would release; "+
			"publish it and move the alias first", released.version)
	}
	var names []string
	for name, value := range now.environment {
		if had, ok := released.environment[name]; (!ok || had != value) && name != Variable {
			names = append(names, name)
		}
	}
	for name := range released.environment {
		if _, ok := now.environment[name]; !ok && name != Variable {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return fmt.Errorf("comparing $LATEST with version %s: $LATEST has other values of %s, which a new version would release; "+
		"publish it and move the alias first", released.version, strings.Join(names, ", "))
}

// errUndone says that an update was undone.
var errUndone = errors.New("somebody else keeps changing it")

// again returns nil if a request should be tried again after an error: after a pause if another update is in progress, and a
// few times at once if somebody changed the function after it was read.
func (j *job) again(ctx context.Context, err error) error {
	var conflict *types.ResourceConflictException
	var stale *types.PreconditionFailedException
	switch {
	case errors.As(err, &conflict):
		if perr := j.pause(ctx); perr != nil {
			return fmt.Errorf("%w: %w", err, perr)
		}
		return nil
	case errors.As(err, &stale), errors.Is(err, errUndone):
		if j.reread++; j.reread < maxAttempts {
			return nil
		}
		return fmt.Errorf("%w; gave up after %d attempts, since somebody else keeps changing the function", err, maxAttempts)
	}
	return err
}
