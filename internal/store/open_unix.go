//go:build unix

package store

import "syscall"

// nonblock makes opening a FIFO not wait for a writer.
const nonblock = syscall.O_NONBLOCK
