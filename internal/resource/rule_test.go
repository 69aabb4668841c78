package resource_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// packages are the folders of all that makes decisions.
var packages = []string{".", "../match"}

// outcomes are the decisions that a rule may make.
type outcomes struct{ check, skip bool }

func (o outcomes) String() string {
	switch {
	case o.check && o.skip:
		return "check or skip"
	case o.check:
		return "check"
	case o.skip:
		return "skip"
	}
	return "nothing"
}

// Every declared rule is made by a row of a test with each outcome that the documentation says, and by none with another.
// The rows hold the rules that were made: decide compares them.
func TestRules(t *testing.T) {
	t.Parallel()
	declared, documented, made := declaredRules(t), documentedRules(t), testedRules(t)
	for name, constant := range declared {
		if !regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)?$`).MatchString(name) {
			t.Errorf("%s: %q is not a dotted lower-case name", constant, name)
		}
		if documented[name] == "" {
			t.Errorf("docs/rules.md does not list %s", name)
		}
		if got := made[name].String(); got != documented[name] {
			t.Errorf("%s: docs/rules.md says %s, the rows of the tests say %s", name, documented[name], got)
		}
		if strings.HasPrefix(name, "uncertain.") && made[name].skip {
			t.Errorf("%s skips", name)
		}
	}
	for name := range documented {
		if declared[name] == "" {
			t.Errorf("docs/rules.md lists %s, which is not declared", name)
		}
	}
}

// declaredRules are the constants of rule.go by their values. Each has a comment.
func declaredRules(t *testing.T) map[string]string {
	t.Helper()
	rules := make(map[string]string)
	for _, declaration := range parse(t, "rule.go").Decls {
		g, ok := declaration.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, spec := range g.Specs {
			s := spec.(*ast.ValueSpec)
			typ, _ := s.Type.(*ast.Ident)
			if typ == nil || typ.Name != "Rule" || len(s.Names) != 1 || s.Comment == nil {
				t.Errorf("%s: want one constant of type Rule with a comment", s.Names[0].Name)
			}
			name := text(s.Values[0])
			if rules[name] != "" {
				t.Errorf("%s and %s are both %s", rules[name], s.Names[0].Name, name)
			}
			rules[name] = s.Names[0].Name
		}
	}
	return rules
}

// documentedRules are the rules that docs/rules.md lists, with their outcomes in words.
func documentedRules(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := make(map[string]string)
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\| [^|]+ \\|$").FindAllStringSubmatch(string(page), -1) {
		if rules[row[1]] != "" {
			t.Errorf("docs/rules.md lists %s twice", row[1])
		}
		rules[row[1]] = row[2]
	}
	return rules
}

// testedRules are the rules in the rows of the tests: where a literal has true or false and then a text, that is a decision
// and its rule.
func testedRules(t *testing.T) map[string]outcomes {
	t.Helper()
	rules := make(map[string]outcomes)
	inspect(t, "*_test.go", func(_ string, n ast.Node) {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return
		}
		for i := 1; i < len(literal.Elts); i++ {
			check, ok := literal.Elts[i-1].(*ast.Ident)
			rule := text(literal.Elts[i])
			if !ok || rule == "" || check.Name != "true" && check.Name != "false" {
				continue
			}
			o := rules[rule]
			o.check, o.skip = o.check || check.Name == "true", o.skip || check.Name == "false"
			rules[rule] = o
		}
	})
	return rules
}

// Only Check and Skip make a decision, and no rule is made up where they are called.
func TestNoDecisionWithoutARule(t *testing.T) {
	t.Parallel()
	inspect(t, "*.go", func(file string, n ast.Node) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		switch n := n.(type) {
		case *ast.CompositeLit:
			if called(n.Type) == "Decision" && file != "decision.go" {
				t.Errorf("%s makes a Decision by itself; use Check or Skip", file)
			}
		case *ast.CallExpr:
			name, literal := called(n.Fun), false
			if name == "Check" || name == "Skip" {
				_, literal = n.Args[0].(*ast.BasicLit)
			}
			if literal || name == "Rule" {
				t.Errorf("%s makes a rule up; declare it in rule.go", file)
			}
		}
	})
}

// inspect shows every node of the packages' files.
func inspect(t *testing.T, pattern string, see func(file string, n ast.Node)) {
	t.Helper()
	for _, folder := range packages {
		files, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no %s in %s (%v)", pattern, folder, err)
		}
		for _, file := range files {
			ast.Inspect(parse(t, file), func(n ast.Node) bool {
				see(file, n)
				return true
			})
		}
	}
}

func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// text is the value of a string's literal; "" for any other expression.
func text(e ast.Expr) string {
	literal, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, _ := strconv.Unquote(literal.Value)
	return s
}

// called is the name of a type or function, without its package.
func called(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
