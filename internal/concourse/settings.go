package concourse

import (
	"context"
	"fmt"
)

// Login says how to log in to Concourse, and what to trust. Without a login, checks are asked for with the resources' webhook
// tokens.
type Login struct {
	Username     string `name:"username" env:"CONCOURSE_USERNAME" help:"The local Concourse user to log in as. To ask for checks it needs the pipeline-operator role in their teams, to read pipelines the viewer role."`
	Password     string `name:"password" env:"CONCOURSE_PASSWORD" help:"The user's password, or a reference to it: env:NAME, file:PATH, ssm:NAME or secretsmanager:ID."`
	ClientID     string `name:"client-id" env:"CONCOURSE_CLIENT_ID" help:"The client to log in as, in place of a user: the ID of Concourse's --add-client=ID:SECRET."`
	ClientSecret string `name:"client-secret" env:"CONCOURSE_CLIENT_SECRET" help:"The client's secret, or a reference to it."`
	Token        string `name:"token" env:"CONCOURSE_TOKEN" help:"A bearer token to send in place of a log in, or a reference to it. It works until it expires."`
	CACert       string `name:"ca-cert" env:"CONCOURSE_CA_CERT" placeholder:"FILE" help:"A PEM file of certificate authorities to trust for Concourse, besides the system's."`
	Insecure     bool   `name:"insecure" env:"CONCOURSE_INSECURE" help:"Do not verify Concourse's certificate. Whoever is in between can then read the login."`
}

// Given reports whether there is a login, or a part of one.
func (l Login) Given() bool {
	return l.Username+l.Password+l.ClientID+l.ClientSecret+l.Token != ""
}

// Options are the client's, without URL and headers. resolve finds the value of a reference; it is called again when the ATC
// refuses the login, and then with fresh set, to find the value of this moment.
func (l Login) Options(ctx context.Context, resolve func(ctx context.Context, reference string, fresh bool) (string, error)) (o Options, err error) {
	credentials := func(ctx context.Context, fresh bool) (c Credentials, err error) {
		c = Credentials{Username: l.Username, ClientID: l.ClientID}
		for _, secret := range []struct {
			name, reference string
			value           *string
		}{{"the password", l.Password, &c.Password}, {"the client's secret", l.ClientSecret, &c.ClientSecret}, {"the token", l.Token, &c.Token}} {
			if secret.reference == "" {
				continue
			}
			if *secret.value, err = resolve(ctx, secret.reference, fresh); err != nil {
				return c, fmt.Errorf("%s: %w", secret.name, err)
			}
		}
		return c, nil
	}
	o = Options{Insecure: l.Insecure, Renew: func(ctx context.Context) (Credentials, error) { return credentials(ctx, true) }}
	if o.Credentials, err = credentials(ctx, false); err != nil {
		return o, err
	}
	if l.CACert != "" {
		var pem string
		if pem, err = resolve(ctx, "file:"+l.CACert, false); err != nil {
			return o, fmt.Errorf("the CA certificate: %w", err)
		}
		o.CACert = []byte(pem)
	}
	return o, nil
}
