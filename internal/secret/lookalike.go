package secret

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// wordsOfReferences begin what people write where they mean a reference, besides the schemes and their misspellings.
var wordsOfReferences = []string{"arn", "aws", "environment", "parameter", "parameterstore", "path", "secret", "secrets", "sm", "vault"}

// checkLiteral refuses what stands in place of a secret but is hardly one: a mistyped reference, or a secret with blanks around it,
// with which no signature would ever agree. Its errors hold nothing of the text but what is before the first colon.
func checkLiteral(text string) error {
	switch trimmed := strings.TrimSpace(text); {
	case trimmed == "":
		return errors.New("it is empty")
	case bracketed(trimmed):
		return errors.New("it is a variable that nothing has filled in, such as ((name)) or ${NAME}")
	case looksLikeReference(trimmed):
		scheme, _, _ := strings.Cut(trimmed, ":")
		return fmt.Errorf("no reference begins with %q: write env:NAME, file:PATH, ssm:NAME or secretsmanager:ID[#KEY]; "+
			"a secret that begins so can stand in a file, file:PATH", scheme+":")
	case trimmed != text:
		return errors.New("it begins or ends with a blank or newline: take that away")
	}
	return nil
}

// bracketed reports whether the text is a variable of Concourse, a shell or a template engine.
func bracketed(text string) bool {
	for _, pair := range [][2]string{{"((", "))"}, {"{{", "}}"}, {"${", "}"}} {
		if strings.HasPrefix(text, pair[0]) && strings.HasSuffix(text, pair[1]) {
			return true
		}
	}
	return false
}

func looksLikeReference(text string) bool {
	word, _, ok := strings.Cut(text, ":")
	if !ok || len(word) > 32 {
		return false
	}
	word = strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(word)) // secrets-manager
	if strings.ContainsFunc(word, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return false
	}
	return slices.Contains(wordsOfReferences, word) || slices.ContainsFunc(schemes, func(scheme string) bool {
		return distance(word, scheme) <= max(1, len(scheme)/5) || letters(word) == letters(scheme)
	})
}

// letters are those of a word in order, which are the same where two are swapped.
func letters(word string) string { return string(slices.Sorted(slices.Values([]byte(word)))) }

// distance is how many letters to add, leave out or replace until a is b (Levenshtein's).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
