# What Concourse does not take in time, until it does. The notification function reads it.
resource "aws_sqs_queue" "retry" {
  name                       = "${var.name}-retry"
  visibility_timeout_seconds = 6 * local.timeout # a message that stays in the queue gets its own
  message_retention_seconds  = 1209600           # 14 days
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 1000 # the function itself gives up after a day; times when it is throttled count here
  })
}

# What the notification function gave up, with the reasons: syncer dead --queue URL list
resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}-dead"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_lambda_event_source_mapping" "retry" {
  event_source_arn        = aws_sqs_queue.retry.arn
  function_name           = aws_lambda_function.this["notification"].arn
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = 2 # the least; in an outage, it leaves the function free for what is new
  }
}
