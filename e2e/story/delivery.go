package story

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// GitHubPush is the push event that GitHub would send for a push
// (https://docs.github.com/en/webhooks/webhook-events-and-payloads#push).
func GitHubPush(p stack.Pushed) []byte {
	type commit struct {
		ID       string   `json:"id"`
		Message  string   `json:"message"`
		Distinct bool     `json:"distinct"`
		Added    []string `json:"added"`
		Removed  []string `json:"removed"`
		Modified []string `json:"modified"`
	}
	list := func(files []string) []string { return append([]string{}, files...) }
	commits := []commit{}
	for _, c := range p.Commits {
		commits = append(commits, commit{c.ID, c.Message, true, list(c.Added), list(c.Removed), list(c.Modified)})
	}
	body, err := json.Marshal(map[string]any{
		"ref": p.Ref, "before": p.Before, "after": p.After,
		"created": p.Before == stack.NoCommit, "deleted": p.After == stack.NoCommit, "forced": p.Forced,
		"commits": commits,
		"repository": map[string]any{
			"full_name": p.Repo, "default_branch": "main",
			"html_url":  "https://github.com/" + p.Repo,
			"clone_url": "https://github.com/" + p.Repo + ".git",
			"git_url":   "git://github.com/" + p.Repo + ".git",
			"ssh_url":   "git@github.com:" + p.Repo + ".git",
			"url":       "https://github.com/" + p.Repo,
		},
	})
	if err != nil {
		panic(err)
	}
	return body
}

// Sign is GitHub's signature of a body with the story's secret.
func Sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte(webhookSecret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// FunctionURL is the event that a function URL makes from a GitHub delivery
// (https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).
func FunctionURL(event, signature string, body []byte) []byte {
	payload, err := json.Marshal(map[string]any{
		"version": "2.0", "routeKey": "$default", "rawPath": "/github", "rawQueryString": "",
		"headers": map[string]string{
			"content-type": "application/json", "x-github-event": event, "x-github-delivery": "00000000-0000-0000-0000-000000000001",
			"x-hub-signature-256": signature,
		},
		"requestContext": map[string]any{
			"stage": "$default",
			"http":  map[string]string{"method": "POST", "path": "/github", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "GitHub-Hookshot/0000000"},
		},
		"body": string(body), "isBase64Encoded": false,
	})
	if err != nil {
		panic(err)
	}
	return payload
}

// Answer is a function URL's response, its body decoded.
type Answer struct {
	StatusCode int
	Body       struct {
		Status  string `json:"status"`
		Message string `json:"message"`
		Checks  struct {
			Success []string `json:"success"`
			Failure []string `json:"failure"`
		} `json:"checks"`
	}
	Raw string
}

// Deliver invokes the webhook function with a GitHub delivery.
func (s *Story) Deliver(ctx context.Context, event, signature string, body []byte) (Answer, error) {
	var a Answer
	raw, failed, err := s.Webhook.Invoke(ctx, FunctionURL(event, signature, body))
	if err != nil {
		return a, err
	}
	if failed != nil {
		return a, failed
	}
	var response struct {
		StatusCode int    `json:"statusCode"`
		Body       string `json:"body"`
	}
	if err := json.Unmarshal(raw, &response); err != nil {
		return a, fmt.Errorf("reading the response %s: %w", raw, err)
	}
	a.StatusCode, a.Raw = response.StatusCode, response.Body
	if err := json.Unmarshal([]byte(response.Body), &a.Body); err != nil {
		return a, fmt.Errorf("reading the answer %s: %w", response.Body, err)
	}
	return a, nil
}

// Notify invokes the notification function with what the S3 server posted.
func (s *Story) Notify(ctx context.Context, notification []byte) (Answer, error) {
	var a Answer
	raw, failed, err := s.Notification.Invoke(ctx, notification)
	if err != nil {
		return a, err
	}
	if failed != nil {
		return a, failed
	}
	a.StatusCode, a.Raw = 200, string(raw)
	if err := json.Unmarshal(raw, &a.Body); err != nil {
		return a, fmt.Errorf("reading the answer %s: %w", raw, err)
	}
	return a, nil
}

func mentions(notification []byte, key string) bool { return bytes.Contains(notification, []byte(key)) }
