// Package pathspec decides whether a git resource would see a version in a commit that touches a file: the rules of package
// resource ask it, for match (a delivery -> provider -> event -> match -> notify -> Concourse).
//
// A push event lists files. A git resource's `paths` and `ignore_paths` are in git's pathspec language, after bash read them. The
// package models both: the command line that https://github.com/concourse/git-resource/blob/master/assets/check builds and evaluates,
// and the way `git rev-list -- SPECS` (tree-walk.c and pathspec.c of git) compares a pathspec with the entries of a tree. The tests ask
// the real bash and git.
package pathspec

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
)

// Set is the compiled paths and ignore_paths of one git resource. The zero value, like the Set of no patterns at all, covers every
// file. A Set is immutable and safe for concurrent use.
type Set struct {
	include   []spec
	exclude   []spec
	slashes   bool // some pattern ends in a slash, so a submodule and a file of the same name may differ
	err       error
	uncertain string
	tooLarge  bool
}

// uncertainty is the error for what the package does not model: the text says what it met.
type uncertainty string

// large is the error for what is over a limit of the package, which it does not read: an uncertainty, too.
type large string

// Error returns the reason in words.
func (l large) Error() string { return string(l) }

// As lets a large error be taken for an uncertainty.
func (l large) As(target any) bool {
	u, ok := target.(*uncertainty)
	if ok {
		*u = uncertainty(l)
	}
	return ok
}

// Error returns the reason in words.
func (u uncertainty) Error() string { return string(u) }

// concourseVar is an unresolved Concourse variable, as in vars/template.go of concourse/concourse.
var concourseVar = regexp.MustCompile(`\(\(([-/.\w\pL]+:)?[-/.:@"\w\pL]+\)\)`)

// Compile reads the paths and ignore_paths of a git resource's source, as the pipeline writes them. It never fails: what is fatal to
// bash or git is a state of the Set (see Err), and so is what the package does not model (see Uncertain).
func Compile(paths, ignorePaths []string) *Set {
	s := &Set{}
	err := s.compile(paths, ignorePaths)
	var unsure uncertainty
	switch {
	case errors.As(err, &unsure):
		return &Set{uncertain: string(unsure), tooLarge: errors.As(err, new(large))}
	case err != nil:
		return &Set{err: err}
	}
	return s
}

// All reports whether the set certainly covers every path: there are no paths and no ignore_paths, or only ones that restrict nothing.
func (s *Set) All() bool {
	if s.err != nil || s.uncertain != "" || len(s.exclude) > 0 {
		return false
	}
	for i := range s.include {
		if s.include[i].matchesAll() {
			return true
		}
	}
	return len(s.include) == 0
}

// Err says why the resource can never have a version: bash or git refuses its patterns. Covers is then false for every file.
func (s *Set) Err() error { return s.err }

// Uncertain says what in the patterns is not modelled; "" if everything is. If it says something, Covers is true for every file,
// because a spare check is better than a missed one.
func (s *Set) Uncertain() string { return s.uncertain }

// TooLarge reports whether the patterns are too long, too many or too deeply nested to be read; Uncertain says which.
func (s *Set) TooLarge() bool { return s.tooLarge }

// Covers reports whether git would list a commit that touches file, a path from the root of the repository without a leading slash:
// paths covers it and ignore_paths does not. A file may turn out to be a submodule, for which git reads a pattern's trailing slash
// differently; Covers is true if either reading is.
func (s *Set) Covers(file string) bool {
	_, ok := s.Match(file)
	return ok
}

// Match is Covers with its reason. For a covered file, pattern is the one that covers it, or empty if the set has no paths. For any
// other file it is the pattern that ignores it, or empty if no pattern covers it. Patterns are as git gets them, after bash.
func (s *Set) Match(file string) (pattern string, ok bool) {
	steps := math.MaxInt
	return s.MatchWithin(file, &steps)
}

