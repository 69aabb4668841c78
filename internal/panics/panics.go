// Package panics turns a panic into an error, for every step of a delivery: receiver, live, notify, concourse. A defect then
// costs one delivery or one check, and never ends the program.
package panics

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
)

// Error is a panic that was caught. Its text goes into answers, so what the panic said is left to the log; see Attrs.
type Error struct {
	said  string
	stack string
}

func (*Error) Error() string { return "the program panicked; its log says where" }

var count atomic.Int64

// Count is how many panics were caught since the program started.
func Count() int64 { return count.Load() }

// Recover sets err to an *Error where the function that defers it panics: defer panics.Recover(&err).
func Recover(err *error) {
	if said := recover(); said != nil {
		*err = Caught(said)
	}
}

// Caught counts what recover returned and makes an error of it; nil stays nil. It takes the stack, so the deferred function
// must call it.
func Caught(said any) error {
	if said == nil {
		return nil
	}
	count.Add(1)
	return &Error{said: fmt.Sprint(said), stack: string(debug.Stack())}
}

// Attrs is what to log of an error that a panic caused: what it said, and its stack. It is empty for any other error.
func Attrs(err error) []slog.Attr {
	var e *Error
	if !errors.As(err, &e) {
		return nil
	}
	return []slog.Attr{slog.String("panic", e.said), slog.String("stack", e.stack)}
}
