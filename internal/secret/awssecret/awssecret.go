// Package awssecret stands below package secret, beside the way of a delivery: it reads secrets from AWS Systems Manager and
// AWS Secrets Manager.
//
// It is separate so that a program without AWS does not contain the SDK.
package awssecret

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/dpb587/concourse-resource-endpoints/internal/redact"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

// Source reads secrets with the program's own AWS identity. It configures AWS at its first use, from the SDK's default chain
// (environment, shared files, instance), so a program without such references needs no AWS. The zero value is ready, and
// safe for use by several goroutines.
type Source struct {
	// Load configures AWS; config.LoadDefaultConfig where nil.
	Load func(context.Context) (aws.Config, error)

	mu     sync.Mutex
	loaded *aws.Config
}

// Resolver makes a resolver that knows the environment, files and AWS.
func Resolver() *secret.Resolver {
	s := new(Source)
	return &secret.Resolver{SSM: s.SSM, SecretsManager: s.SecretsManager}
}

// SSM gives the decrypted value of a parameter, by ARN or name, which may end in :VERSION or :LABEL. It needs
// ssm:GetParameter, and kms:Decrypt with the key of a SecureString.
func (s *Source) SSM(ctx context.Context, name string) (string, error) {
	cfg, err := s.config(ctx)
	if err != nil {
		return "", err
	}
	client := ssm.NewFromConfig(cfg, func(o *ssm.Options) { o.Region = secret.Region(name, o.Region) })
	out, err := client.GetParameter(ctx, &ssm.GetParameterInput{Name: &name, WithDecryption: aws.Bool(true)})
	if err != nil {
		return "", fmt.Errorf("reading the parameter from Systems Manager: %w", redact.Error(err))
	}
	if out.Parameter == nil {
		return "", errors.New("reading the parameter from Systems Manager: the answer holds none")
	}
	return aws.ToString(out.Parameter.Value), nil
}

// SecretsManager gives the current value of a secret, by name or ARN, as text. It needs secretsmanager:GetSecretValue, and
// kms:Decrypt with the secret's key, if it has one of its own.
func (s *Source) SecretsManager(ctx context.Context, id string) (string, error) {
	cfg, err := s.config(ctx)
	if err != nil {
		return "", err
	}
	client := secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) { o.Region = secret.Region(id, o.Region) })
	out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
	if err != nil {
		return "", fmt.Errorf("reading the secret from Secrets Manager: %w", redact.Error(err))
	}
	if out.SecretString == nil {
		return string(out.SecretBinary), nil
	}
	return *out.SecretString, nil
}

// config loads the configuration once. After a failure, the next use tries again.
func (s *Source) config(ctx context.Context) (aws.Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded != nil {
		return *s.loaded, nil
	}
	load := s.Load
	if load == nil {
		load = func(ctx context.Context) (aws.Config, error) { return config.LoadDefaultConfig(ctx) }
	}
	cfg, err := load(ctx)
	if err != nil {
		return aws.Config{}, fmt.Errorf("configuring AWS: %w", err)
	}
	s.loaded = &cfg
	return cfg, nil
}
