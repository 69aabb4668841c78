package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
)

// plainScalar reports whether YAML 1.1, as Concourse reads it, reads s without quotes as the string s. Then fly prints it
// without quotes; we do only where all of it is printable. A string that YAML would shorten, such as 'x' or !x, is not plain.
func plainScalar(s string) bool {
	switch {
	case s == "" || s == "-" || s == "?" || s == "---" || s == "...":
		return false
	case strings.ContainsAny(s, ",: /") || printable.Line(s) != s:
		return false
	case strings.ContainsRune("#&*!|>'\"%@`{}[]", rune(s[0])):
		return false
	}
	return !slices.Contains(yamlWords, s) && !yamlNumber(s)
}

// yamlWords are the words that YAML reads as a boolean, null, infinity or NaN.
var yamlWords = strings.Fields("y Y yes Yes YES n N no No NO true True TRUE false False FALSE on On ON off Off OFF ~ null Null NULL " +
	".nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF")

var yamlFloat = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)

// yamlNumber reports whether YAML 1.1 reads s as a number; 0x1F, 0b1, 017 and 1_000 are numbers, too.
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
