package redeploy

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// Function names a function, and the alias by which it is invoked.
type Function struct {
	// Name is a name, a partial ARN (ACCOUNT:function:NAME) or an ARN, without a qualifier.
	Name string
	// Alias is "" if the function is invoked without one, and so runs $LATEST.
	Alias string
}

// String is the form that Parse reads.
func (f Function) String() string {
	if f.Alias == "" {
		return f.Name
	}
	return f.Name + ":" + f.Alias
}

// form is the form of a function's name in Lambda's API
// (https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html#API_GetFunctionConfiguration_RequestParameters).
var form = regexp.MustCompile(`^((?:arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:)?[0-9]{12}:function:)?([a-zA-Z0-9_-]{1,64})(?::(\$LATEST|[a-zA-Z0-9_-]{1,128}))?$`)

// Parse reads NAME, ACCOUNT:function:NAME or arn:aws:lambda:REGION:ACCOUNT:function:NAME, each with or without :ALIAS. It
// refuses a version's number: a version can't be changed.
func Parse(text string) (Function, error) {
	parts := form.FindStringSubmatch(text)
	if parts == nil {
		return Function{}, fmt.Errorf("function %q: it is not of the form NAME[:ALIAS] or arn:aws:lambda:REGION:ACCOUNT:function:NAME[:ALIAS]", text)
	}
	f := Function{Name: parts[1] + parts[2], Alias: parts[3]}
	switch {
	case f.Alias == latest:
		f.Alias = ""
	case f.Alias != "" && strings.Trim(f.Alias, "0123456789") == "":
		return Function{}, fmt.Errorf("function %q: version %s can't be changed; name the alias by which the function is invoked, or none", text, f.Alias)
	}
	return f, nil
}

// ParseAll reads several functions, and refuses one that is given twice.
func ParseAll(texts []string) ([]Function, error) {
	seen := make(map[Function]bool, len(texts))
	functions := make([]Function, 0, len(texts))
	for _, text := range texts {
		f, err := Parse(text)
		if err != nil {
			return nil, err
		}
		if seen[f] {
			return nil, fmt.Errorf("function %q: it is given twice", text)
		}
		seen[f] = true
		functions = append(functions, f)
	}
	return functions, nil
}

// region makes a request go to the region of the ARN, if the name is one.
func (f Function) region(o *lambda.Options) {
	if parts := strings.SplitN(f.Name, ":", 5); len(parts) == 5 && parts[0] == "arn" {
		o.Region = parts[3]
	}
}
