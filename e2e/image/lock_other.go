//go:build !linux

package image

// lock is never reached: CanBuild says that nothing is built here.
func lock(string) (func(), error) { return func() {}, nil }
