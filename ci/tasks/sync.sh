#!/bin/sh
# The script of sync.yml, which says what it takes and gives. Params without a word here are the syncer's own variables.
set -eu
umask 077

if [ -n "$AWS_WEB_IDENTITY_TOKEN" ]; then
	printf %s "$AWS_WEB_IDENTITY_TOKEN" >token
	export AWS_WEB_IDENTITY_TOKEN_FILE="$PWD/token"
fi
unset AWS_WEB_IDENTITY_TOKEN
if [ -n "$CA_CERT" ]; then
	printf '%s\n' "$CA_CERT" >ca.pem
	export CONCOURSE_CA_CERT="$PWD/ca.pem"
fi
if [ -z "$CONFIG" ]; then
	# The put publishes, asks what is new to check once, and redeploys.
	export CONFIG=synced/config.json NO_CATCH_UP=true REDEPLOY=
	cp checks/version.json synced/
	if [ -e checks/published.json ]; then
		cp checks/published.json "$CONFIG" # what the plan is made against
	fi
fi
exec syncer sync --non-interactive
