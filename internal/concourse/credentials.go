package concourse

import (
	"errors"
	"log/slog"
)

// Credentials are one login: a user and password, or a client's id and secret, or a bearer token. The zero value is none.
type Credentials struct {
	// Username and Password are a local user's, or one's of the ATC's password connector.
	Username, Password string
	// ClientID and ClientSecret are those of an --add-client of the ATC. Its user is client:ID.
	ClientID, ClientSecret string
	// Token is a bearer token, without the word. It is used until the ATC refuses it.
	Token string
}

// Validate reports a login that is incomplete, or more than one.
func (c Credentials) Validate() error {
	kinds := 0
	if c.Username != "" || c.Password != "" {
		kinds++
		if c.Username == "" || c.Password == "" {
			return errors.New("a Concourse login needs both the user's name and the password")
		}
	}
	if c.ClientID != "" || c.ClientSecret != "" {
		kinds++
		if c.ClientID == "" || c.ClientSecret == "" {
			return errors.New("a Concourse login needs both the client's id and its secret")
		}
	}
	if c.Token != "" {
		kinds++
	}
	if kinds > 1 {
		return errors.New("more than one Concourse login: give a user and password, a client's id and secret, or a token")
	}
	return nil
}

// String names the login without its secrets, so that no printed struct holds them.
func (c Credentials) String() string {
	switch {
	case c.Username != "":
		return "user " + c.Username
	case c.ClientID != "":
		return "client " + c.ClientID
	case c.Token != "":
		return "a bearer token"
	}
	return "no login"
}

// GoString is String, for %#v.
func (c Credentials) GoString() string { return c.String() }

// LogValue is String, for slog.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c Credentials) isZero() bool { return c == Credentials{} }

func (c Credentials) secrets() []string { return []string{c.Password, c.ClientSecret, c.Token} }

// name is who logs in, for an error.
func (c Credentials) name() string {
	if c.ClientID != "" {
		return "client:" + c.ClientID // as the ATC calls it
	}
	return c.Username
}
