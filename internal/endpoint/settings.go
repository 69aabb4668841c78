// Package endpoint builds a receiver from settings: the wiring that the server and the two Lambdas share.
package endpoint

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
)

// Settings are what an endpoint needs to know. The tags are the environment's names, and the flags' of the programs that
// have flags. Secrets are best given as references: env:NAME, file:PATH, ssm:NAME, secretsmanager:ID.
type Settings struct {
	Config        string          `name:"config" env:"CONFIG" placeholder:"FILE|s3://BUCKET/KEY" help:"Where the config is that the syncer publishes."`
	ConfigRefresh time.Duration   `name:"config-refresh" env:"CONFIG_REFRESH" default:"60s" help:"How old the config may get before it is looked at again."`
	Login         concourse.Login `embed:""`
	AllowUnsigned bool            `name:"allow-unsigned" env:"ALLOW_UNSIGNED" help:"Take deliveries of providers that no secret is configured for. Anybody may then cause checks."`
	SNSTopics     []string        `name:"sns-topic" env:"SNS_TOPICS" placeholder:"ARN" help:"A topic whose messages count when Amazon SNS posts them; * at the end stands for anything. Repeatable; with commas between in the environment."`
	DryRun        bool            `name:"dry-run" env:"DRY_RUN" help:"Say what would be checked, and post nothing."`
	LogLevel      slog.Level      `name:"log-level" env:"LOG_LEVEL" default:"info" help:"debug, info, warn or error; debug also logs the resources that are not checked, and why."`
	// Getenv finds the providers' secrets, NAME_WEBHOOK_SECRET and NAME_WEBHOOK_SECRET_OLD.
	Getenv func(string) string `kong:"-"`
}

// FromEnv reads the settings from the environment, for programs that have no flags.
func FromEnv(getenv func(string) string) (Settings, error) {
	s := Settings{Getenv: getenv}
	err := fill(reflect.ValueOf(&s).Elem(), getenv)
	if err == nil && s.Config == "" {
		err = errors.New("CONFIG is not set: the config's location, s3://BUCKET/KEY or a file's path")
	}
	return s, err
}

// fill sets the fields that have an env tag.
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

func set(field any, text string) (err error) {
	switch f := field.(type) {
	case *string:
		*f = text
	case *[]string:
		for one := range strings.SplitSeq(text, ",") {
			*f = append(*f, strings.TrimSpace(one))
		}
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
	default:
		panic(fmt.Sprintf("a setting of type %T", field))
	}
	return nil
}
