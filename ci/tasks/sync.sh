#!/bin/sh
# The script of sync.yml, which explains its inputs, outputs and params. The syncer itself reads the params that are not named
# here.
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
	# The put publishes, redeploys, asks what is new to check once, and holds back what would remove most of the checks.
	export CONFIG=synced/config.json NO_CATCH_UP=true FORCE_PUBLISH=true REDEPLOY=
	cp checks/version.json synced/
	if [ -e checks/published.json ]; then
		cp checks/published.json "$CONFIG" # what the plan is made against
	fi
	# With the status 3, the login can't read a team any more. The put says so, too, after it has published the rest.
	syncer sync --non-interactive || [ $? -eq 3 ]
	exit
fi
exec syncer sync --non-interactive
