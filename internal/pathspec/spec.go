package pathspec

import (
	"errors"
	"fmt"
	"strings"
)

// magic is the set of git's pathspec magic words.
type magic uint8

const (
	magicTop magic = 1 << iota
	magicLiteral
	magicGlob
	magicIcase
	magicExclude
)

// magicWords are the words of the long form `:(top,glob)`.
var magicWords = map[string]magic{
	"top": magicTop, "literal": magicLiteral, "glob": magicGlob, "icase": magicIcase, "exclude": magicExclude,
}

const (
	globCharacters = `*?[\`
	// reservedMagic are the characters that git reserves for the short form (GIT_PATHSPEC_MAGIC in its ctype.c).
	reservedMagic = "!\"#%&',-/;<=>@_`~"
)

// spec is one pathspec.
type spec struct {
	text    string // as git gets it
	match   string // without the magic, normalised
	magic   magic
	literal int  // the length of match before its first wildcard
	oneStar bool // the only wildcard is one star
	rest    glob // match[literal:]
	step    int  // the steps of a comparison of plain text
}

const (
	// maxPattern is the longest pattern that is read: Linux takes no longer path (PATH_MAX in its limits.h).
	maxPattern = 4096
	// stepsPerCompiledByte is the cost of compiling a byte of a glob.
	stepsPerCompiledByte = 16
)

// parseSpec reads one pathspec as git does from the root of a bare repository (init_pathspec_item in pathspec.c). The error is what
// git stops with, or an uncertainty.
func parseSpec(text string) (spec, error) {
	if text == "" {
		return spec{}, errors.New("git refuses an empty pathspec")
	}
	if len(text) > maxPattern {
		return spec{}, large(fmt.Sprintf("a pattern of %d bytes, more than %d", len(text), maxPattern))
	}
	m, pattern, err := parseMagic(text)
	if err != nil {
		return spec{}, err
	}
	if m&magicLiteral != 0 && m&magicGlob != 0 {
		return spec{}, errors.New("git refuses literal and glob together")
	}
	if m&magicTop == 0 { // after the top magic git takes the pattern as it is
		if pattern, err = normalize(pattern); err != nil {
			return spec{}, err
		}
	}
	s := spec{text: text, match: pattern, magic: m, literal: len(pattern), step: 2 + len(pattern)/64}
	if m&magicIcase != 0 {
		s.step += len(pattern)
	}
	if i := strings.IndexAny(pattern, globCharacters); i >= 0 && m&magicLiteral == 0 {
		s.literal = i
		s.rest = compileGlob(pattern[i:], m)
		s.oneStar = m&magicGlob == 0 && pattern[i] == '*' && !strings.ContainsAny(pattern[i+1:], globCharacters)
	}
	return s, nil
}

// parseMagic splits a pathspec into its magic and its pattern.
func parseMagic(text string) (magic, string, error) {
	switch {
	case !strings.HasPrefix(text, ":"):
		return 0, text, nil
	case strings.HasPrefix(text, ":("):
		return parseLongMagic(text)
	}
	var m magic
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == ':':
			return m, text[i+1:], nil
		case c == '!' || c == '^':
			m |= magicExclude
		case c == '/':
			m |= magicTop
		case strings.IndexByte(reservedMagic, c) >= 0:
			return 0, "", fmt.Errorf("git does not implement pathspec magic %q", c)
		default:
			return m, text[i:], nil
		}
	}
	return m, "", nil
}

// parseLongMagic reads `:(word,word)pattern`.
func parseLongMagic(text string) (magic, string, error) {
	if strings.Contains(text, ":(attr") || strings.Contains(text, ",attr") || strings.Contains(text, "prefix:") {
		return 0, "", uncertainty(fmt.Sprintf("pathspec magic of %q", text))
	}
	list, pattern, closed := strings.Cut(text[len(":("):], ")")
	var m magic
	for word := range strings.SplitSeq(list, ",") {
		bit, known := magicWords[word]
		if !known && word != "" {
			return 0, "", fmt.Errorf("git does not know pathspec magic %q", word)
		}
		m |= bit
	}
	if !closed {
		return 0, "", errors.New("git misses the ) after the pathspec magic")
	}
	return m, pattern, nil
}

// normalize resolves `.`, `..` and repeated slashes, and keeps one trailing slash (normalize_path_copy in git's path.c).
func normalize(pattern string) (string, error) {
	if strings.HasPrefix(pattern, "/") {
		return "", errors.New("git refuses an absolute path")
	}
	parts := strings.Split(pattern, "/")
	var kept []string
	for _, part := range parts {
		switch part {
		case "", ".":
		case "..":
			if len(kept) == 0 {
				return "", errors.New("git refuses a path outside the repository")
			}
			kept = kept[:len(kept)-1]
		default:
			kept = append(kept, part)
		}
	}
	out := strings.Join(kept, "/")
	switch last := parts[len(parts)-1]; last {
	case "", ".", "..":
		if out != "" {
			out += "/"
		}
	}
	return out, nil
}

// matchesAll reports whether the spec certainly covers every path.
func (s *spec) matchesAll() bool {
	return s.match == "" || s.magic&(magicLiteral|magicGlob) == 0 && strings.Trim(s.match, "*") == ""
}

// covers reports whether a walk through the trees of a commit that touches file would stop at it (do_match in git's tree-walk.c).
// The walk compares a directory and an entry's name, so a pattern may match as plain text up to a slash, and by its wildcards below.
func (s *spec) covers(file string, submodule bool, steps *int) bool {
	*steps -= s.step + len(file)/64
	dir := strings.LastIndexByte(file, '/') + 1
	size := len(s.match)
	switch {
	case size == 0:
		return true
	case dir >= size:
		if s.equal(file[:size], s.match) && (s.match[size-1] == '/' || file[size] == '/') {
			return true
		}
	case s.equal(file[:dir], s.match[:dir]):
		name, pattern := file[dir:], s.match[dir:]
		return s.equal(name, pattern) || submodule && s.equal(name+"/", pattern) || s.matchesBelow(file, dir, steps)
	}
	return s.matchesWhole(file, steps)
}

// matchesWhole compares the whole path with a pattern that has wildcards (git_fnmatch in git's dir.c).
func (s *spec) matchesWhole(file string, steps *int) bool {
	n := s.literal
	return n < len(s.match) && len(file) >= n && s.equal(file[:n], s.match[:n]) && s.rest.match(file[n:], steps)
}

// matchesBelow compares by wildcards a path whose directory, of length dir, is as plain text the beginning of the pattern. If a
// wildcard is part of that beginning, only the rest of the pattern counts, and git takes the first byte of that for the one star.
func (s *spec) matchesBelow(file string, dir int, steps *int) bool {
	switch {
	case s.literal == len(s.match):
		return false
	case dir <= s.literal:
		return s.matchesWhole(file, steps)
	case s.oneStar:
		name, suffix := file[dir:], s.match[dir+1:]
		return len(name) >= len(suffix) && s.equal(name[len(name)-len(suffix):], suffix)
	}
	*steps -= stepsPerCompiledByte * (len(s.match) - dir)
	rest := compileGlob(s.match[dir:], s.magic)
	return rest.match(file[dir:], steps)
}

// equal compares bytes, with the ASCII letters folded if the spec says icase.
func (s *spec) equal(a, b string) bool {
	if s.magic&magicIcase == 0 || len(a) != len(b) {
		return a == b
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
