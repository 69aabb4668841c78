package redeploy_test

import (
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:hook"
	for text, want := range map[string]redeploy.Function{
		"hook":                            {Name: "hook"},
		"hook:live":                       {Name: "hook", Alias: "live"},
		"hook:$LATEST":                    {Name: "hook"},
		"hook:v1":                         {Name: "hook", Alias: "v1"},
		"123456789012:function:hook":      {Name: "123456789012:function:hook"},
		"123456789012:function:hook:live": {Name: "123456789012:function:hook", Alias: "live"},
		arn:                               {Name: arn},
		arn + ":live":                     {Name: arn, Alias: "live"},
	} {
		if got, err := redeploy.Parse(text); err != nil || got != want {
			t.Errorf("%s: got %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "not of the form", "a b": "not of the form", "hook:": "not of the form", "hook/live": "not of the form",
		"arn:aws:s3:::bucket": "not of the form", "arn:aws:lambda:us-east-1:1:function:hook": "not of the form",
		"hook:7": "version 7 can't be changed", arn + ":12": "version 12 can't be changed",
	} {
		if got, err := redeploy.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v; want %q", text, got, err, want)
		}
	}
	if _, err := redeploy.ParseAll([]string{"hook:live", "hook", "hook:$LATEST"}); err == nil || !strings.Contains(err.Error(), "given twice") {
		t.Errorf("error %v, want the function that is given twice", err)
	}
}
