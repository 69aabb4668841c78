package main

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/aws"
)

// providerDoc is what the page says of a provider.
type providerDoc struct {
	// name is the provider's own, and dir the folder of its package below internal/provider.
	name, dir string
	title     string
	// authentic says in words what shows that a delivery is authentic. The code is asked about each header in backticks, and
	// about "the secret in the URL".
	authentic string
	// recognised are headers, each of which tells that a delivery is the provider's. One may have a value: "User-Agent: x".
	recognised []string
	// signed is what the provider signs, and replayed what comes of a delivery that is sent once more. Both are empty where
	// nothing is signed.
	signed, replayed string
	sends            []sender
}

// sender is a product whose deliveries the provider reads. The deliveries hold every event of the provider.
type sender struct {
	title      string
	deliveries []delivery
}

// delivery is one that its provider reads, and says what becomes of its event.
type delivery struct {
	// file is in the provider's testdata; body is the body where it is empty. In either, replace has texts and what to put in
	// their place, in turn.
	file, body string
	replace    []string
	// event is the value of the provider's EventHeader.
	event string
	// as is what the page calls the event, if not by its name. The note follows either.
	as, note string
}

const oneCheck = "one check"

// notification is the function that AWS invokes: no provider of HTTP, but it reads deliveries as one does.
var notification = provider.Provider{
	Name:  "notification",
	Parse: func(req *provider.Request) (provider.Delivery, error) { return aws.ParseNotification(req.Body) },
}

const snsOfS3 = `{"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message":
	"{\"Records\":[{\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"k\"}}}]}"}`