// MatchWithin is Match for a caller that bounds the work: it takes from steps what the comparisons cost, about ten nanoseconds each, and
// stops soon after steps is below zero. Then its answer means nothing.
func (s *Set) MatchWithin(file string, steps *int) (pattern string, ok bool) {
	if s.err != nil {
		return "", false
	}
	if s.uncertain != "" {
		return "", true
	}
	pattern, ok = s.match(file, false, steps)
	if !ok && s.slashes {
		if p, okAsSubmodule := s.match(file, true, steps); okAsSubmodule {
			return p, true
		}
	}
	return pattern, ok
}

func (s *Set) match(file string, submodule bool, steps *int) (pattern string, ok bool) {
	pattern, ok = find(s.include, file, submodule, steps)
	if !ok && len(s.include) > 0 {
		return "", false
	}
	if by, ignored := find(s.exclude, file, submodule, steps); ignored {
		return by, false
	}
	return pattern, true
}

func find(specs []spec, file string, submodule bool, steps *int) (pattern string, ok bool) {
	for i := range specs {
		if *steps < 0 {
			break
		}
		if specs[i].covers(file, submodule, steps) {
			return specs[i].text, true
		}
	}
	return "", false
}

// compile fills s, or returns an uncertainty, or the error that bash or git would stop with. An uncertainty anywhere wins, since it
// may hide what makes the rest harmless.
func (s *Set) compile(paths, ignorePaths []string) error {
	ignorePaths, err := resolved(paths, ignorePaths)
	if err != nil {
		return err
	}
	args, err := words(arguments(paths, ignorePaths))
	if err != nil {
		return fmt.Errorf("splitting the paths as a shell does: %w", err)
	}
	var fatal error
	for _, arg := range args {
		sp, err := parseSpec(arg)
		var unsure uncertainty
		switch {
		case errors.As(err, &unsure):
			return err
		case err != nil && fatal == nil:
			fatal = fmt.Errorf("reading pathspec %q: %w", arg, err)
		case sp.magic&magicExclude != 0:
			s.exclude = append(s.exclude, sp)
		default:
			s.include = append(s.include, sp)
		}
		s.slashes = s.slashes || strings.HasSuffix(sp.match, "/")
	}
	return fatal
}

// resolved returns ignorePaths without the entries that hold an unresolved Concourse variable, which are taken to ignore nothing. It
// fails with an uncertainty for a variable in paths, or in an entry that may be more than one pattern to the shell.
func resolved(paths, ignorePaths []string) ([]string, error) {
	for _, p := range paths {
		if v := concourseVar.FindString(p); v != "" {
			return nil, uncertainty(fmt.Sprintf("unresolved variable %s in paths", v))
		}
	}
	known := make([]string, 0, len(ignorePaths))
	for _, p := range ignorePaths {
		v := concourseVar.FindString(p)
		if v == "" {
			known = append(known, p)
			continue
		}
		if strings.ContainsAny(concourseVar.ReplaceAllString(p, ""), " \t\r\n'\"\\()|&;<>$`#") {
			return nil, uncertainty(fmt.Sprintf("unresolved variable %s in ignore_paths", v))
		}
	}
	return known, nil
}

// arguments returns the part of git-resource's command line that follows `--`: the entries, the ignored ones after `:!`, with spaces
// between them. Entries are not quoted, so one can hold several words, and a quote can span entries.
func arguments(paths, ignorePaths []string) string {
	marked := make([]string, len(ignorePaths))
	for i, p := range ignorePaths {
		marked[i] = ":!" + p
	}
	lines := func(entries []string) string { return strings.TrimRight(strings.Join(entries, "\n"), "\n") }
	return lineEnds.Replace(lines(paths) + " " + lines(marked) + " ")
}

// lineEnds does what git-resource's tr does, and drops what bash does not keep in a variable.
var lineEnds = strings.NewReplacer("\n", " ", "\r", " ", "\x00", "")
