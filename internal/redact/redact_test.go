package redact_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/redact"
)

func TestURLs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"dial tcp 127.0.0.1:1: connection refused":                            "dial tcp 127.0.0.1:1: connection refused",
		`Get "https://b.s3.amazonaws.com/k?x-id=GetObject": EOF`:              `Get "https://b.s3.amazonaws.com/[redacted]": EOF`,
		`Get "http://u:hunter2@127.0.0.1:9000/hunter2?x=hunter2#hunter2"`:     `Get "http://127.0.0.1:9000/[redacted]"`,
		"Custom endpoint `http://u:hunter2@h:1` was not":                      "Custom endpoint `http://h:1` was not",
		"http://u:hun@hunter2@h/ and s3://KEY:hunter2@bucket/key":             "http://h and s3://bucket/[redacted]",
		"http://u:hun/hunter2@h/x":                                            "http://[redacted]",
		"http://u:hun?hunter2@h/x":                                            "http://[redacted]",
		"k?X-Amz-Signature=hunter2&X-Amz-Credential=hunter2%2Fx&a=b":          "k?X-Amz-Signature=[redacted]&X-Amz-Credential=[redacted]&a=b",
		"x-amz-security-token=hunter2 x":                                      "x-amz-security-token=[redacted] x",
		"https://b/k?X-Amz-Signature=hunter2 https://b/k?X-Amz-Expires=1":     "https://b/[redacted] https://b/[redacted]",
		"https://s3.eu-central-1.amazonaws.com":                               "https://s3.eu-central-1.amazonaws.com",
		"arn:aws:lambda:eu-west-1:123456789012:function:x and a://b:c (d) e.": "arn:aws:lambda:eu-west-1:123456789012:function:x and a://b:c (d) e.",
	} {
		if got := redact.URLs(text); got != want || strings.Contains(got, "hunter2") {
			t.Errorf("URLs(%s) = %s, want %s", text, got, want)
		}
	}
	if redact.Error(nil) != nil {
		t.Error("an error of nil")
	}
	if err := redact.Error(&fs.PathError{Op: "open", Path: "s3://u:hunter2@b/k", Err: fs.ErrNotExist}); !errors.Is(err, fs.ErrNotExist) || err.Error() != "open s3://b/[redacted]: file does not exist" {
		t.Errorf("error %q", err)
	}
}

// Nothing that stands before the last @, nor a query, comes through, and what is clean stays.
func FuzzURLs(f *testing.F) {
	f.Add("u:", "@", "h:1/x")
	f.Add("u:a/", "b@c@", "h")
	f.Add("a?", "#@", "@h/@")
	f.Fuzz(func(t *testing.T, before, middle, after string) {
		const planted = "hunter2hunter2"
		url := "https://" + before + planted + middle + "@" + after
		if strings.ContainsAny(url, " \t\r\n\f\v\"'`<>\u0085\u00a0") {
			return // that is not one URL
		}
		got := redact.URLs(url)
		if strings.Contains(got, planted) && !strings.Contains(after, "@") && !strings.Contains(strings.TrimPrefix(url, "https://"), "://") {
			t.Errorf("%q became %q", url, got)
		}
		if again := redact.URLs(got); again != got {
			t.Errorf("%q became %q, and that %q", url, got, again)
		}
	})
}
