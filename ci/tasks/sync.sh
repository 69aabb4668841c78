#!/bin/sh
# The script of sync.yml, which tells what it takes and gives.
set -eu
umask 077
work=$PWD # nothing but synced/ leaves it

set -- sync --non-interactive
if [ -n "$AWS_WEB_IDENTITY_TOKEN" ]; then
	printf %s "$AWS_WEB_IDENTITY_TOKEN" >"$work/token"
	export AWS_WEB_IDENTITY_TOKEN_FILE="$work/token"
fi
unset AWS_WEB_IDENTITY_TOKEN
if [ -n "$CA_CERT" ]; then
	printf '%s\n' "$CA_CERT" >"$work/ca.pem"
	export CONCOURSE_CA_CERT="$work/ca.pem"
fi
if [ -n "$VARS" ]; then
	printf '%s\n' "$VARS" >"$work/vars.yml" # JSON, and so YAML
	set -- "$@" --load-vars-from "$work/vars.yml"
fi
for alias in $REPOSITORY_ALIASES; do
	set -- "$@" --repository-alias "$alias"
done
for alias in $TYPE_ALIASES; do
	set -- "$@" --type-alias "$alias"
done
if [ "$INCLUDE_PAUSED" = true ]; then
	set -- "$@" --include-paused
fi

if [ -n "$CONFIG" ]; then
	for function in $(printf %s "$REDEPLOY" | sed 's/[]["]//g; s/,/ /g'); do # ["NAME","NAME"]
		set -- "$@" --redeploy "$function"
	done
else
	# The put publishes, asks what is new to check once, and redeploys.
	export CONFIG=synced/config.json
	set -- "$@" --no-catch-up
	cp checks/version.json synced/
	if [ -e checks/published.json ]; then
		cp checks/published.json "$CONFIG" # what the plan is made against
	fi
fi
exec syncer "$@"
