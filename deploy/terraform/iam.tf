data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = local.functions

  name               = "${var.name}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "this" {
  for_each = local.functions

  name   = "endpoint"
  role   = aws_iam_role.this[each.key].id
  policy = data.aws_iam_policy_document.this[each.key].json
}

locals {
  # The action that reads a secret, by the service in its ARN, arn:PARTITION:SERVICE:...
  secret_actions = {
    ssm            = "ssm:GetParameter"
    secretsmanager = "secretsmanager:GetSecretValue"
    kms            = "kms:Decrypt"
  }
  secrets = { for arn in var.secret_arns : split(":", arn)[2] => arn... }
}

# What each function may do: read the config and the secrets, write its log, and send to the retry queue. One of them may read the
# queues, too.
data "aws_iam_policy_document" "this" {
  for_each = local.functions

  statement {
    actions   = ["s3:GetObject"]
    resources = ["${local.bucket_arn}/${var.config_key}"]
  }

  statement { # without it, S3 answers for a missing config as for one that may not be read
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this[each.key].arn}:*"]
  }

  dynamic "statement" {
    for_each = local.secrets
    content {
      actions   = [local.secret_actions[statement.key]]
      resources = statement.value
    }
  }

  statement {
    actions = concat(["sqs:SendMessage"], each.key == "webhook" ? [] : [
      "sqs:ChangeMessageVisibility",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:ReceiveMessage",
    ])
    resources = [aws_sqs_queue.retry.arn]
  }

  dynamic "statement" {
    for_each = each.key == "notification" ? [true] : []
    content {
      actions   = ["sqs:SendMessage"]
      resources = [aws_sqs_queue.dead.arn]
    }
  }

  dynamic "statement" {
    for_each = each.key == "notification" && length(var.queue_arns) > 0 ? [true] : []
    content {
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
      resources = values(var.queue_arns)
    }
  }

  dynamic "statement" { # for these, no resource is known in advance
    for_each = length(var.subnet_ids) == 0 ? [] : [true]
    content {
      actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      resources = ["*"]
    }
  }
}

# What the syncer's user or role may do: publish the config, and make the functions start afresh with it.
data "aws_iam_policy_document" "sync" {
  statement {
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${local.bucket_arn}/${var.config_key}"]
  }

  statement {
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]
  }

  statement {
    actions = [
      "lambda:GetAlias",
      "lambda:GetFunctionConfiguration",
      "lambda:InvokeFunction",
      "lambda:PublishVersion",
      "lambda:UpdateAlias",
      "lambda:UpdateFunctionConfiguration",
    ]
    resources = flatten([for f in aws_lambda_function.this : [f.arn, "${f.arn}:*"]])
  }
}
