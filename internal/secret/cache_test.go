package secret_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

func TestCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, failing := 0, true
		c := &secret.Cache{TTL: time.Minute, Resolver: &secret.Resolver{SSM: func(_ context.Context, name string) (string, error) {
			asked++
			if failing {
				return "", errors.New("throttled")
			}
			return name + strconv.Itoa(asked), nil
		}}}
		for i, step := range []struct {
			ref, want string
			asked     int
			wait      time.Duration
		}{
			{"ssm:a", "", 1, 0}, // fails, which is not kept
			{"ssm:a", "a2", 2, time.Minute - 1},
			{"ssm:a", "a2", 2, 0},
			{"ssm:b", "b3", 3, 1},
			{"ssm:a", "a4", 4, 0},
			{"ssm:b", "b3", 4, 0},
			{"literal", "literal", 4, 0},
		} {
			value, literal, err := c.Resolve(t.Context(), step.ref)
			if value != step.want || literal != (step.ref == "literal") || (err != nil) != failing || asked != step.asked {
				t.Errorf("step %d: got %q, literal %t, %v after asking %d times", i, value, literal, err, asked)
			}
			failing = false
			time.Sleep(step.wait) //nolint:forbidigo // synctest's clock
		}
	})
}
