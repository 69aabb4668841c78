// Package endpoint wires the steps of a delivery (provider, event, match, notify, Concourse) from settings: it is what the
// server and the two Lambdas share.
package endpoint

import (
	"encoding"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/generic"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

// Settings are what an endpoint needs to know. The tags name the environment variables, and the flags of the programs that
// have flags. A secret should be a reference: env:NAME, file:PATH, ssm:NAME, secretsmanager:ID.
type Settings struct {
	Config        string          `name:"config" env:"CONFIG" placeholder:"FILE|s3://BUCKET/KEY" help:"The config that the syncer publishes: a file, or an object in S3."`
	ConfigRefresh time.Duration   `name:"config-refresh" env:"CONFIG_REFRESH" default:"60s" help:"How old the config may get before the next delivery looks for a new one."`
	ConcourseURL  string          `name:"concourse-url" env:"CONCOURSE_URL" placeholder:"URL" help:"Concourse's external URL, such as https://ci.example.com. Needed with a login, which goes to no other. A config for another Concourse is refused."`
	Login         concourse.Login `embed:""`
	// References may stand in the config.
	References    secret.Allowed  `name:"config-references" env:"CONFIG_REFERENCES" placeholder:"REFERENCE" help:"A reference to a secret that the config may hold, such as env:HOOK_TOKEN; or a prefix of such, which ends with / or *: ssm:/ci/. Repeatable; in the environment, put commas between them."`
	AllowUnsigned bool            `name:"allow-unsigned" env:"ALLOW_UNSIGNED" help:"Take deliveries of providers that have no secret configured. Anybody who can reach the endpoint can then cause checks."`
	SNSTopics     []string        `name:"sns-topic" env:"SNS_TOPICS" placeholder:"ARN" help:"Take messages of this topic when Amazon SNS posts them to /sns. A * at the end matches anything. Repeatable; in the environment, put commas between topics."`
	PubSubOIDC    PubSubOIDC      `embed:""`
	GenericOIDC   generic.Issuers `name:"generic-oidc" env:"GENERIC_OIDC" placeholder:"JSON" help:"Take deliveries to /generic with a token of a GitHub Actions or GitLab CI job, about the job's own repository: a list of {\"issuer\":\"https://token.actions.githubusercontent.com\",\"audience\":\"https://HOST\",\"subjects\":[\"repo:acme/*\"]}. docs/support.md says more."`
	DryRun        bool            `name:"dry-run" env:"DRY_RUN" help:"Log and answer what would be checked, and post nothing to Concourse."`
	LogLevel      slog.Level      `name:"log-level" env:"LOG_LEVEL" default:"info" help:"How much to log: debug, info, warn or error. debug also logs the resources that are not checked, and why."`
	Retry         Retry           `kong:"-"`
	// Getenv finds the providers' secrets, NAME_WEBHOOK_SECRET and NAME_WEBHOOK_SECRET_OLD; os.Getenv where nil.
	Getenv func(string) string `kong:"-"`
}

// Retry says where a Lambda function keeps the checks that Concourse does not take, which nothing else has a use for: a server has a
// file. So there are no flags.
type Retry struct {
	// Queue and Dead are the URLs of two SQS queues: for what is tried again, and for what is given up.
	Queue string `env:"RETRY_QUEUE"`
	Dead  string `env:"DEAD_QUEUE"`
	// AnswerWithin is how long posts to Concourse, and then to the queue, may take before the function answers.
	AnswerWithin time.Duration `env:"ANSWER_WITHIN" default:"2s"`
}

// PubSubOIDC says which tokens of Pub/Sub's push subscriptions count.
type PubSubOIDC struct {
	Audience []string `name:"pubsub-oidc-audience" env:"PUBSUB_OIDC_AUDIENCE" placeholder:"URL" help:"Take deliveries of Google Pub/Sub to /pubsub with a token for this audience, which is the subscription's URL unless you set another. Needs --pubsub-oidc-email. Repeatable; in the environment, put commas between them."`
	Email    []string `name:"pubsub-oidc-email" env:"PUBSUB_OIDC_EMAIL" placeholder:"EMAIL" help:"The service account of the subscription, whose tokens count. Repeatable; in the environment, put commas between them."`
	JWKS     string   `name:"pubsub-oidc-jwks" env:"PUBSUB_OIDC_JWKS" placeholder:"URL|FILE" help:"Where Google's keys are, if not where https://accounts.google.com says: an https URL, or a file."`
}

// FromEnv reads the settings from the environment, for a program without flags.
func FromEnv(getenv func(string) string) (Settings, error) {
	s := Settings{Getenv: getenv}
	err := fill(reflect.ValueOf(&s).Elem(), getenv)
	if err == nil && s.Config == "" {
		err = errors.New("CONFIG is not set: the config's location, s3://BUCKET/KEY or a file's path")
	}
	return s, err
}

// fill sets the fields that have an env tag, to the variable's value or the tagged default.
func fill(v reflect.Value, getenv func(string) string) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Type.Kind() == reflect.Struct {
			if err := fill(v.Field(i), getenv); err != nil {
				return err
			}
			continue
		}
		name := field.Tag.Get("env")
		text := getenv(name)
		if text == "" {
			text = field.Tag.Get("default")
		}
		if name == "" || text == "" {
			continue
		}
		if err := set(v.Field(i).Addr().Interface(), text); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func list(text string) []string { return trimmed(strings.Split(text, ",")) }

// trimmed are the items without blanks around them, as after the commas of a variable, which the server's flags leave there.
func trimmed(items []string) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = strings.TrimSpace(item)
	}
	return out
}

func set(field any, text string) (err error) {
	switch f := field.(type) {
	case *string:
		*f = text
	case *[]string:
		*f = list(text)
	case *secret.Allowed:
		*f = list(text)
	case *bool:
		if *f, err = strconv.ParseBool(text); err != nil {
			return errors.New("it is neither true nor false")
		}
	case *time.Duration:
		if *f, err = time.ParseDuration(text); err != nil {
			return errors.New("it is not a duration such as 60s")
		}
	case *slog.Level:
		if err := f.UnmarshalText([]byte(text)); err != nil {
			return errors.New("it is none of debug, info, warn and error")
		}
	case encoding.TextUnmarshaler:
		return f.UnmarshalText([]byte(text))
	default:
		panic(fmt.Sprintf("a setting of type %T", field))
	}
	return nil
}
