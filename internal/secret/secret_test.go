package secret_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

func TestResolve(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	stores := map[string]string{
		"/ci/token": "from ssm", "/ci/empty": "",
		"plain": "from sm", "arn:aws:secretsmanager:eu-west-1:1:secret:x-AbCdEf": "by arn",
		"object": `{"user":"u","pass":"p4ss","n":5,"null":null,"deep":{"a":"planted"},"empty":""}`,
		"broken": "planted{", "list": `["planted"]`,
	}
	get := func(_ context.Context, name string) (string, error) {
		if value, ok := stores[name]; ok {
			return value, nil
		}
		return "", errors.New("no such name")
	}
	env := map[string]string{"TOKEN": "from env", "SPACES": " kept \n"}
	full := &secret.Resolver{SSM: get, SecretsManager: get, Getenv: func(name string) string { return env[name] }}

	for name, test := range map[string]struct {
		resolver *secret.Resolver
		ref      string
		want     string
		literal  bool
		err      string // a part of the error; "" for none
	}{
		"env":                     {ref: "env:TOKEN", want: "from env"},
		"env is not trimmed":      {ref: "env:SPACES", want: " kept \n"},
		"env not set":             {ref: "env:OTHER", err: "env:OTHER: its value is empty or not set"},
		"file":                    {ref: "file:" + write("a", "x"), want: "x"},
		"file, newline":           {ref: "file:" + write("b", "x\n"), want: "x"},
		"file, one newline only":  {ref: "file:" + write("c", "x\n\n"), want: "x\n"},
		"file, newline of DOS":    {ref: "file:" + write("d", "x\r\n"), want: "x"},
		"file, newline alone":     {ref: "file:" + write("e", "\n"), err: "empty"},
		"file, too large":         {ref: "file:" + write("f", strings.Repeat("planted", 10_000)), err: "larger than"},
		"file missing":            {ref: "file:" + filepath.Join(dir, "none"), err: "no such file"},
		"file is a directory":     {ref: "file:" + dir, err: "it is not a regular file"},
		"file is a pipe":          {ref: "file:" + pipe, err: "it is not a regular file"},
		"ssm":                     {ref: "ssm:/ci/token", want: "from ssm"},
		"ssm empty":               {ref: "ssm:/ci/empty", err: "ssm:/ci/empty: its value is empty"},
		"ssm missing":             {ref: "ssm:/ci/none", err: "ssm:/ci/none: no such name"},
		"ssm without access":      {resolver: &secret.Resolver{}, ref: "ssm:x", err: "has no access to it"},
		"secretsmanager":          {ref: "secretsmanager:plain", want: "from sm"},
		"secretsmanager, ARN":     {ref: "secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:x-AbCdEf", want: "by arn"},
		"secretsmanager, member":  {ref: "secretsmanager:object#pass", want: "p4ss"},
		"secretsmanager, number":  {ref: "secretsmanager:object#n", want: "5"},
		"secretsmanager, null":    {ref: "secretsmanager:object#null", err: "empty"},
		"secretsmanager, ''":      {ref: "secretsmanager:object#empty", err: "empty"},
		"secretsmanager, object":  {ref: "secretsmanager:object#deep", err: "is not text"},
		"secretsmanager, no such": {ref: "secretsmanager:object#none", err: `no member "none"`},
		"secretsmanager, no JSON": {ref: "secretsmanager:broken#x", err: "reading the secret as a JSON object: it is not JSON: see line 1, column 1; leave out #x to use the whole secret"},
		"secretsmanager, a list":  {ref: "secretsmanager:list#x", err: "it is an array where an object is expected"},
		"no access":               {resolver: &secret.Resolver{}, ref: "secretsmanager:x#y", err: "has no access to it"},
		"nothing named":           {ref: "env:", err: "nothing follows the colon"},
		"literal":                 {ref: "hunter2", want: "hunter2", literal: true},
		"literal with a colon":    {ref: "https://x", want: "https://x", literal: true},
		"literal like a scheme":   {ref: "env", want: "env", literal: true},
		"empty":                   {ref: "", literal: true, err: "it is empty"},
		"blanks":                  {ref: " \t\n", literal: true, err: "it is empty"},
		"blanks of a value":       {ref: "file:" + write("g", " \n\n"), err: "its value is empty"},
		"literal, newline":        {ref: "planted\n", literal: true, err: "it begins or ends with a blank or newline"},
		"reference, blank":        {ref: "env: TOKEN", err: "there is a blank or newline around the name"},
		"reference, newline":      {ref: "ssm:/ci/token\n", err: "there is a blank or newline around the name"},
		"mistyped":                {ref: "secretmanager:prod/planted", literal: true, err: `no reference begins with "secretmanager:": write env:NAME`},
		"mistyped, hyphen":        {ref: "secrets-manager:planted", literal: true, err: `"secrets-manager:"`},
		"mistyped, env":           {ref: "evn:planted", literal: true, err: `"evn:"`},
		"mistyped, file":          {ref: "flie:planted", literal: true, err: `"flie:"`},
		"mistyped, files":         {ref: "files:planted", literal: true, err: `"files:"`},
		"capitals":                {ref: "SSM:/planted", literal: true, err: `"SSM:"`},
		"blank before":            {ref: " ssm:/planted", literal: true, err: `"ssm:"`},
		"blank before the colon":  {ref: "ssm :/planted", literal: true, err: `"ssm :"`},
		"ARN":                     {ref: "arn:aws:secretsmanager:eu-west-1:1:secret:planted", literal: true, err: `"arn:"`},
		"variable of Concourse":   {ref: "((planted))", literal: true, err: "nothing has filled in"},
		"variable of a shell":     {ref: "${PLANTED}", literal: true, err: "nothing has filled in"},
		"variable of a template":  {ref: "{{resolve:ssm:planted}}", literal: true, err: "nothing has filled in"},
		"literal, user and colon": {ref: "Basic dXNlcjo6cGFzcw==", want: "Basic dXNlcjo6cGFzcw==", literal: true},
		"literal, no word":        {ref: "e.n.v9:planted", want: "e.n.v9:planted", literal: true},
		"literal, word and colon": {ref: "hunter:2", want: "hunter:2", literal: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resolver := full
			if test.resolver != nil {
				resolver = test.resolver
			}
			value, literal, err := resolver.Resolve(t.Context(), test.ref)
			if value != test.want || literal != test.literal {
				t.Errorf("got %q, literal %t; want %q, literal %t", value, literal, test.want, test.literal)
			}
			if secret.IsReference(test.ref) == test.literal {
				t.Errorf("IsReference is %t", test.literal)
			}
			switch {
			case test.err == "" && err != nil:
				t.Errorf("unexpected error: %v", err)
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("error %v, want one with %q", err, test.err)
			case err != nil && strings.Contains(err.Error(), "planted"):
				t.Errorf("the error holds the secret's text: %v", err)
			}
		})
	}
}

func TestResolveReadsTheProcessEnvironment(t *testing.T) {
	t.Setenv("SECRET_TEST_VALUE", "here")
	value, literal, err := new(secret.Resolver).Resolve(t.Context(), "env:SECRET_TEST_VALUE")
	if value != "here" || literal || err != nil {
		t.Errorf("got %q, %t, %v", value, literal, err)
	}
}
