package concourse

import (
	"errors"
	"log/slog"
	"strings"
)

// Credentials are one login: a user with a password, or a client with a secret, or a bearer token. The zero value is no
// login.
type Credentials struct {
	// Username and Password are those of a local user, or of a user of the ATC's password connector.
	Username, Password string
	// ClientID and ClientSecret are those of the ATC's --add-client=ID:SECRET. In teams, its user is client:ID.
	ClientID, ClientSecret string
	// Token is a bearer token, without the word Bearer. It is used until the ATC refuses it.
	Token string
}

// Validate reports all that is wrong with the login, in one error: a part that is missing beside another, and more than one
// login. It calls the parts username, password, client_id, client_secret and token. No login at all is valid: checks may
// have webhook tokens.
func (c Credentials) Validate() error {
	var problems []string
	missing := func(name, value, beside, other string) {
		if value == "" && other != "" {
			problems = append(problems, name+" is missing beside "+beside)
		}
	}
	missing("username", c.Username, "password", c.Password)
	missing("password", c.Password, "username", c.Username)
	missing("client_id", c.ClientID, "client_secret", c.ClientSecret)
	missing("client_secret", c.ClientSecret, "client_id", c.ClientID)
	user, client := c.Username+c.Password != "", c.ClientID+c.ClientSecret != ""
	if user && client || (user || client) && c.Token != "" {
		problems = append(problems, "more than one login is given; give username and password, or client_id and client_secret, or token")
	}
	if len(problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(problems, "; "))
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

// name says who logs in, for an error.
func (c Credentials) name() string {
	if c.ClientID != "" {
		return "client:" + c.ClientID // the ATC's name for it
	}
	return c.Username
}
