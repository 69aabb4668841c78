package deploy_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// at is the node at a path of keys, or of indices of lists.
func at(t *testing.T, node *yaml.Node, path ...string) *yaml.Node {
	t.Helper()
	for _, key := range path {
		next := child(node, key)
		if i, err := strconv.Atoi(key); err == nil && node.Kind == yaml.SequenceNode && i < len(node.Content) {
			next = node.Content[i]
		}
		if next == nil {
			t.Fatalf("the template has no %s", strings.Join(path, " "))
		}
		node = next
	}
	return node
}

func number(t *testing.T, node *yaml.Node) int {
	t.Helper()
	n, err := strconv.Atoi(node.Value)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func sam(t *testing.T) *yaml.Node {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(read(t, samTemplate)), &document); err != nil {
		t.Fatal(err)
	}
	return document.Content[0]
}

// The retry queue hides what a function is at work on for six times its time-out
// (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html), keeps it for 14 days, and leaves it to the function to
// give up. A message that fails does not fail its batch.
func TestSAMRetryQueue(t *testing.T) {
	t.Parallel()
	template := sam(t)
	queue := at(t, template, "Resources", "RetryQueue", "Properties")
	timeout := number(t, at(t, template, "Globals", "Function", "Timeout"))
	if visibility := number(t, at(t, queue, "VisibilityTimeout")); visibility < 6*timeout {
		t.Errorf("VisibilityTimeout is %d, less than six times %d", visibility, timeout)
	}
	if n := number(t, at(t, queue, "RedrivePolicy", "maxReceiveCount")); n != 1000 {
		t.Errorf("maxReceiveCount is %d", n)
	}
	if target := at(t, queue, "RedrivePolicy", "deadLetterTargetArn"); target.Value != "DeadQueue.Arn" {
		t.Errorf("the dead-letter queue is %s", target.Value)
	}
	for _, name := range []string{"RetryQueue", "DeadQueue"} {
		if seconds := number(t, at(t, template, "Resources", name, "Properties", "MessageRetentionPeriod")); seconds != 14*24*60*60 {
			t.Errorf("%s keeps messages for %d s", name, seconds)
		}
	}
	mapping := at(t, template, "Resources", "FromRetryQueue", "Properties")
	for path, want := range map[string]string{"FunctionName": "Notification", "EventSourceArn": "RetryQueue.Arn"} {
		if got := at(t, mapping, path).Value; got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	if types := at(t, mapping, "FunctionResponseTypes"); len(types.Content) != 1 || types.Content[0].Value != "ReportBatchItemFailures" {
		t.Error("the function can't report which messages of a batch failed")
	}
	if got := at(t, template, "Globals", "Function", "Environment", "Variables", "RETRY_QUEUE").Value; got != "RetryQueue" {
		t.Errorf("RETRY_QUEUE is %s", got)
	}
	if got := at(t, template, "Resources", "Notification", "Properties", "Environment", "Variables", "DEAD_QUEUE").Value; got != "DeadQueue" {
		t.Errorf("DEAD_QUEUE is %s", got)
	}
}

// The functions may do with the queues what they do, and no more.
func TestSAMRetryRights(t *testing.T) {
	t.Parallel()
	template := sam(t)
	for role, want := range map[string][]string{
		"WebhookRole": {"RetryQueue.Arn sqs:SendMessage"},
		"NotificationRole": {
			"DeadQueue.Arn sqs:SendMessage", "RetryQueue.Arn sqs:ChangeMessageVisibility", "RetryQueue.Arn sqs:DeleteMessage",
			"RetryQueue.Arn sqs:GetQueueAttributes", "RetryQueue.Arn sqs:ReceiveMessage", "RetryQueue.Arn sqs:SendMessage",
		},
	} {
		var rights []string
		for _, policy := range at(t, template, "Resources", role, "Properties", "Policies").Content {
			if policy.Tag == "!If" {
				continue // other queues, whose rights have their own condition
			}
			for _, statement := range at(t, policy, "PolicyDocument", "Statement").Content {
				action := at(t, statement, "Action")
				actions := append([]*yaml.Node{action}, action.Content...)
				for _, action := range actions {
					if strings.HasPrefix(action.Value, "sqs:") {
						rights = append(rights, at(t, statement, "Resource").Value+" "+action.Value)
					}
				}
			}
		}
		slices.Sort(rights)
		if !slices.Equal(rights, want) {
			t.Errorf("%s may %q, want %q", role, rights, want)
		}
	}
}

// The module sets up the same.
func TestTerraformRetryQueue(t *testing.T) {
	t.Parallel()
	for file, lines := range map[string][]string{
		"terraform/retry.tf": {
			`visibility_timeout_seconds = 6 * local.timeout`, `maxReceiveCount     = 1000`, `deadLetterTargetArn = aws_sqs_queue.dead.arn`,
			`function_response_types = ["ReportBatchItemFailures"]`, `message_retention_seconds  = 1209600`, `message_retention_seconds = 1209600`,
			`event_source_arn        = aws_sqs_queue.retry.arn`,
		},
		"terraform/main.tf": {
			`timeout          = local.timeout`, `RETRY_QUEUE    = aws_sqs_queue.retry.url`,
			`each.key == "webhook" ? local.webhook_environment : { DEAD_QUEUE = aws_sqs_queue.dead.url }`,
		},
		"terraform/iam.tf": {
			`actions = concat(["sqs:SendMessage"], each.key == "webhook" ? [] : [`, `resources = [aws_sqs_queue.dead.arn]`,
			`"sqs:ChangeMessageVisibility"`, `"sqs:DeleteMessage"`, `"sqs:GetQueueAttributes"`, `"sqs:ReceiveMessage"`,
		},
	} {
		content := read(t, file)
		for _, line := range lines {
			if !strings.Contains(content, line) {
				t.Errorf("%s lacks %s", file, line)
			}
		}
	}
}
