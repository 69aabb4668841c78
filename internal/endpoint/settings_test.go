package endpoint_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/endpoint"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/generic"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

// env is an environment.
type env map[string]string

func (e env) get(name string) string { return e[name] }

func TestFromEnv(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		env  env
		want endpoint.Settings
		err  string
	}{
		{
			name: "defaults", env: env{"CONFIG": "s3://bucket/key"},
			want: endpoint.Settings{Config: "s3://bucket/key", ConfigRefresh: time.Minute, Retry: endpoint.Retry{AnswerWithin: 2 * time.Second}},
		},
		{
			name: "all",
			env: env{
				"CONFIG": "config.json", "CONFIG_REFRESH": "5m30s", "ALLOW_UNSIGNED": "true", "DRY_RUN": "1", "LOG_LEVEL": "debug",
				"RETRY_QUEUE": "https://sqs/1/retry", "DEAD_QUEUE": "https://sqs/1/dead", "ANSWER_WITHIN": "1s",
				"SNS_TOPICS":           "arn:aws:sns:us-east-1:1:a, arn:aws:sns:us-east-1:1:b*",
				"PUBSUB_OIDC_AUDIENCE": "https://hooks/pubsub", "PUBSUB_OIDC_EMAIL": "a@p.iam, b@p.iam", "PUBSUB_OIDC_JWKS": "keys.json",
				"GENERIC_OIDC":  `[{"issuer":"https://gitlab.example.com","audience":"https://hooks","subjects":["project_path:g/*"],"also":["image:r/*"],"jwks":"keys.json"}]`,
				"CONCOURSE_URL": "https://ci", "CONFIG_REFERENCES": "env:A, ssm:/ci/",
				"CONCOURSE_USERNAME": "bot", "CONCOURSE_PASSWORD": "ssm:/ci/password", "CONCOURSE_CLIENT_ID": "robot",
				"CONCOURSE_CLIENT_SECRET": "env:X", "CONCOURSE_TOKEN": "t", "CONCOURSE_CA_CERT": "ca.pem", "CONCOURSE_INSECURE": "false",
			},
			want: endpoint.Settings{
				Config: "config.json", ConfigRefresh: 5*time.Minute + 30*time.Second, AllowUnsigned: true, DryRun: true, LogLevel: slog.LevelDebug,
				SNSTopics:  []string{"arn:aws:sns:us-east-1:1:a", "arn:aws:sns:us-east-1:1:b*"},
				Retry:      endpoint.Retry{Queue: "https://sqs/1/retry", Dead: "https://sqs/1/dead", AnswerWithin: time.Second},
				PubSubOIDC: endpoint.PubSubOIDC{Audience: []string{"https://hooks/pubsub"}, Email: []string{"a@p.iam", "b@p.iam"}, JWKS: "keys.json"},
				GenericOIDC: generic.Issuers{{
					Issuer: "https://gitlab.example.com", Audience: "https://hooks", Subjects: []string{"project_path:g/*"}, Also: []string{"image:r/*"}, JWKS: "keys.json",
				}},
				ConcourseURL: "https://ci", References: secret.Allowed{"env:A", "ssm:/ci/"},
				Login: concourse.Login{
					Username: "bot", Password: "ssm:/ci/password", ClientID: "robot", ClientSecret: "env:X", Token: "t", CACert: "ca.pem",
				},
			},
		},
		{name: "issuers", env: env{"CONFIG": "c", "GENERIC_OIDC": "github"}, err: "GENERIC_OIDC: reading the issuers: it is not JSON: see line 1, column 1"},
		{name: "no config", err: "CONFIG is not set: the config's location, s3://BUCKET/KEY or a file's path"},
		{name: "refresh", env: env{"CONFIG": "c", "CONFIG_REFRESH": "60"}, err: "CONFIG_REFRESH: it is not a duration such as 60s"},
		{name: "flag", env: env{"CONFIG": "c", "DRY_RUN": "maybe"}, err: "DRY_RUN: it is neither true nor false"},
		{name: "flag of the login", env: env{"CONFIG": "c", "CONCOURSE_INSECURE": "no"}, err: "CONCOURSE_INSECURE: it is neither true nor false"},
		{name: "level", env: env{"CONFIG": "c", "LOG_LEVEL": "loud"}, err: "LOG_LEVEL: it is none of debug, info, warn and error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := endpoint.FromEnv(tt.env.get)
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(endpoint.Settings{}, "Getenv")); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}
