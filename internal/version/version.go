// Package version tells which version of the project a program is.
package version

import "runtime/debug"

// String is the module's version as `go install MODULE@VERSION` and a checkout with tags give it; "dev" where neither is
// known.
func String() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
