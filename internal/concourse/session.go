package concourse

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

const (
	// logInTimeout bounds one log in, which several checks may wait for.
	logInTimeout = 15 * time.Second
	// refusalMemory is how long a refused password is not tried again: too many tries may lock the user out.
	refusalMemory = 30 * time.Second
)

// token is a bearer token. Expires is zero where only the ATC knows.
type token struct {
	value   string
	expires time.Time
}

// session keeps one token for all requests. Requests that need a new one at the same moment share one log in.
type session struct {
	logIn func(context.Context) (token, error)
	now   func() time.Time

	mu        sync.Mutex
	current   token
	flight    *flight
	refusal   error
	refusedAt time.Time
}

// flight is a log in on its way. Its token and err are set when done is closed.
type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int
	token   token
	err     error
}

// token gives a token that has not expired, after a log in if there is none. It never gives refused, the one that the ATC has
// just refused ("" for none).
func (s *session) token(ctx context.Context, refused string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", newTransportError(err, new(redactor))
	}
	s.mu.Lock()
	if value := s.current.value; value != "" && value != refused && s.alive(s.current) {
		s.mu.Unlock()
		return value, nil
	}
	if s.refusal != nil && s.now().Sub(s.refusedAt) < refusalMemory {
		defer s.mu.Unlock()
		return "", s.refusal
	}
	f := s.flight
	if f == nil {
		f = s.start(ctx)
	}
	f.waiters++
	s.mu.Unlock()

	select {
	case <-f.done:
		return f.token.value, f.err
	case <-ctx.Done():
		s.leave(f)
		return "", newTransportError(ctx.Err(), new(redactor))
	}
}

func (s *session) alive(t token) bool { return t.expires.IsZero() || s.now().Before(t.expires) }

// start logs in for all that wait, so the cancellation of the first one's context does not end it; s.mu is held.
func (s *session) start(ctx context.Context) *flight {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), logInTimeout)
	f := &flight{done: make(chan struct{}), cancel: cancel}
	s.flight = f
	go func() {
		defer cancel()
		f.token, f.err = s.logIn(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.flight == f {
			s.flight = nil
		}
		s.keep(f.token, f.err)
		close(f.done)
	}()
	return f
}

// keep stores what came of a log in; s.mu is held.
func (s *session) keep(t token, err error) {
	if err == nil {
		s.current, s.refusal = t, nil
		return
	}
	var status *StatusError
	if errors.As(err, &status) && status.Status == http.StatusUnauthorized {
		s.refusal, s.refusedAt = err, s.now()
	}
}

// leave is called by one who stops waiting. A log in that nobody waits for ends.
func (s *session) leave(f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.waiters--
	if f.waiters > 0 {
		return
	}
	f.cancel()
	if s.flight == f {
		s.flight = nil
	}
}
