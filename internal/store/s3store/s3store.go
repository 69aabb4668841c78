// Package s3store keeps the config document in an object in S3, by the AWS SDK. It is separate from package store, whose users do not
// contain the SDK.
package s3store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/dpb587/concourse-resource-endpoints/internal/redact"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// S3 is a document in an object.
type S3 struct {
	store.Object

	client *s3.Client
}

var _ store.Store = (*S3)(nil)

// AWSConfig makes the AWS SDK's settings from a region and credentials. If those are empty, they come from the SDK's default
// chain (environment, profile, role).
func AWSConfig(ctx context.Context, region string, provider aws.CredentialsProvider) (aws.Config, error) {
	c, err := awsconfig.LoadDefaultConfig(ctx, func(o *awsconfig.LoadOptions) error {
		o.Region, o.DefaultRegion, o.Credentials = region, "us-east-1", provider
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("reading the AWS settings: %w", err)
	}
	c.APIOptions = append(c.APIOptions, redactErrors)
	return c, nil
}

// redactErrors takes what may be secret out of the URLs in the SDK's errors: an endpoint of the environment may hold a password.
func redactErrors(stack *middleware.Stack) error {
	clean := func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
		out middleware.InitializeOutput, metadata middleware.Metadata, err error,
	) {
		out, metadata, err = next.HandleInitialize(ctx, in)
		return out, metadata, redact.Error(err)
	}
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("RedactErrors", clean), middleware.Before)
}

// Open makes the store for a location, which package store describes. It reads nothing yet.
func Open(ctx context.Context, location string) (store.Store, error) {
	file, object, err := store.Parse(location)
	if err != nil || object == nil {
		return file, err
	}
	return open(ctx, *object)
}

// OpenObject is what an endpoint reads an object with. It reads nothing yet.
func OpenObject(ctx context.Context, l store.S3Location) (store.Loader, error) { return open(ctx, l) }

func open(ctx context.Context, l store.S3Location) (store.Store, error) {
	c, err := AWSConfig(ctx, l.Region, nil)
	if err != nil {
		return nil, err
	}
	return New(c, l), nil
}

// New makes the store for a location.
func New(c aws.Config, l store.S3Location) *S3 {
	client := s3.NewFromConfig(c, func(o *s3.Options) {
		if l.Endpoint != "" {
			o.BaseEndpoint = aws.String(l.Endpoint)
		}
		// Servers other than AWS's usually do not have a host name for each bucket.
		o.UsePathStyle = o.BaseEndpoint != nil || os.Getenv("AWS_ENDPOINT_URL_S3") != "" || os.Getenv("AWS_ENDPOINT_URL") != ""
	})
	return &S3{client: client, Object: store.NewObject(l)}
}

// Load gets the object, unless the caller already has it.
func (s *S3) Load(ctx context.Context, tag string) (store.Document, error) {
	ctx, cancel := s.Limit(ctx)
	defer cancel()
	in := &s3.GetObjectInput{Bucket: &s.Bucket, Key: &s.Key}
	if tag != "" {
		in.IfNoneMatch = &tag
	}
	out, err := s.client.GetObject(ctx, in)
	if err != nil {
		return store.Document{}, s.explain(ctx, "reading", err)
	}
	defer func() { _ = out.Body.Close() }()
	data, err := s.Read(out.Body)
	if err != nil {
		return store.Document{}, s.explain(ctx, "reading", err)
	}
	return store.Document{Data: data, Tag: aws.ToString(out.ETag)}, nil
}

// Publish puts the object with the condition that the current object is still the one that the caller read
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
func (s *S3) Publish(ctx context.Context, data []byte, tag string) (string, error) {
	if err := s.CheckSize(data); err != nil {
		return "", fmt.Errorf("publishing the config: %w", err)
	}
	ctx, cancel := s.Limit(ctx)
	defer cancel()
	in := &s3.PutObjectInput{
		Bucket: &s.Bucket, Key: &s.Key,
		Body:        bytes.NewReader(data),
		ContentType: aws.String("application/json"),
	}
	if tag == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = &tag
	}
	out, err := s.client.PutObject(ctx, in)
	if err != nil {
		err = s.explain(ctx, "publishing to", err)
		if errors.Is(err, store.ErrNotFound) { // the object to replace is gone
			err = fmt.Errorf("publishing to %s: %w", s, store.ErrConflict)
		}
		return "", err
	}
	return aws.ToString(out.ETag), nil
}

// explain takes from the SDK's error what says what happened.
func (s *S3) explain(ctx context.Context, doing string, err error) error {
	answer := store.Answer{Err: err}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		answer.Status, answer.Region = response.HTTPStatusCode(), response.Response.Header.Get("X-Amz-Bucket-Region")
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		answer.Code = api.ErrorCode()
	}
	return s.Explain(ctx, doing, answer)
}
