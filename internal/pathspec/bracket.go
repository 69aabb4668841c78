package pathspec

import "strings"

// byteSet is a set of bytes.
type byteSet [4]uint64

func (b *byteSet) add(c byte) { b[c/64] |= 1 << (c % 64) }

func (b *byteSet) has(c byte) bool { return b[c/64]&(1<<(c%64)) != 0 }

// addRange adds the bytes from first to last. With fold the text has no capitals, so that a range of capitals stands for the others.
func (b *byteSet) addRange(first, last byte, fold bool) {
	for c := int(first); c <= int(last); c++ {
		b.add(byte(c))
		if fold {
			b.add(lower(byte(c)))
		}
	}
}

// addClass adds a POSIX class by its name, as git's own ctype.c defines it, and reports whether there is one.
func (b *byteSet) addClass(name string, fold bool) bool {
	in, ok := classes[name]
	if !ok {
		return false
	}
	if name == "upper" && fold {
		in = isAlpha
	}
	for c := range 128 {
		if in(byte(c)) {
			b.add(byte(c))
		}
	}
	return true
}

// complete inverts the set if negated, and takes the slash out if pathname.
func (b *byteSet) complete(negated, pathname bool) {
	if negated {
		for i := range b {
			b[i] = ^b[i]
		}
	}
	if pathname {
		b['/'/64] &^= 1 << ('/' % 64)
	}
}

// classes are the POSIX classes that wildmatch knows.
var classes = map[string]func(byte) bool{
	"alnum":  isAlnum,
	"alpha":  isAlpha,
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < ' ' || c == 0x7f },
	"digit":  func(c byte) bool { return '0' <= c && c <= '9' },
	"graph":  func(c byte) bool { return '!' <= c && c <= '~' },
	"lower":  func(c byte) bool { return 'a' <= c && c <= 'z' },
	"print":  func(c byte) bool { return ' ' <= c && c <= '~' },
	"punct":  func(c byte) bool { return '!' <= c && c <= '~' && !isAlnum(c) },
	"space":  func(c byte) bool { return strings.IndexByte(" \t\n\r", c) >= 0 },
	"upper":  func(c byte) bool { return 'A' <= c && c <= 'Z' },
	"xdigit": func(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 },
}

// bracket reads the `[...]` that p begins with and returns its bytes and its length, or nil if wildmatch would give up. A `]` in the
// first place is a member; a backslash escapes; members are not folded, but ranges and [:upper:] are.
func bracket(p string, fold, pathname bool) (*byteSet, int) {
	set := new(byteSet)
	i := 1
	negated := i < len(p) && (p[i] == '!' || p[i] == '^')
	if negated {
		i++
	}
	for first, previous := true, byte(0); i < len(p); first = false {
		if p[i] == ']' && !first {
			set.complete(negated, pathname)
			return set, i + 1
		}
		var n int
		previous, n = set.addMember(p[i:], previous, fold)
		if n == 0 {
			return nil, 0
		}
		i += n
	}
	return nil, 0
}

// addMember adds the first member of p, and returns the byte a following range could start with and the member's length: 0 if
// wildmatch would give up there.
func (b *byteSet) addMember(p string, previous byte, fold bool) (byte, int) {
	switch {
	case p[0] == '\\':
		if len(p) < 2 {
			return 0, 0
		}
		b.add(p[1])
		return p[1], 2
	case p[0] == '-' && previous != 0 && len(p) > 1 && p[1] != ']':
		n := 2
		if p[1] == '\\' {
			n = 3
		}
		if n > len(p) {
			return 0, 0
		}
		b.addRange(previous, p[n-1], fold)
		return 0, n
	case strings.HasPrefix(p, "[:"):
		end := strings.IndexByte(p, ']')
		if end < 0 {
			return 0, 0
		}
		if end > 2 && p[end-1] == ':' {
			if !b.addClass(p[2:end-1], fold) {
				return 0, 0
			}
			return 0, end + 1
		}
	}
	b.add(p[0])
	return p[0], 1
}
