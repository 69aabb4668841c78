package concourse

import "fmt"

// Login is how to log in to Concourse, and how to reach it. Without one, checks use their resources' webhook tokens.
type Login struct {
	Username     string `name:"username" env:"CONCOURSE_USERNAME" help:"A local user's name."`
	Password     string `name:"password" env:"CONCOURSE_PASSWORD" help:"Its password, or a reference to it."`
	ClientID     string `name:"client-id" env:"CONCOURSE_CLIENT_ID" help:"A client's id, as of Concourse's --add-client."`
	ClientSecret string `name:"client-secret" env:"CONCOURSE_CLIENT_SECRET" help:"Its secret, or a reference to it."`
	Token        string `name:"token" env:"CONCOURSE_TOKEN" help:"A bearer token, or a reference to it."`
	CACert       string `name:"ca-cert" env:"CONCOURSE_CA_CERT" placeholder:"FILE" help:"A certificate authority to trust, in PEM."`
	Insecure     bool   `name:"insecure" env:"CONCOURSE_INSECURE" help:"Leave Concourse's certificate unverified."`
}

// Options are the client's, but for the URL and headers; resolve gives what references lead to.
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
