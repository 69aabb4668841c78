# All buckets of this account may notify the function. Each bucket's own settings say whether it does.
resource "aws_lambda_permission" "s3" {
  statement_id   = "s3"
  function_name  = aws_lambda_function.this["notification"].function_name
  action         = "lambda:InvokeFunction"
  principal      = "s3.amazonaws.com"
  source_account = data.aws_caller_identity.current.account_id
}

# A check that comes later than Concourse's own next one is of no use.
resource "aws_lambda_function_event_invoke_config" "notification" {
  function_name                = aws_lambda_function.this["notification"].function_name
  maximum_event_age_in_seconds = 3600
  maximum_retry_attempts       = 2
}

resource "aws_cloudwatch_event_rule" "this" {
  count = var.eventbridge ? 1 : 0

  name        = var.name
  description = "Events that may concern a resource of Concourse."
  event_pattern = jsonencode({
    source = ["aws.s3", "aws.ecr", "aws.codecommit"]
    detail-type = [
      "Object Created",
      "ECR Image Action",
      "ECR Replication Action",
      "ECR Pull Through Cache Action",
      "CodeCommit Repository State Change",
    ]
  })
}

resource "aws_cloudwatch_event_target" "this" {
  count = length(aws_cloudwatch_event_rule.this)

  rule = aws_cloudwatch_event_rule.this[0].name
  arn  = aws_lambda_function.this["notification"].arn
}

resource "aws_lambda_permission" "eventbridge" {
  count = length(aws_cloudwatch_event_rule.this)

  statement_id  = "eventbridge"
  function_name = aws_lambda_function.this["notification"].function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.this[0].arn
}

resource "aws_lambda_event_source_mapping" "queue" {
  for_each = var.queue_arns

  event_source_arn        = each.value
  function_name           = aws_lambda_function.this["notification"].arn
  function_response_types = ["ReportBatchItemFailures"] # so that one bad message does not fail the others
}

resource "aws_sns_topic_subscription" "topic" {
  for_each = var.topic_arns

  topic_arn = each.value
  protocol  = "lambda"
  endpoint  = aws_lambda_function.this["notification"].arn
}

resource "aws_lambda_permission" "topic" {
  for_each = var.topic_arns

  statement_id  = "sns-${each.key}"
  function_name = aws_lambda_function.this["notification"].function_name
  action        = "lambda:InvokeFunction"
  principal     = "sns.amazonaws.com"
  source_arn    = each.value
}
