package concourse

import "fmt"

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

// Options are the client's, without URL and headers; resolve finds the values of references.
func (l Login) Options(resolve func(string) (string, error)) (o Options, err error) {
	resolved := func(name, ref string) string {
		if err != nil || ref == "" {
			return ""
		}
		value, rerr := resolve(ref)
		if rerr != nil {
			err = fmt.Errorf("%s: %w", name, rerr)
		}
		return value
	}
	o.Credentials = Credentials{
		Username: l.Username, Password: resolved("the password", l.Password),
		ClientID: l.ClientID, ClientSecret: resolved("the client's secret", l.ClientSecret),
		Token: resolved("the token", l.Token),
	}
	if l.CACert != "" {
		o.CACert = []byte(resolved("the CA certificate", "file:"+l.CACert))
	}
	o.Insecure = l.Insecure
	return o, err
}
