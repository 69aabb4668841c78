package publish

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// Owe lists what is owed once after has replaced before: what before already owes, and from due on
//
//   - each check that was added or changed, so that events between setting the pipeline and loading the config are not missed, and so
//     that a resource that was never checked gets its scope;
//   - one check of each scope that lost or changed a resource, since that may have been the one that was checked for all;
//   - all checks if the config is now for another Concourse.
func Owe(before, after *config.Config, plan Plan, due time.Time) []config.Owed {
	if before == nil {
		before = new(config.Config)
	}
	dues, from := make(map[string]int64), due.Unix()
	for _, o := range before.Owed {
		dues[o.Check] = o.Due
	}
	moved := before.ATC.URL != "" && before.ATC.URL != after.ATC.URL
	for _, c := range plan.Changes {
		if !c.Quiet {
			dues[c.Check] = from
		}
	}
	left := leftScopes(before, plan)
	var owed []config.Owed
	for i := range after.Checks {
		name, scope := after.Checks[i].Name(), after.Checks[i].Scope
		if moved || left[scope] {
			delete(left, scope)
			dues[name] = from
		}
		if at, ok := dues[name]; ok {
			owed = append(owed, config.Owed{Check: name, Due: at})
			delete(dues, name) // the 2016 form may list a resource twice
		}
	}
	return owed
}

// leftScopes are the scopes, in the previous config, of the checks that changed or were removed.
func leftScopes(before *config.Config, plan Plan) map[string]bool {
	scopes := make(map[string]string, len(before.Checks))
	for i := range before.Checks {
		scopes[before.Checks[i].Name()] = before.Checks[i].Scope
	}
	left := make(map[string]bool)
	for _, c := range plan.Changes {
		left[scopes[c.Check]] = left[scopes[c.Check]] || !c.Quiet
	}
	delete(left, "")
	return left
}

// settleTries is how often Settle tries if others publish at the same time.
const settleTries = 10

// Settle takes what is no longer owed off the published config. If somebody else publishes in between, it reads that config and takes
// the same off: a check that has changed since then is owed anew, with another time, and stays. It does not touch checks that somebody
// edited, or that a later program wrote.
func Settle(ctx context.Context, at store.Store, settled []config.Owed) error {
	gone := make(map[config.Owed]bool, len(settled))
	for _, o := range settled {
		gone[o] = true
	}
	for try := 1; ; try++ {
		before, err := Load(ctx, at)
		if err != nil || before.Config == nil {
			return err
		}
		c := *before.Config
		c.Owed = slices.DeleteFunc(slices.Clone(c.Owed), func(o config.Owed) bool { return gone[o] })
		if digest, err := config.Digest(c.Checks); err != nil || digest != c.Digest || len(c.Owed) == len(before.Config.Owed) {
			return err
		}
		if _, err := before.Put(ctx, at, &c); !errors.Is(err, store.ErrConflict) || try == settleTries {
			return err
		}
	}
}
