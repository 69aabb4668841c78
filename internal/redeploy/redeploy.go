// Package redeploy stands beside the way of a delivery, at the end of a sync: it restarts the Lambda functions that receive
// deliveries, so that they load the config that was published.
//
// Lambda replaces all running instances of a function when one of its environment variables changes. The variable that is
// set is CONFIG_DIGEST, the digest of the published config: it tells what a function started with, and a function that
// has it already is left alone. All other variables stay as they are.
//
// A function that is invoked by an alias runs a published version, which can't be changed. So a new version is published and
// the alias moved to it, and back again if that version does not work.
package redeploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// Variable is the environment variable that holds the config's digest.
const Variable = "CONFIG_DIGEST"

// latest is the only version that can be changed. A function that is invoked without an alias runs it.
const latest = "$LATEST"

const (
	// timeout bounds the work on one function. It is long enough: an update of a function in a VPC "can take a minute"
	// (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html).
	timeout     = 3 * time.Minute
	defaultPoll = 2 * time.Second
	// rollBackTime is the time to move an alias back, on top of the timeout.
	rollBackTime = 30 * time.Second
	// maxAttempts bounds how often a function is read again because somebody else changed it.
	maxAttempts = 5
)

// Redeployer redeploys functions.
type Redeployer struct {
	Client *lambda.Client
	// Smoke invokes each function with SmokePayload: before and after its alias moves or, without an alias, after the update.
	Smoke bool
	// Poll is the time between two looks at an update; 2 seconds where zero.
	Poll time.Duration
}

// Status is what became of a function.
type Status string

const (
	// Updated says that the function was restarted with the digest.
	Updated Status = "updated"
	// Unchanged says that the function had the digest already.
	Unchanged Status = "unchanged"
	// RolledBack says that the alias was moved to a new version, and back since that did not work.
	RolledBack Status = "rolled back"
	// Failed says that the function runs what it ran before or, without an alias, that it may not work.
	Failed Status = "failed"
)

// Result says what a function runs now.
type Result struct {
	// Function is the name or ARN that was given, without the alias.
	Function string
	// Alias is "" where none was given.
	Alias string
	// Version is the published version that the alias points to, or $LATEST; "" if it is not known.
	Version string
	// Digest is the version's CONFIG_DIGEST; "" if it has none or it is not known.
	Digest string
	Status Status
	// Err says why, for RolledBack and Failed; else it is nil.
	Err error
}

// String is a line to print, without the error.
func (r Result) String() string {
	line := Function{Name: r.Function, Alias: r.Alias}.String() + ": " + string(r.Status)
	if r.Version != "" {
		line += fmt.Sprintf("; it runs %s with %s %s", r.Version, Variable, cmp.Or(r.Digest, "unset"))
	}
	return line
}

// Run restarts the functions with a digest, one after the other, and returns what each runs now, in their order. After one
// that fails, it goes on with the next. The error joins those of all.
func (r *Redeployer) Run(ctx context.Context, digest string, functions []Function) ([]Result, error) {
	if digest == "" {
		return nil, errors.New("redeploying: the config has no digest")
	}
	results := make([]Result, 0, len(functions))
	failures := make([]error, 0, len(functions))
	for _, f := range functions {
		result := r.one(ctx, digest, f)
		results, failures = append(results, result), append(failures, result.Err)
	}
	return results, errors.Join(failures...)
}

func (r *Redeployer) one(ctx context.Context, digest string, f Function) Result {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	j := &job{Redeployer: r, function: f, digest: digest, result: Result{Function: f.Name, Alias: f.Alias}}
	if err := j.run(ctx); err != nil {
		j.result.Err = fmt.Errorf("redeploying %s: %w", f, err)
		if j.result.Status != RolledBack {
			j.result.Status = Failed
		}
	}
	return j.result
}

// job is the work on one function.
type job struct {
	*Redeployer
	function Function
	digest   string
	// former is the version that the alias pointed to at the start; nil if the function runs $LATEST.
	former *state
	// reread counts how often somebody else had changed the function.
	reread int
	result Result
}

func (j *job) run(ctx context.Context) error {
	if j.function.Alias == "" {
		return j.unversioned(ctx)
	}
	a, err := j.readAlias(ctx)
	if err != nil {
		return err
	}
	if a.version == latest {
		return j.unversioned(ctx)
	}
	return j.versioned(ctx, a)
}

// unversioned changes $LATEST, which is what runs. If it does not work then, there is nothing to roll back to: with the old
// digest, the same code would start with the same published config.
func (j *job) unversioned(ctx context.Context) error {
	changed, _, err := j.ensure(ctx)
	if err != nil {
		return err
	}
	j.result.Status = Unchanged
	if changed {
		j.result.Status = Updated
	}
	return j.smoke(ctx, j.function.Alias)
}

// pause waits for the next look.
func (j *job) pause(ctx context.Context) error {
	timer := time.NewTimer(cmp.Or(j.Poll, defaultPoll))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
