package provider

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/url"
	"strings"
)

// AnyEqual reports whether given is one of the secrets, in constant time.
func AnyEqual(given string, secrets []string) bool {
	// Hashing first hides the length too.
	a, found := sha256.Sum256([]byte(given)), 0
	for _, s := range secrets {
		b := sha256.Sum256([]byte(s))
		found |= subtle.ConstantTimeCompare(a[:], b[:])
	}
	return found == 1
}

// URLSecret makes a Verify for a provider that signs nothing: the request's URL must hold one of the secrets, in the path
// after the provider's name, as /dockerhub/SECRET, or as the query's token, as /pubsub?token=SECRET. Such a secret may end
// up in the logs of proxies, so it should be long and used for nothing else.
func URLSecret(name string) func(*Request, []string) error {
	return func(req *Request, secrets []string) error {
		given := urlSecret(req, name)
		if given == "" {
			return Unauthorized("no secret in the URL: send to /%s/SECRET", name)
		}
		if !AnyEqual(given, secrets) {
			return Unauthorized("the secret in the URL is not right")
		}
		return nil
	}
}

// HeaderOrURLSecret makes a Verify that takes a secret as the header's whole value, or in the URL as URLSecret does.
func HeaderOrURLSecret(header, name string) func(*Request, []string) error {
	return func(req *Request, secrets []string) error {
		given := req.Header.Get(header)
		if given != "" && AnyEqual(given, secrets) {
			return nil
		}
		err := URLSecret(name)(req, secrets)
		if err != nil && given != "" {
			return Unauthorized("neither the %s header nor the URL holds the secret", header)
		}
		return err
	}
}

// BearerOrURLSecret makes a Verify that takes a secret as the Authorization header's bearer token or as its whole value, or in the URL
// as URLSecret does.
func BearerOrURLSecret(name string) func(*Request, []string) error {
	return func(req *Request, secrets []string) error {
		authorization := req.Header.Get("Authorization")
		token := authorization
		if scheme, rest, ok := strings.Cut(authorization, " "); ok && strings.EqualFold(scheme, "Bearer") {
			token = strings.TrimSpace(rest)
		}
		whole := AnyEqual(authorization, secrets)
		if AnyEqual(token, secrets) || whole {
			return nil
		}
		if authorization != "" && urlSecret(req, name) == "" {
			return Unauthorized("the Authorization header is not right: Bearer and the secret are expected")
		}
		return URLSecret(name)(req, secrets)
	}
}

func urlSecret(req *Request, name string) string {
	if secret := pathSecret(req.Path, name); secret != "" {
		return secret
	}
	// Where a part of the query can't be read, the rest counts.
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
