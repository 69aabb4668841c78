//go:build unix && !linux

package stack

import (
	"context"
	"errors"
	"net/netip"
	"os/exec"
)

var errNotLinux = errors.New("a worker needs Linux")

// CanRunWorker says why this machine can't run a Concourse worker; nil if it can.
func CanRunWorker() error { return errNotLinux }

type namespace struct{ outer, inner netip.Addr }

func newNamespace(context.Context, string) (*namespace, error) { return nil, errNotLinux }

func (ns *namespace) enterNetwork(cmd *exec.Cmd) *exec.Cmd { return cmd }

func (ns *namespace) close() {}

func (s *Stack) startWorker(context.Context) error { return errNotLinux }
