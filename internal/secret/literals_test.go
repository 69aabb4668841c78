package secret_test

import (
	"slices"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

func TestLiterals(t *testing.T) {
	t.Parallel()
	document := func(hook, header, authorization, token string) *config.Config {
		return &config.Config{
			Secret: hook, ATC: config.ATC{Headers: map[string]string{header: authorization, "x-proxy": "no secret"}},
			Checks: []config.Check{{Check: "app/source", WebhookToken: token}, {Check: "app/docs"}},
		}
	}
	for name, tt := range map[string]struct {
		config *config.Config
		want   []string
	}{
		"nothing secret": {new(config.Config), nil},
		"references":     {document("env:HOOK", "authorization", "file:/run/auth", "ssm:/ci/token"), nil},
		"all of them": {
			document("planted", "authorization", "Basic planted", "planted"),
			[]string{"secret", "atc.headers.authorization", "main/app/source: webhook_token"},
		},
		"a header in capitals":    {document("", "AUTHORIZATION", "Basic planted", ""), []string{"atc.headers.AUTHORIZATION"}},
		"a header as HTTP has it": {document("", "Authorization", "Basic planted", ""), []string{"atc.headers.Authorization"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := secret.Literals(tt.config); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
