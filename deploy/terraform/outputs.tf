output "webhook_url" {
  description = "Add the sender's name for its webhooks' URL, as in .../github."
  value       = aws_lambda_function_url.webhook.function_url
}

output "config" {
  description = "Where the syncer publishes to."
  value       = local.config
}

output "function_arns" {
  description = "For the syncer's redeploy, and for buckets' notification settings."
  value       = { for name, f in aws_lambda_function.this : name => f.arn }
}

output "sync_policy" {
  description = "A policy in JSON for the user or role that the syncer has."
  value       = data.aws_iam_policy_document.sync.json
}