// providerDocs have an entry for each provider, in the order of the page.
var providerDocs = []providerDoc{
	{
		name: "github", dir: "github",
		title:      "GitHub: repository, organisation, App, Enterprise Server",
		authentic:  "`X-Hub-Signature-256` over the raw body; `X-Hub-Signature` only if that is missing",
		recognised: []string{"X-GitHub-Event"},
		signed:     "the body", replayed: oneCheck,
		sends: []sender{{"GitHub", []delivery{
			{file: "push.json", event: "push"},
			{file: "create.json", event: "create"},
			{file: "delete.json", event: "delete"},
			{file: "release.json", event: "release"},
			{file: "pull_request.json", event: "pull_request"},
			{file: "pull_request_review.json", event: "pull_request_review"},
			{file: "pull_request_review_comment.json", event: "pull_request_review_comment"},
			{file: "issue_comment.json", event: "issue_comment", note: "on a pull request"},
			{file: "package.json", event: "package", note: "of a container, without its tag"},
			{file: "registry_package.json", event: "registry_package", note: "the same"},
			{file: "status.json", event: "status"},
			{file: "repository_default_branch.json", event: "repository", note: "default branch edited, renamed, transferred, visibility"},
			{file: "public.json", event: "public"},
			{file: "gollum.json", event: "gollum", note: "of the wiki, NAME.wiki.git"},
		}}},
	},
	{
		name: "gitlab", dir: "gitlab",
		title:      "GitLab: project, group, system hooks",
		authentic:  "`X-Gitlab-Token`, or the signing token (`webhook-signature`, a secret that begins with `whsec_`)",
		recognised: []string{"X-Gitlab-Event"},
		signed:     "by a signing token: the body, an id, and the time when it was sent",
		replayed:   "refused after an hour. GitLab signs each try anew, and Resend too",
		sends: []sender{{"GitLab", []delivery{
			{file: "push.json"},
			{file: "tag_push.json"},
			{file: "system_repository_update.json"},
			{file: "system_project_rename.json", note: "on any host"},
			{file: "system_project_transfer.json", note: "the same"},
			{file: "system_project_update.json", note: "the same"},
			{file: "merge_request.json"},
			{file: "note_merge_request.json", note: "a comment on a merge request"},
			{file: "release.json"},
		}}},
	},
	{
		name: "bitbucket", dir: "bitbucket",
		title:      "Bitbucket Cloud, Server, Data Center",
		authentic:  "`X-Hub-Signature: sha256=`",
		recognised: []string{"X-Event-Key"},
		signed:     "the body", replayed: oneCheck,
		sends: []sender{
			{"Bitbucket Cloud", []delivery{
				{file: "cloud_push.json", event: "repo:push", note: "one per change"},
				{file: "cloud_pullrequest.json", event: "pullrequest:updated"},
				{file: "cloud_updated.json", event: "repo:updated", note: "with a new name"},
			}},
			{"Bitbucket Server", []delivery{
				{file: "server_push.json", event: "repo:refs_changed", note: "one per change"},
				{file: "server_pr.json", event: "pr:modified"},
				{file: "server_modified.json", event: "repo:modified", note: "renamed, moved to another project, visibility"},
			}},
		},
	},
	{
		name: "gitea", dir: "gitea",
		title:      "Gitea, Forgejo, Gogs",
		authentic:  "`X-Forgejo-Signature`, `X-Gitea-Signature` or `X-Gogs-Signature`",
		recognised: []string{"X-Forgejo-Event", "X-Gitea-Event", "X-Gogs-Event"},
		signed:     "the body", replayed: oneCheck,
		sends: []sender{{"Gitea, Forgejo, Gogs", []delivery{
			{file: "push.json", event: "push"},
			{file: "create.json", event: "create"},
			{file: "delete.json", event: "delete"},
			{file: "release.json", event: "release"},
			{file: "pull_request.json", event: "pull_request"},
			{file: "issue_comment.json", event: "issue_comment", note: "on a pull request"},
			{file: "package.json", event: "package", note: "of a container"},
		}}},
	},
	{
		name: "azure-devops", dir: "azuredevops",
		title:      "Azure DevOps",
		authentic:  "the password of basic authentication",
		recognised: []string{"User-Agent: VSServices/", "X-VSS-ActivityId"},
		sends: []sender{{"Azure DevOps", []delivery{
			{file: "push.json", note: "one per ref"},
			{file: "pullrequest_updated.json", replace: []string{"pullrequest.updated", "pullrequest.created"}},
			{file: "pullrequest_updated.json"},
			{file: "pullrequest_merged.json"},
			{file: "pullrequest_comment.json"},
		}}},
	},
	{
		name: "dockerhub", dir: "registry",
		title:     "Docker Hub",
		authentic: "the secret in the URL",
		sends:     []sender{{"Docker Hub", []delivery{{file: "dockerhub/push.json"}}}},
	},
	{
		name: "quay", dir: "registry",
		title:     "Quay",
		authentic: "the secret in the URL",
		sends:     []sender{{"Quay", []delivery{{file: "quay/push.json", note: "one per tag"}}}},
	},
	{
		name: "harbor", dir: "registry",
		title:     "Harbor",
		authentic: "the `Authorization` header, exactly; or the secret in the URL",
		sends: []sender{{"Harbor", []delivery{
			{file: "harbor/push.json", note: "one per resource"},
			{file: "harbor/cloudevent.json", note: "the same"},
		}}},
	},
	{
		name: "acr", dir: "registry",
		title:     "Azure Container Registry",
		authentic: "the `Authorization` header, exactly; or the secret in the URL",
		sends:     []sender{{"Azure Container Registry", []delivery{{file: "acr/push.json"}}}},
	},
	{
		name: "registry", dir: "registry",
		title:      "a registry of one's own (`registry:2`, `registry:3`): `notifications.endpoints`",
		authentic:  "`Authorization: Bearer`, or the whole header; or the secret in the URL",
		recognised: []string{"Content-Type: application/vnd.docker.distribution.events.v2+json"},
		sends: []sender{{"`registry:2`, `registry:3`", []delivery{
			{file: "registry/push.json", as: "`push` of a manifest", note: "every event of an envelope; on any host"},
		}}},
	},
	{
		name: "zot", dir: "registry",
		title:      "zot: the events extension with an HTTP sink",
		authentic:  "`Authorization: Bearer`, or the whole header; or the secret in the URL",
		recognised: []string{"Ce-Type: zotregistry.image.updated"},
		sends:      []sender{{"zot", []delivery{{file: "zot/push.json", event: "zotregistry.image.updated", note: "on any host"}}}},
	},
	{
		name: "event-grid", dir: "eventgrid",
		title:      "Azure Event Grid (Container Registry, Blob Storage), either schema",
		authentic:  "the secret in the URL, for the handshake too",
		recognised: []string{"Aeg-Event-Type", "WebHook-Request-Origin: eventgrid."},
		sends: []sender{{"Azure Event Grid", []delivery{
			{file: "image.json"},
			{file: "chart.json"},
			{file: "blob.json"},
		}}},
	},
	{
		name: "jfrog", dir: "registry",
		title:      "JFrog Artifactory",
		authentic:  "`X-JFrog-Event-Auth`: the secret, or an HMAC by it; or the secret in the URL",
		recognised: []string{"X-JFrog-Event-Auth"},
		signed:     "the body", replayed: oneCheck,
		sends: []sender{{"JFrog Artifactory", []delivery{
			{file: "jfrog/push.json"},
			{file: "jfrog/push.json", replace: []string{`"pushed"`, `"promoted"`}},
			{file: "jfrog/push.json", replace: []string{`"docker"`, `"oci"`}},
			{file: "jfrog/artifact.json", note: "deployed, cached, moved or copied"},
			{file: "jfrog/build.json", note: "and one that was deleted"},
		}}},
	},
	{
		name: "pubsub", dir: "registry",
		title:      "Google Pub/Sub (Container and Artifact Registry, Cloud Storage)",
		authentic:  "the subscription's token (`PUBSUB_OIDC_AUDIENCE`, `PUBSUB_OIDC_EMAIL`), or the secret in the URL",
		recognised: []string{"User-Agent: CloudPubSub-Google", "X-Goog-Pubsub-Message-Id"},
		sends: []sender{
			{"Cloud Storage", []delivery{{file: "pubsub/gcs.json"}}},
			{"Artifact Registry, Container Registry", []delivery{{file: "pubsub/gar.json"}}},
		},
	},
	{
		name: "s3", dir: "aws",
		title:     "S3 servers that post to a URL (versitygw, MinIO)",
		authentic: "the secret in the URL, or `Authorization: Bearer`",
		sends: []sender{{"S3 servers", []delivery{
			{file: "minio.json", as: "`s3:ObjectCreated:*`", note: "every record"},
		}}},
	},
	{
		name: "sns", dir: "aws",
		title: "Amazon SNS over HTTPS",
		authentic: "SNS's signature, and a topic that `SNS_TOPICS` lists or the secret in the URL; for raw messages, which have no " +
			"signature, the secret in the URL",
		recognised: []string{"X-Amz-Sns-Message-Type"},
		signed:     "the message, with the time when it was published",
		replayed: "refused after six hours. SNS itself [tries HTTP for an hour at " +
			"most](https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html), and other endpoints of customers for six",
		sends: []sender{{"Amazon SNS", []delivery{
			{body: snsOfS3, as: "a message with what the notification function takes"},
		}}},
	},
	{
		name: notification.Name, dir: "aws",
		title:     "S3, SNS, SQS, EventBridge (S3, ECR, CodeCommit) and its Pipes, CodeCommit triggers",
		authentic: "IAM says who may invoke it",
		sends: []sender{
			{"CodeCommit", []delivery{
				{file: "codecommit-updated.json", note: "`referenceCreated`, `referenceUpdated`, `referenceDeleted`"},
				{file: "codecommit-trigger.json", as: "a trigger"},
			}},
			{"S3", []delivery{
				{file: "s3-records.json", as: "`ObjectCreated:*`", note: "every record"},
				{file: "eventbridge-s3.json", note: "by EventBridge"},
				{file: "cloudtrail-s3.json", note: "by EventBridge: `PutObject`, `PostObject`, `CopyObject`, `CompleteMultipartUpload`"},
			}},
			{"ECR", []delivery{
				{file: "ecr-push.json", note: "of a push"},
				{file: "ecr-replication.json"},
				{file: "ecr-pull-through.json"},
			}},
		},
	},
	{
		name: "generic", dir: "generic",
		title:      "anything else",
		authentic:  "`X-Signature-256: sha256=` over the raw body; or the token of a GitHub Actions or GitLab CI job (`GENERIC_OIDC`)",
		recognised: []string{"X-Signature-256"},
		signed:     "the body", replayed: oneCheck,
		sends: []sender{{"anything (a list of these: `events`)", []delivery{
			{body: `{"repository":"https://git.example.com/o/r.git","ref":"main","files":["a"]}`, as: "`{\"repository\",\"ref\",\"files\"}`"},
			{body: `{"bucket":"b","key":"k"}`, as: "`{\"bucket\",\"key\"}`"},
			{body: `{"image":"registry.example.com/app","tag":"1"}`, as: "`{\"image\",\"tag\"}`"},
			{body: `{"check":"team/pipeline/resource"}`, as: "`{\"check\"}`"},
		}}},
	},
}
