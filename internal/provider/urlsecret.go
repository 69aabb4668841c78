package provider

import (
	"net/url"
	"strings"
)

// VerifyURLSecret reports whether the request's URL holds one of the secrets, for senders that offer nothing better: in the
// path after the provider's name, as /dockerhub/SECRET, or as the query's token, as /pubsub?token=SECRET. Else it is an
// *UnauthorizedError. Such a secret may end up in the logs of proxies; let it be one of its own, and long.
func VerifyURLSecret(req *Request, name string, secrets []string) error {
	given := urlSecret(req, name)
	if given == "" {
		return Unauthorized("no secret in the URL: it is to be /%s/SECRET", name)
	}
	if !AnyEqual(given, secrets) {
		return Unauthorized("the secret in the URL is not right")
	}
	return nil
}

// VerifyHeaderOrURLSecret reports whether the header's whole value is one of the secrets, or the URL holds one; else it is an
// *UnauthorizedError.
func VerifyHeaderOrURLSecret(req *Request, header, name string, secrets []string) error {
	given := req.Header.Get(header)
	if given != "" && AnyEqual(given, secrets) {
		return nil
	}
	err := VerifyURLSecret(req, name, secrets)
	if err != nil && given != "" {
		return Unauthorized("the %s header is not the secret, nor is one in the URL", header)
	}
	return err
}

// HasURLSecret reports whether the URL has anything in a secret's place.
func HasURLSecret(req *Request, name string) bool { return urlSecret(req, name) != "" }

func urlSecret(req *Request, name string) string {
	if secret := pathSecret(req.Path, name); secret != "" {
		return secret
	}
	// Of a query that can't be read in full, what could be read counts.
	query, _ := url.ParseQuery(req.Query)
	return query.Get("token")
}

// pathSecret is the rest of the path after /name/, unescaped; "" where there is none.
func pathSecret(path, name string) string {
	secret, ok := strings.CutPrefix(path, "/"+name+"/")
	if !ok {
		return ""
	}
	secret = strings.TrimSuffix(secret, "/")
	if s, err := url.PathUnescape(secret); err == nil {
		return s
	}
	return secret
}
