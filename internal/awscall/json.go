package awscall

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/retry"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

// maxAnswer is the most that is read of an answer in JSON, in bytes. No service used here answers as much.
const maxAnswer = 8 << 20

// Resolver makes a resolver that knows the environment, files and AWS.
func (c *Client) Resolver() *secret.Resolver {
	return &secret.Resolver{SSM: c.parameter, SecretsManager: c.secret}
}

// parameter gives the decrypted value of a parameter, by ARN or name, which may end in :VERSION or :LABEL
// (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html).
func (c *Client) parameter(ctx context.Context, name string) (string, error) {
	in := struct {
		Name           string
		WithDecryption bool
	}{name, true}
	var out struct{ Parameter *struct{ Value string } }
	err := c.json(ctx, ssmService, secret.Region(name, c.Region), "", "GetParameter", in, &out)
	if err == nil && out.Parameter == nil {
		err = errors.New("reading the parameter from Systems Manager: the answer holds none")
	}
	if err != nil {
		return "", err
	}
	return out.Parameter.Value, nil
}

// secret gives the current value of a secret, by name or ARN, as text
// (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html).
func (c *Client) secret(ctx context.Context, id string) (string, error) {
	in := struct {
		ID string `json:"SecretId"`
	}{id}
	var out struct {
		SecretString *string
		SecretBinary []byte
	}
	if err := c.json(ctx, secretsManager, secret.Region(id, c.Region), "", "GetSecretValue", in, &out); err != nil {
		return "", err
	}
	if out.SecretString == nil {
		return string(out.SecretBinary), nil
	}
	return *out.SecretString, nil
}

// Queue makes the client of a queue.
func (c *Client) Queue(region, endpoint string) retry.Call {
	if region == "" {
		region = c.Region
	}
	return func(ctx context.Context, operation string, in, out any) error {
		return c.json(ctx, sqsService, region, endpoint, operation, in, out)
	}
}

// json calls an operation in AWS's JSON protocol (https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html).
func (c *Client) json(ctx context.Context, s service, region, fallback, operation string, in, out any) error {
	base, _, err := c.endpoint(s, region, "", fallback)
	if err != nil {
		return err
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	header := http.Header{"X-Amz-Target": {s.target + operation}, "Content-Type": {"application/x-amz-json-" + s.json}}
	r := call{service: s, operation: operation, region: region, method: http.MethodPost, url: base + "/", header: header, body: body}
	return c.do(ctx, r, func(resp *http.Response) error {
		data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		if err != nil || len(data) == 0 { // DeleteMessage's answer is empty
			return err
		}
		if json.Unmarshal(data, out) != nil {
			return errors.New("the answer is not the JSON of AWS; is the endpoint right?") // it may hold a secret
		}
		return nil
	})
}
