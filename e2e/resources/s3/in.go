package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// in downloads the version's object into dir under its base name.
func in(ctx context.Context, req request, dir string) (response, error) {
	input := &s3.GetObjectInput{Bucket: aws.String(req.Source.Bucket), Key: aws.String(req.Version.Path)}
	if req.Source.VersionedFile != "" {
		input.Key = aws.String(req.Source.VersionedFile)
		input.VersionId = aws.String(req.Version.VersionID)
	}
	key := aws.ToString(input.Key)
	object, err := client(req.Source).GetObject(ctx, input)
	if err != nil {
		return response{}, fmt.Errorf("getting %s of bucket %s: %w", key, req.Source.Bucket, err)
	}
	defer func() { _ = object.Body.Close() }()
	name := path.Base(key)
	if err := write(filepath.Join(dir, name), object.Body); err != nil {
		return response{}, err
	}
	return response{Version: *req.Version, Metadata: []metadata{{Name: "filename", Value: name}}}, nil
}

func write(name string, content io.Reader) error {
	file, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("creating %s: %w", name, err)
	}
	if _, err := io.Copy(file, content); err != nil {
		_ = file.Close()
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return file.Close()
}

// client speaks to the source's endpoint in path style, anonymously where the source has no key.
func client(src source) *s3.Client {
	region := src.RegionName
	if region == "" {
		region = "us-east-1"
	}
	options := s3.Options{Region: region, UsePathStyle: true, BaseEndpoint: endpoint(src)}
	if src.AccessKeyID != "" {
		options.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: src.AccessKeyID, SecretAccessKey: src.SecretAccessKey}, nil
		})
	}
	return s3.New(options)
}

func endpoint(src source) *string {
	switch {
	case src.Endpoint == "":
		return nil
	case strings.Contains(src.Endpoint, "://"):
		return aws.String(src.Endpoint)
	case src.DisableSSL:
		return aws.String("http://" + src.Endpoint)
	default:
		return aws.String("https://" + src.Endpoint)
	}
}
