package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/read"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
	"github.com/dpb587/concourse-resource-endpoints/internal/store/s3store"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// source is the resource's configuration.
type source struct {
	Concourse concourseSource
	// Config is where the config is published; nil if the resource only watches Concourse and does not publish.
	Config *configSource
	syncing.PipelineOptions
	syncing.RedeployOptions
}

// concourseSource is how to read the pipelines.
type concourseSource struct {
	URL          string `json:"url"`
	Username     string `json:"username"`
	Password     string `json:"password"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Token        string `json:"token"`
	// Teams are the teams to read; if empty, all in which the login has a role.
	Teams    []string `json:"teams"`
	Insecure bool     `json:"insecure"`
	// CACert is PEM text.
	CACert string `json:"ca_cert"`
}

// configSource is where the config is published. Without keys, the credentials come from the AWS SDK's default chain.
type configSource struct {
	// URL is s3://BUCKET/KEY.
	URL             string `json:"url"`
	Region          string `json:"region"`
	Endpoint        string `json:"endpoint"`
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
	SessionToken    string `json:"session_token"`

	location store.S3Location
}

func readSource(raw json.RawMessage) (source, error) {
	var s source
	// Decode the two objects separately, so that errors have the whole path of a field.
	fields := struct {
		Concourse json.RawMessage `json:"concourse"`
		Config    json.RawMessage `json:"config"`
		*syncing.PipelineOptions
		*syncing.RedeployOptions
	}{PipelineOptions: &s.PipelineOptions, RedeployOptions: &s.RedeployOptions}
	if err := decode("source", raw, &fields); err != nil {
		return s, err
	}
	if err := decode("source.concourse", fields.Concourse, &s.Concourse); err != nil {
		return s, err
	}
	s.Teams = slices.Concat(s.Teams, s.Concourse.Teams)
	if len(fields.Config) > 0 && string(fields.Config) != "null" {
		s.Config = new(configSource)
		if err := decode("source.config", fields.Config, s.Config); err != nil {
			return s, err
		}
	}
	return s, s.validate()
}

// validate reports all fields that are missing or contradict each other.
func (s *source) validate() error {
	errs := []error{s.Concourse.validate()}
	if s.Config != nil {
		errs = append(errs, s.Config.validate())
	} else if len(s.Redeploy) > 0 {
		errs = append(errs, errors.New("source.redeploy: it needs source.config, because functions are redeployed after publishing"))
	}
	_, settings := s.Settings(syncing.Field)
	_, functions := s.Functions(syncing.Field)
	_, refresh := s.Refresh(syncing.Field)
	return errors.Join(append(errs, settings, functions, refresh)...)
}

// validate reports what is wrong with the URL and the login.
func (c *concourseSource) validate() error {
	var errs []error
	if c.URL == "" {
		errs = append(errs, errors.New("source.concourse.url: it is missing; give the ATC's external URL"))
	}
	err := c.credentials().Validate()
	if err == nil && c.credentials() == (concourse.Credentials{}) {
		err = errors.New("a login is missing; give username and password, client_id and client_secret, or token")
	}
	if err != nil {
		errs = append(errs, fmt.Errorf("source.concourse: %w", err))
	}
	return errors.Join(errs...)
}

func (c *configSource) validate() error {
	if c.URL == "" {
		return errors.New("source.config.url: it is missing; give s3://BUCKET/KEY")
	}
	var err error
	if c.location, err = store.ParseS3(c.URL); err != nil || c.location.Region != "" || c.location.Endpoint != "" {
		return errors.New("source.config.url: it is not of the form s3://BUCKET/KEY; region and endpoint are fields of their own")
	}
	c.location.Endpoint = c.Endpoint
	if (c.AccessKeyID == "") != (c.SecretAccessKey == "") {
		return errors.New("source.config: access_key_id and secret_access_key are needed together, and one of them is missing")
	}
	if c.SessionToken != "" && c.AccessKeyID == "" {
		return errors.New("source.config.access_key_id: it is missing beside session_token")
	}
	return nil
}

// catchUpTime is how long a put catches up. What is left then is another version.
const catchUpTime = time.Minute

// open makes the syncer for a request. Its store is nil for a resource that only watches Concourse. A quick syncer reads only the
// list of pipelines if that shows no change (see read.Options).
func (r *request) open(ctx context.Context, quick bool) (*syncing.Syncer, error) {
	s := &r.Source
	syncer, err := syncing.Connect(s.Concourse.options(), s.PipelineOptions, syncing.Field, read.Options{Quick: quick})
	if err != nil {
		return nil, fmt.Errorf("source.concourse: %w", err)
	}
	syncer.Options, syncer.ForceHint = r.Params.PublishOptions, "To publish it anyway, set params.force"
	syncer.ForgetHint = "source.forget_teams"
	if s.Config == nil {
		return syncer, nil
	}
	awsConfig, err := s.Config.aws(ctx)
	if err != nil {
		return nil, err
	}
	syncer.Store = s3store.New(awsConfig, s.Config.location)
	if syncer.Refresh, err = s.Refresh(syncing.Field); err != nil {
		return nil, err
	}
	syncer.CatchUpTime = catchUpTime
	functions, err := s.Functions(syncing.Field)
	if len(functions) > 0 {
		syncer.RedeployTo(awsConfig, functions, s.Smoke)
	}
	return syncer, err
}

func (c *concourseSource) options() concourse.Options {
	return concourse.Options{URL: c.URL, Insecure: c.Insecure, CACert: []byte(c.CACert), Credentials: c.credentials()}
}

func (c *concourseSource) credentials() concourse.Credentials {
	return concourse.Credentials{
		Username: c.Username, Password: c.Password, ClientID: c.ClientID, ClientSecret: c.ClientSecret, Token: c.Token,
	}
}

func (c *configSource) aws(ctx context.Context) (aws.Config, error) {
	if c.AccessKeyID == "" {
		return s3store.AWSConfig(ctx, c.Region, nil)
	}
	return s3store.AWSConfig(ctx, c.Region, credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken))
}
