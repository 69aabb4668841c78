//go:build unix && !linux

package stack

import "syscall"

// ownGroup makes a child the leader of a process group. Only Linux can tie its life to its parent's.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
