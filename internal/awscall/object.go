package awscall

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// Object reads a document in an S3 object.
type Object struct {
	store.Object

	client *Client
}

var _ store.Loader = (*Object)(nil)

// Object is what an endpoint reads an object with. It reads nothing yet.
func (c *Client) Object(_ context.Context, l store.S3Location) (store.Loader, error) {
	if strings.HasSuffix(l.Bucket, "--x-s3") {
		return nil, fmt.Errorf("s3://%s/%s: it is in a directory bucket, which the functions can't read; put the config into a general purpose bucket", l.Bucket, l.Key)
	}
	return &Object{client: c, Object: store.NewObject(l)}, nil
}

// Load gets the object, unless the caller already has it.
func (o *Object) Load(ctx context.Context, tag string) (store.Document, error) {
	ctx, cancel := o.Limit(ctx)
	defer cancel()
	d, err := o.get(ctx, tag)
	var failed *Error
	switch {
	case err == nil:
		return d, nil
	case errors.As(err, &failed):
		return store.Document{}, o.Explain(ctx, "reading", store.Answer{Status: failed.Status, Code: failed.Code, Region: failed.Region, Err: err})
	}
	return store.Document{}, o.Explain(ctx, "reading", store.Answer{Err: err})
}

// get calls GetObject (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
func (o *Object) get(ctx context.Context, tag string) (d store.Document, err error) {
	region := cmp.Or(o.Region, o.client.Region)
	base, named, err := o.client.endpoint(s3Service, region, o.Endpoint, "")
	if err != nil {
		return d, err
	}
	header := http.Header{"X-Amz-Checksum-Mode": {"ENABLED"}}
	if tag != "" {
		header.Set("If-None-Match", tag)
	}
	err = o.client.do(ctx, call{
		service: s3Service, operation: "GetObject", region: region, method: http.MethodGet, url: objectURL(base, named, o.Bucket, o.Key),
		header: header, pathIsCanonical: true,
	}, func(resp *http.Response) (err error) {
		d.Tag = resp.Header.Get("ETag")
		if d.Data, err = o.Read(resp.Body); err == nil {
			err = checkSum(d.Data, resp.Header.Get("X-Amz-Checksum-Crc32"))
		}
		return err
	})
	return d, err
}

// checkSum compares a document with the sum that S3 has of it, which is what the syncer's SDK gave it. sum is "" where S3 has another
// one, and has a dash where it is not of the whole object
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
func checkSum(data []byte, sum string) error {
	if sum == "" || strings.Contains(sum, "-") {
		return nil
	}
	got := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(data))
	if base64.StdEncoding.EncodeToString(got) != sum {
		return errors.New("what arrived is not what S3 holds, by its CRC-32")
	}
	return nil
}
