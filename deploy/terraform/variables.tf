variable "name" {
  description = "What the functions, their roles and their logs are called."
  type        = string
  default     = "concourse-resource-endpoints"
}

variable "package_dir" {
  description = "The folder of the functions' zips: dist/lambda after make lambda."
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
  description = "The bucket that the syncer publishes the config to; null makes one."
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

variable "concourse_username" {
  description = "The local user that asks for the checks; null where the resources' webhook tokens are used."
  type        = string
  default     = null
}

variable "concourse_password" {
  description = "A reference to its password: ssm:NAME or secretsmanager:ID. Never the password itself."
  type        = string
  default     = null

  validation {
    condition     = var.concourse_password == null || can(regex("^(ssm|secretsmanager):.", var.concourse_password))
    error_message = "Give a reference, ssm:NAME or secretsmanager:ID; a literal would stand in the state."
  }
}

variable "webhook_secrets" {
  description = "References to the senders' secrets, by sender: github = \"ssm:/ci/github\". A second one that is live, while the first is replaced, goes by NAME_OLD in var.environment."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for r in values(var.webhook_secrets) : can(regex("^(ssm|secretsmanager):.", r))])
    error_message = "Give references, ssm:NAME or secretsmanager:ID; a literal would stand in the state."
  }
}

variable "secret_arns" {
  description = "The ARNs of what these references lead to (SSM parameters, Secrets Manager secrets), and of the KMS keys that are not AWS's own; the functions may read these and nothing else."
  type        = list(string)
  default     = []
}

variable "environment" {
  description = "More of the functions' environment, such as ALLOW_UNSIGNED or GITHUB_WEBHOOK_SECRET_OLD."
  type        = map(string)
  default     = {}
}

variable "eventbridge" {
  description = "Whether to take what S3 (in buckets that send to EventBridge), ECR and CodeCommit tell the default bus."
  type        = bool
  default     = true
}

variable "queue_arns" {
  description = "SQS queues of notifications to read, by a name of your own; their visibility timeout has to be a minute or more."
  type        = map(string)
  default     = {}
}

variable "topic_arns" {
  description = "SNS topics of notifications to subscribe to, by a name of your own."
  type        = map(string)
  default     = {}
}

variable "reserved_concurrency" {
  description = "How many of each function run at most; -1 sets no limit of their own."
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
  description = "Subnets to run in, where Concourse can be reached only from there. They need a way to S3 and to where the secrets are."
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  description = "The functions' security groups in the subnets."
  type        = list(string)
  default     = []
}
