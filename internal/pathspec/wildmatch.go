package pathspec

import (
	"slices"
	"strings"
)

// tokenKind says what a token of a glob matches.
type tokenKind uint8

const (
	tokenByte  tokenKind = iota // one given byte
	tokenSet                    // one byte of a set
	tokenStar                   // any bytes but slashes
	tokenDeep                   // any bytes
	tokenDirs                   // nothing, or any bytes that end in a slash
	tokenNever                  // nothing at all: the pattern is not well formed
)

type token struct {
	kind tokenKind
	char byte
	set  *byteSet
}

// glob is a compiled pattern of git's wildmatch (wildmatch.c). Unless its pathspec has the glob magic, all wildcards cross slashes.
type glob struct {
	tokens []token
	fold   bool
	// suffix is the plain text at the pattern's end, where its case counts. It is tokens[tail:].
	suffix string
	tail   int
}

// compileGlob reads a pattern. It accepts anything: where wildmatch gives up, as at an unclosed bracket, the glob matches nothing.
func compileGlob(pattern string, m magic) glob {
	g := glob{fold: m&magicIcase != 0}
	pathname := m&magicGlob != 0
	for i := 0; i < len(pattern); {
		t, n := token{kind: tokenByte, char: pattern[i]}, 1
		switch pattern[i] {
		case '*':
			t.kind, n = star(pattern, i, pathname)
		case '?':
			t.kind, t.set = tokenSet, &anyByte
			if pathname {
				t.set = &anyButSlash
			}
		case '[':
			t.kind = tokenSet
			t.set, n = bracket(pattern[i:], g.fold, pathname)
			if t.set == nil {
				t.kind, n = tokenNever, len(pattern)
			}
		case '\\': // wildmatch does not fold an escaped letter
			if n = 2; i+1 < len(pattern) {
				t.char = pattern[i+1]
			} else {
				t.kind = tokenNever
			}
		default:
			if g.fold {
				t.char = lower(t.char)
			}
		}
		g.tokens = append(g.tokens, t)
		i += n
	}
	g.findSuffix()
	return g
}

// anyByte and anyButSlash are what a question mark stands for.
var anyByte, anyButSlash = questionMark(false), questionMark(true)

func questionMark(pathname bool) (set byteSet) {
	set.complete(true, pathname)
	return set
}

func (g *glob) findSuffix() {
	g.tail = len(g.tokens)
	var suffix []byte
	for g.tail > 0 && !g.fold && g.tokens[g.tail-1].kind == tokenByte {
		g.tail--
		suffix = append(suffix, g.tokens[g.tail].char)
	}
	slices.Reverse(suffix)
	g.suffix = string(suffix)
}

// star reads the stars at i and returns how many bytes they take. With pathname, two or more between slashes, or the pattern's ends,
// stand for directories.
func star(pattern string, i int, pathname bool) (tokenKind, int) {
	after := strings.TrimLeft(pattern[i:], "*")
	n := len(pattern) - i - len(after)
	switch {
	case !pathname:
		return tokenDeep, n
	case n == 1 || i > 0 && pattern[i-1] != '/':
		return tokenStar, n
	case strings.HasPrefix(after, "/"):
		return tokenDirs, n + 1
	case after == "" || strings.HasPrefix(after, `\/`):
		return tokenDeep, n
	}
	return tokenStar, n
}

// match reports whether the glob matches the whole text, and takes a step for each comparison. Where no steps are left, its answer
// means nothing.
func (g *glob) match(text string, steps *int) bool {
	if !strings.HasSuffix(text, g.suffix) {
		return false
	}
	ok, left := g.walk(text, *steps)
	*steps = left
	return ok
}

// walk is match with the steps by value. On a mismatch it goes back to the last star, or else to the last token that crosses
// slashes, and lets it take more; earlier ones need not be tried again, as a later one can take whatever they would leave.
func (g *glob) walk(text string, steps int) (ok bool, left int) {
	star, deep := mark{token: -1}, mark{token: -1}
	for p, t := 0, 0; steps >= 0; steps-- {
		if p == len(g.tokens) {
			if t == len(text) {
				return true, steps
			}
		} else {
			switch tok := &g.tokens[p]; {
			case tok.kind == tokenStar:
				star = mark{token: p, text: t}
				p++
				continue
			case tok.kind == tokenDeep && p+1 == g.tail: // the rest is the suffix, which match has seen
				return len(text)-t >= len(g.suffix), steps
			case tok.kind == tokenDeep || tok.kind == tokenDirs:
				star, deep = mark{token: -1}, mark{token: p, text: t}
				p++
				continue
			case t < len(text) && g.one(tok, text[t]):
				p, t = p+1, t+1
				continue
			}
		}
		switch {
		case star.token >= 0 && star.text < len(text) && text[star.text] != '/':
			star.text++
			p, t = star.token+1, star.text
		case deep.token >= 0 && deep.advance(g, text):
			star = mark{token: -1}
			p, t = deep.token+1, deep.text
		default:
			return false, steps
		}
	}
	return false, steps
}

// mark remembers a star and where the text that follows it begins.
type mark struct{ token, text int }

// advance lets a star that crosses slashes take more text, at once up to where the next token may match, and reports whether there
// was any.
func (m *mark) advance(g *glob, text string) bool {
	if g.tokens[m.token].kind == tokenDirs {
		n := strings.IndexByte(text[m.text:], '/') + 1
		m.text += n
		return n > 0
	}
	if m.text++; m.text > len(text) {
		return false
	}
	if next := m.token + 1; next < len(g.tokens) && g.tokens[next].kind == tokenByte && !g.fold {
		n := strings.IndexByte(text[m.text:], g.tokens[next].char)
		m.text += n
		return n >= 0
	}
	return true
}

// one reports whether a token that takes one byte takes c.
func (g *glob) one(tok *token, c byte) bool {
	if g.fold {
		c = lower(c)
	}
	switch tok.kind {
	case tokenByte:
		return c == tok.char
	case tokenSet:
		return tok.set.has(c)
	}
	return false
}
