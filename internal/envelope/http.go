package envelope

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// proxyRequest is the part of a load balancer's or REST API's request that matters. A load balancer sends either the
// single-value or the multi-value fields, a REST API both.
type proxyRequest struct {
	Version           string              `json:"version"`  // "1.0" from an HTTP API, else ""
	Resource          string              `json:"resource"` // the matched route, from a REST API
	HTTPMethod        string              `json:"httpMethod"`
	Path              string              `json:"path"` // without the stage, except from an HTTP API
	PathParameters    map[string]string   `json:"pathParameters"`
	Headers           map[string]string   `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Query             map[string]string   `json:"queryStringParameters"`
	MultiValueQuery   map[string][]string `json:"multiValueQueryStringParameters"`
	RequestContext    struct {
		Stage string `json:"stage"`
	} `json:"requestContext"`
	Body            string `json:"body"`
	IsBase64Encoded bool   `json:"isBase64Encoded"`
}

// proxied reads a load balancer's or a REST API's request.
func (i *Invocation) proxied(payload []byte) Message {
	var in proxyRequest
	if err := provider.Decode("the "+string(i.Shape)+"'s request", payload, &in); err != nil {
		return Message{Err: err}
	}
	i.multiValue = i.Shape == ALB && in.Headers == nil && in.MultiValueHeaders != nil
	path := in.Path
	if in.Version == "1.0" {
		path = withoutStage(path, in.RequestContext.Stage)
	}
	req := &provider.Request{
		Method: in.HTTPMethod,
		Path:   belowRoute(path, in.Resource, in.PathParameters),
		Query:  in.query(i.Shape == ALB),
		Header: header(in.Headers, in.MultiValueHeaders),
	}
	return Message{HTTP: req, body: in.Body, isBase64: in.IsBase64Encoded}
}

// query makes the raw query. A load balancer passes on the parameters as they were sent, a REST API decodes them
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html, Respond to the load balancer).
func (in *proxyRequest) query(raw bool) string {
	values := url.Values{}
	for k, v := range in.Query {
		values[k] = []string{v}
	}
	maps.Copy(values, in.MultiValueQuery)
	if !raw {
		return values.Encode()
	}
	var pairs []string
	for _, k := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[k] {
			pairs = append(pairs, k+"="+v)
		}
	}
	return strings.Join(pairs, "&")
}

// httpAPIRequest is the part of a payload in format 2.0 that matters.
type httpAPIRequest struct {
	RouteKey       string            `json:"routeKey"` // "POST /{proxy+}", "$default"
	RawPath        string            `json:"rawPath"`
	RawQuery       string            `json:"rawQueryString"`
	PathParameters map[string]string `json:"pathParameters"`
	Headers        map[string]string `json:"headers"`
	RequestContext struct {
		Stage string `json:"stage"`
		HTTP  struct {
			Method string `json:"method"`
		} `json:"http"`
	} `json:"requestContext"`
	Body            string `json:"body"`
	IsBase64Encoded bool   `json:"isBase64Encoded"`
}

// httpAPI reads an HTTP API's or function URL's request. It has a header's values joined by commas.
func httpAPI(payload []byte) Message {
	var in httpAPIRequest
	if err := provider.Decode("the "+string(HTTPAPI)+"'s request", payload, &in); err != nil {
		return Message{Err: err}
	}
	path := withoutStage(in.RawPath, in.RequestContext.Stage)
	_, route, _ := strings.Cut(in.RouteKey, " ")
	req := &provider.Request{
		Method: in.RequestContext.HTTP.Method,
		Path:   belowRoute(path, route, in.PathParameters),
		Query:  in.RawQuery,
		Header: header(in.Headers, nil),
	}
	return Message{HTTP: req, body: in.Body, isBase64: in.IsBase64Encoded}
}

// mappingTemplate reads what the 2016 form's mapping template makes. Its strings are empty where a header was absent.
func mappingTemplate(fields map[string]json.RawMessage) Message {
	event, _ := text(fields["event"])
	signature, _ := text(fields["signature"])
	body, _ := text(fields["body"])
	h := http.Header{"Content-Type": {"application/json"}}
	if event != "" {
		h.Set("X-GitHub-Event", event)
	}
	switch {
	case strings.HasPrefix(signature, "sha256="):
		h.Set("X-Hub-Signature-256", signature)
	case signature != "":
		h.Set("X-Hub-Signature", signature)
	}
	return Message{HTTP: &provider.Request{Method: http.MethodPost, Path: "/", Header: h}, body: body}
}

// withoutStage cuts a named stage from the front of an HTTP API's path.
func withoutStage(path, stage string) string {
	rest, ok := strings.CutPrefix(path, "/"+stage)
	if stage == "" || stage == "$default" || !ok || rest != "" && rest[0] != '/' {
		return path
	}
	return rest
}

// belowRoute is the path below the endpoint's root. Where the API proxies all paths, that is the proxy parameter, which lacks
// the base path of a custom domain name.
func belowRoute(path, route string, parameters map[string]string) string {
	if proxy := strings.TrimPrefix(parameters["proxy"], "/"); route == "/{proxy+}" && strings.HasSuffix(path, "/"+proxy) {
		path = proxy
	}
	return "/" + strings.TrimPrefix(path, "/")
}

// header makes one header of both forms. The multi-value form is complete, so it wins.
func header(single map[string]string, multi map[string][]string) http.Header {
	h := make(http.Header, max(len(single), len(multi)))
	for _, k := range slices.Sorted(maps.Keys(multi)) {
		for _, v := range multi[k] {
			h.Add(k, v)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(single)) {
		if h.Values(k) == nil {
			h.Add(k, single[k])
		}
	}
	return h
}

func malformed(format string, args ...any) Message {
	return Message{Err: provider.Malformed(format, args...)}
}
