terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.29" # the first with aws_lambda_permission.invoked_via_function_url
    }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  functions = {
    webhook      = "Takes webhooks and asks Concourse to check the resources that they concern."
    notification = "Takes notifications of S3, SNS, SQS and EventBridge and asks Concourse to check the resources that they concern."
  }
  zips = {
    for name in keys(local.functions) :
    name => "${var.package_dir}/${name}-${var.architecture == "x86_64" ? "amd64" : "arm64"}.zip"
  }

  bucket     = var.config_bucket == null ? aws_s3_bucket.config[0].bucket : var.config_bucket
  bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${local.bucket}"
  config     = "s3://${local.bucket}/${var.config_key}"

  environment = merge(
    {
      CONFIG         = local.config
      CONFIG_REFRESH = var.config_refresh
      CONCOURSE_URL  = var.concourse_url
      LOG_LEVEL      = var.log_level
      RETRY_QUEUE    = aws_sqs_queue.retry.url
    },
    length(var.config_references) == 0 ? {} : { CONFIG_REFERENCES = join(",", var.config_references) },
    var.concourse_username == null ? {} : { CONCOURSE_USERNAME = var.concourse_username },
    var.concourse_password == null ? {} : { CONCOURSE_PASSWORD = var.concourse_password },
    var.environment,
  )
  webhook_environment = merge(
    {
      for provider, reference in var.webhook_secrets :
      "${upper(replace(provider, "-", "_"))}_WEBHOOK_SECRET" => reference
    },
    length(var.generic_oidc) == 0 ? {} : { GENERIC_OIDC = jsonencode(var.generic_oidc) },
  )
  timeout = 60
}

resource "aws_lambda_function" "this" {
  for_each = local.functions

  function_name    = "${var.name}-${each.key}"
  description      = each.value
  role             = aws_iam_role.this[each.key].arn
  filename         = local.zips[each.key]
  source_code_hash = filebase64sha256(local.zips[each.key])
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  memory_size      = 256
  timeout          = local.timeout

  reserved_concurrent_executions = var.reserved_concurrency

  environment {
    variables = merge(local.environment, each.key == "webhook" ? local.webhook_environment : { DEAD_QUEUE = aws_sqs_queue.dead.url })
  }

  logging_config {
    log_format = "Text" # the lines are JSON already
    log_group  = aws_cloudwatch_log_group.this[each.key].name
  }

  dynamic "vpc_config" {
    for_each = length(var.subnet_ids) == 0 ? [] : [true]
    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = var.security_group_ids
    }
  }

  lifecycle {
    ignore_changes = [environment[0].variables["CONFIG_DIGEST"]] # the syncer sets it, so that the function starts afresh with a new config
  }

  depends_on = [aws_iam_role_policy.this]
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = local.functions

  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = var.log_retention_days
}

# --- where webhooks arrive: each delivery is verified with its provider's secret -------------------------------------

resource "aws_lambda_function_url" "webhook" {
  function_name      = aws_lambda_function.this["webhook"].function_name
  authorization_type = "NONE"
}

# A function URL needs both of these: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
resource "aws_lambda_permission" "url" {
  statement_id           = "url"
  function_name          = aws_lambda_function.this["webhook"].function_name
  action                 = "lambda:InvokeFunctionUrl"
  principal              = "*"
  function_url_auth_type = "NONE"
}

resource "aws_lambda_permission" "url_invoke" {
  statement_id             = "url-invoke"
  function_name            = aws_lambda_function.this["webhook"].function_name
  action                   = "lambda:InvokeFunction"
  principal                = "*"
  invoked_via_function_url = true
}

# --- where the config is ------------------------------------------------------------------------------------------------

resource "aws_s3_bucket" "config" {
  count = var.config_bucket == null ? 1 : 0

  bucket_prefix = "${substr(var.name, 0, 36)}-"
}

resource "aws_s3_bucket_public_access_block" "config" {
  count = length(aws_s3_bucket.config)

  bucket                  = aws_s3_bucket.config[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "config" {
  count = length(aws_s3_bucket.config)

  bucket = aws_s3_bucket.config[0].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "config" {
  count = length(aws_s3_bucket.config)

  bucket = aws_s3_bucket.config[0].id
  rule {
    id     = "old-configs"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }

  depends_on = [aws_s3_bucket_versioning.config]
}

data "aws_iam_policy_document" "config_bucket" {
  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket_arn, "${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "config" {
  count = length(aws_s3_bucket.config)

  bucket = aws_s3_bucket.config[0].id
  policy = data.aws_iam_policy_document.config_bucket.json

  depends_on = [aws_s3_bucket_public_access_block.config]
}
