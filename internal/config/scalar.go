package config

import (
	"regexp"
	"strconv"
	"strings"
)

// plainScalar reports whether YAML 1.1, as Concourse reads it, takes s without quotes for the string that it is, and fly
// prints it so. A string that YAML would take for a shorter one ('x', !x) is not plain.
func plainScalar(s string) bool {
	switch {
	case s == "" || s == "-" || s == "?" || s == "---" || s == "...":
		return false
	case strings.ContainsAny(s, ",: /") || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return false
	case strings.ContainsRune("#&*!|>'\"%@`{}[]", rune(s[0])):
		return false
	}
	return !yamlWord[s] && !yamlNumber(s)
}

// yamlWord are the texts that are a boolean, null, an infinity or no number.
var yamlWord = func() map[string]bool {
	words := make(map[string]bool)
	for w := range strings.FieldsSeq("y Y yes Yes YES n N no No NO true True TRUE false False FALSE on On ON off Off OFF ~ null Null NULL " +
		".nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF") {
		words[w] = true
	}
	return words
}()

var yamlFloat = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)

// yamlNumber reports whether s is a number: in YAML 1.1 also 0x1F, 0b1, 017 and 1_000.
func yamlNumber(s string) bool {
	if s[0] == '.' {
		_, err := strconv.ParseFloat(s, 64)
		return err == nil
	}
	if !strings.ContainsRune("+-0123456789", rune(s[0])) {
		return false
	}
	plain := strings.ReplaceAll(s, "_", "")
	if _, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return true
	}
	if _, err := strconv.ParseUint(plain, 0, 64); err == nil {
		return true
	}
	if !yamlFloat.MatchString(plain) {
		return false
	}
	_, err := strconv.ParseFloat(plain, 64)
	return err == nil // 1e999 is a string
}
