variable "name" {
  description = "The name of the functions, their roles and their logs."
  type        = string
  default     = "concourse-resource-endpoints"
}

variable "package_dir" {
  description = "The folder with the functions' zips; make lambda writes them to dist/lambda."
  type        = string
}

variable "architecture" {
  description = "arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "The architecture is arm64 or x86_64."
  }
}

variable "config_bucket" {
  description = "The bucket that the syncer publishes the config to; null to make one."
  type        = string
  default     = null
}

variable "config_key" {
  description = "The config's key in the bucket."
  type        = string
  default     = "concourse/config.json"
}

variable "config_refresh" {
  description = "How old the config may get before the functions look at it again."
  type        = string
  default     = "60s"
}

variable "config_references" {
  description = "The references to secrets that the config may hold, such as ssm:/ci/hook-token for webhook tokens. A prefix of references ends with / or *."
  type        = list(string)
  default     = []
}

variable "concourse_url" {
  description = "Concourse's external URL, such as https://ci.example.com. The login goes to no other, and a config for another is refused."
  type        = string

  validation {
    condition     = can(regex("^https?://[^/@?#]+(/[^@?#]*)?$", var.concourse_url))
    error_message = "Give Concourse's external URL, such as https://ci.example.com."
  }
}

variable "concourse_username" {
  description = "The local user that asks for the checks; null to use the resources' webhook tokens."
  type        = string
  default     = null
}

variable "concourse_password" {
  description = "A reference to its password: ssm:NAME or secretsmanager:ID. Never the password itself."
  type        = string
  default     = null

  validation {
    condition     = var.concourse_password == null || can(regex("^(ssm|secretsmanager):.", var.concourse_password))
    error_message = "Give a reference, ssm:NAME or secretsmanager:ID. The secret itself would be in Terraform's state."
  }
}

variable "webhook_secrets" {
  description = "References to the providers' secrets, by provider: github = \"ssm:/ci/github\". While you replace one, keep the old one in var.environment as GITHUB_WEBHOOK_SECRET_OLD."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for r in values(var.webhook_secrets) : can(regex("^(ssm|secretsmanager):.", r))])
    error_message = "Give references, ssm:NAME or secretsmanager:ID. The secret itself would be in Terraform's state."
  }
}

variable "generic_oidc" {
  description = "Whose jobs of GitHub Actions or GitLab CI may send to /generic with their token, as docs/support.md says: { issuer = \"https://token.actions.githubusercontent.com\", audience = \"https://hooks.example.com\", subjects = [\"repo:acme/*\"] }."
  type = list(object({
    issuer   = string
    audience = string
    subjects = list(string)
    also     = optional(list(string), [])
    jwks     = optional(string, "")
  }))
  default = []
}

variable "secret_arns" {
  description = "The ARNs of the SSM parameters and Secrets Manager secrets that the references name, and of their KMS keys if these are not AWS's own. The functions may read these and nothing else."
  type        = list(string)
  default     = []
}

variable "environment" {
  description = "More of the functions' environment, such as ALLOW_UNSIGNED, GITHUB_WEBHOOK_SECRET_OLD or PUBSUB_OIDC_AUDIENCE."
  type        = map(string)
  default     = {}
}

variable "eventbridge" {
  description = "Whether to take the events of S3 (buckets that send to EventBridge), ECR and CodeCommit from the default bus."
  type        = bool
  default     = true
}

variable "queue_arns" {
  description = "ARNs of SQS queues of notifications to read, by names that you choose. Their visibility timeout must be a minute or more."
  type        = map(string)
  default     = {}
}

variable "topic_arns" {
  description = "ARNs of SNS topics of notifications to subscribe to, by names that you choose."
  type        = map(string)
  default     = {}
}

variable "reserved_concurrency" {
  description = "How many of each function run at most; -1 for no limit."
  type        = number
  default     = 5
}

variable "log_level" {
  description = "debug, info, warn or error."
  type        = string
  default     = "info"
}

variable "log_retention_days" {
  description = "How long the logs are kept, in days."
  type        = number
  default     = 30
}

variable "subnet_ids" {
  description = "Subnets to run in, where Concourse can be reached only from there. They need a way to S3, to SQS and to where the secrets are."
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  description = "The functions' security groups in the subnets."
  type        = list(string)
  default     = []
}
