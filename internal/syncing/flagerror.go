package syncing

import (
	"errors"
	"regexp"
	"strings"
)

// quoted is a text in quotes, as %q writes it.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// FlagError is an error of kong's without the value that was given for a flag, or that an environment variable has: it may be a
// secret, given to the wrong flag or without one. It names the flag and what it expects.
func FlagError(err error) error {
	text, from, fromEnvironment := strings.Cut(err.Error(), " (from envar ")
	text, _, other := strings.Cut(text, " but got ") // kong may suggest to give the value in another form
	if other {
		text += ", and it is something else"
	}
	const unexpected = "unexpected argument"
	switch {
	case strings.HasPrefix(text, unexpected):
		_, hint, hinted := strings.Cut(text, ", did you mean ")
		if text = unexpected; hinted {
			text += ", did you mean " + hint
		}
	case strings.HasPrefix(text, "-") && strings.Contains(text, ": "): // of the flag's own type
		text = quoted.ReplaceAllString(text, "[what was given]")
	}
	if name, _, ok := strings.Cut(from, "="); ok && fromEnvironment {
		text += " (from the environment variable " + name + ")"
	}
	return errors.New(text)
}
