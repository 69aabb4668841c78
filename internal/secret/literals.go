package secret

import (
	"maps"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// Literals names the fields of a config that hold a secret itself, in place of a reference: "secret",
// "atc.headers.authorization", "main/app/source: webhook_token".
func Literals(c *config.Config) []string {
	var fields []string
	add := func(field, value string) {
		if value != "" && !IsReference(value) {
			fields = append(fields, field)
		}
	}
	add("secret", c.Secret)
	for _, name := range slices.Sorted(maps.Keys(c.ATC.Headers)) {
		if strings.EqualFold(name, "authorization") {
			add("atc.headers."+name, c.ATC.Headers[name])
		}
	}
	for i := range c.Checks {
		add(c.Checks[i].Name()+": webhook_token", c.Checks[i].WebhookToken)
	}
	return fields
}
