package pipeline

import (
	"regexp"
	"strings"
)

var (
	// oldVar is the form of a var in old versions of fly (templateOldStyleFormatRegex in Concourse's vars/template_resolver.go, as it was).
	oldVar = regexp.MustCompile(`^\{\{([-\w\p{L}]+)\}\}`)
	// blockScalar is how a line ends whose value is in the lines below.
	blockScalar = regexp.MustCompile(`(^|[\s:])[|>][-+0-9]*\s*$`)
	listItems   = regexp.MustCompile(`^(\s*-\s)*\s*`)
)

// findOldVar finds the first {{x}} that stands in a YAML document as a value, and its line; "" if there is none. Such a document can't be
// read: to YAML it is a map as the key of a map. In a quoted, block or longer plain text it is nothing special.
func findOldVar(document string) (name string, line int) {
	var quote byte // the one that the text before is in; 0 for none
	block := -1    // the indentation that ends a block scalar; -1 for none
	for line, text := range strings.Split(document, "\n") {
		indent := len(text) - len(strings.TrimLeft(text, " "))
		if strings.TrimSpace(text) == "" || block >= 0 && indent > block {
			continue
		}
		block = -1
		var plain string
		if name, plain, quote = scanLine(text, quote); name != "" {
			return name, line + 1
		}
		if blockScalar.MatchString(plain) {
			if block = len(listItems.FindString(plain)); strings.ContainsRune("|>", rune(plain[block])) {
				block = indent
			}
		}
	}
	return "", 0
}

// scanLine finds a {{x}} in a line, which may begin in quotes. It returns the line without a comment, and the quote in which it ends.
func scanLine(text string, quote byte) (name, plain string, ends byte) {
	before := byte(' ') // the last character that is no space
	for i := 0; i < len(text); i++ {
		c := text[i]
		value := strings.IndexByte(" :-[{,?", before) >= 0 // may a value begin here?
		switch {
		case quote == '"' && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case value && (c == '"' || c == '\''):
			quote = c
		case c == '#' && (i == 0 || text[i-1] == ' ' || text[i-1] == '\t'):
			return "", text[:i], 0
		case value && c == '{':
			if m := oldVar.FindStringSubmatch(text[i:]); m != nil {
				return m[1], text, 0
			}
		}
		if c != ' ' && c != '\t' {
			before = c
		}
	}
	return "", text, quote
}
