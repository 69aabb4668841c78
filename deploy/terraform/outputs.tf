output "webhook_url" {
  description = "The URL for webhooks. Add the provider's name, as in .../github."
  value       = aws_lambda_function_url.webhook.function_url
}

output "config" {
  description = "Where the syncer publishes the config."
  value       = local.config
}

output "function_arns" {
  description = "For the syncer's --redeploy, and for the notification settings of buckets."
  value       = { for name, f in aws_lambda_function.this : name => f.arn }
}

output "retry_queue" {
  description = "For syncer dead ... retry --to."
  value       = aws_sqs_queue.retry.url
}

output "dead_queue" {
  description = "For syncer dead --queue."
  value       = aws_sqs_queue.dead.url
}

output "sync_policy" {
  description = "A policy in JSON for the syncer's user or role."
  value       = data.aws_iam_policy_document.sync.json
}
