package main_test

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

const configURL = "s3://configs/ci/config.json"

// bucket is an in-process server that speaks S3's API, with the bucket "configs".
type bucket struct {
	*httptest.Server
	backend gofakes3.Backend
}

func newBucket(t *testing.T) *bucket {
	t.Helper()
	b := &bucket{backend: s3mem.New()}
	if err := b.backend.CreateBucket("configs"); err != nil {
		t.Fatal(err)
	}
	b.Server = httptest.NewServer(gofakes3.New(b.backend).Server())
	t.Cleanup(b.Close)
	return b
}

// published is the published document's text; "" if there is none.
func (b *bucket) published(t *testing.T) string {
	t.Helper()
	object, err := b.backend.GetObject("configs", "ci/config.json", nil)
	if gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchKey) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = object.Contents.Close() }()
	data, err := io.ReadAll(object.Contents)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (b *bucket) publish(t *testing.T, text string) {
	t.Helper()
	if _, err := b.backend.DeleteObject("configs", "ci/config.json"); err != nil { // with its checksum
		t.Fatal(err)
	}
	_, err := b.backend.PutObject("configs", "ci/config.json", map[string]string{}, strings.NewReader(text), int64(len(text)), nil)
	if err != nil {
		t.Fatal(err)
	}
}

// source is a source with all required fields.
func source(a *atc, b *bucket) object {
	return object{
		"config_refresh": "0s",
		"concourse":      object{"url": a.URL, "username": "robot", "password": password},
		"config": object{
			"url": configURL, "region": "eu-central-1", "endpoint": b.URL,
			"access_key_id": "key", "secret_access_key": "planted-secret-key",
		},
	}
}
