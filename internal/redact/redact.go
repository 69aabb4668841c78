// Package redact takes the parts of URLs that may be secret out of texts that others wrote, such as the errors of the AWS SDK. A
// program's own errors do not hold them in the first place. (Package concourse, which knows the secrets themselves, looks for those.)
package redact

import (
	"regexp"
	"strings"
)

var (
	anyURL = regexp.MustCompile("[A-Za-z][A-Za-z0-9+.-]*://[^\\s\"'`<>]*[^\\s\"'`<>:]")
	// presigned are the query's fields of a presigned URL
	// (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html), wherever they stand.
	presigned = regexp.MustCompile("(?i)(X-Amz-(?:Signature|Credential|Security-Token))=[^&\\s\"'`<>]*")
)

const hidden = "[redacted]"

// URLs is a text with scheme and host only of each URL, and without the fields of presigned URLs.
func URLs(text string) string {
	text = anyURL.ReplaceAllStringFunc(text, func(url string) string {
		scheme, rest, _ := strings.Cut(url, "://")
		end := strings.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		host, after := rest[:end], rest[end:]
		if strings.Contains(after, "@") { // a password may hold a slash
			return scheme + "://" + hidden
		}
		if host = host[strings.LastIndexByte(host, '@')+1:]; after != "" && after != "/" {
			host += "/" + hidden
		}
		return scheme + "://" + host
	})
	return presigned.ReplaceAllString(text, "$1="+hidden)
}

// Error is an error with the text of err as URLs gives it, or nil.
func Error(err error) error {
	if err == nil {
		return nil
	}
	return &redacted{URLs(err.Error()), err}
}

type redacted struct {
	text string
	err  error
}

func (r *redacted) Error() string { return r.text }

func (r *redacted) Unwrap() error { return r.err }
