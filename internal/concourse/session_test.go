package concourse

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// slowSession logs in within a second, and counts.
func slowSession(err error) (s *session, begun, cancelled *int) {
	begun, cancelled = new(int), new(int)
	logIn := func(ctx context.Context) (token, error) {
		*begun++
		select {
		case <-time.After(time.Second):
			return token{value: "t"}, err
		case <-ctx.Done():
			*cancelled++
			return token{}, ctx.Err()
		}
	}
	return &session{now: time.Now, logIn: logIn}, begun, cancelled
}

// TestSessionOutlivesItsCaller: who asked first may leave; those that wait with it are served.
func TestSessionOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, begun, cancelled := slowSession(nil)
		ctx, cancel := context.WithCancel(t.Context())
		results := make(chan error, 2)
		ask := func(ctx context.Context) {
			_, err := s.token(ctx, "")
			results <- err
		}
		go ask(ctx)
		synctest.Wait()
		go ask(t.Context())
		synctest.Wait()
		cancel()
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v", err)
		}
		if err := <-results; err != nil {
			t.Errorf("who stayed got %v", err)
		}
		if *begun != 1 || *cancelled != 0 {
			t.Errorf("%d log ins, %d cancelled; want 1 and 0", *begun, *cancelled)
		}
	})
}

// TestSessionEndsWithItsLastCaller: a log in that nobody waits for is cancelled, and the next caller makes a new one.
func TestSessionEndsWithItsLastCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, begun, cancelled := slowSession(nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := s.token(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if value, err := s.token(t.Context(), ""); value != "t" || err != nil {
			t.Errorf("the next got %q, %v", value, err)
		}
		if *begun != 2 || *cancelled != 1 {
			t.Errorf("%d log ins, %d cancelled; want 2 and 1", *begun, *cancelled)
		}
	})
}

// TestSessionHasATimeout: a log in that hangs does not hang its callers.
func TestSessionHasATimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &session{now: time.Now, logIn: func(ctx context.Context) (token, error) {
			<-ctx.Done()
			return token{}, ctx.Err()
		}}
		start := time.Now()
		if _, err := s.token(t.Context(), ""); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != logInTimeout {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
	})
}

// TestSessionRemembersARefusal for a while, and no other failure.
func TestSessionRemembersARefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for status, want := range map[int]int{401: 2, 503: 3} {
			s, begun, _ := slowSession(&LoginError{Err: &StatusError{Status: status}})
			for _, wait := range []time.Duration{0, refusalMemory - time.Second, time.Second} {
				time.Sleep(wait) //nolint:forbidigo // synctest's clock
				if _, err := s.token(t.Context(), ""); err == nil {
					t.Error("no error")
				}
			}
			if *begun != want {
				t.Errorf("%d: %d log ins, want %d", status, *begun, want)
			}
		}
	})
}
