package resource

import (
	"maps"
	"slices"
	"strings"
)

// sourceFields are all fields of a type's source: those that decide, and those that decide nothing, such as credentials and what
// only the get and put steps use. Each list is from the resource's own code and README, with fields that it took before. A type
// without a list takes every field.
var sourceFields = map[string]map[string]bool{
	// https://github.com/concourse/git-resource/blob/master/assets/source_schema.json, and its pull request 474
	"git": fields(`uri branch private_key private_key_user private_key_passphrase forward_agent username password paths sparse_paths
		ignore_paths skip_ssl_verification tag_filter tag_regex tag_behaviour fetch_tags submodule_credentials git_config disable_ci_skip
		commit_verification_keys commit_verification_key_ids gpg_keyserver git_crypt_key https_tunnel commit_filter version_depth
		search_remote_refs debug version_type tag_filters tag_sort branch_filters branch_regex`),
	// https://github.com/concourse/s3-resource/blob/master/models.go
	"s3": fields(`access_key_id secret_access_key session_token aws_role_arn assume_role assume_role_arn bucket regexp versioned_file private
		region_name enable_aws_creds_provider cloudfront_url endpoint disable_ssl server_side_encryption sse_kms_key_id use_v2_signing
		skip_ssl_verification ca_bundle skip_download initial_version initial_path initial_content_text initial_content_binary
		disable_multipart disable_md5_hash_check use_path_style skip_s3_checksums checksum_algorithm`),
	// https://github.com/frodenas/gcs-resource/blob/master/models.go
	"gcs": fields(`json_key project bucket regexp versioned_file skip_download initial_version initial_path initial_content_text
		initial_content_binary`),
	// https://github.com/concourse/semver-resource/blob/master/models/models.go
	"semver": fields(`driver initial_version bucket key access_key_id secret_access_key assume_role_arn role_arn session_token region_name
		endpoint disable_ssl skip_ssl_verification server_side_encryption use_v2_signing skip_s3_checksums checksum_algorithm uri branch
		private_key username password file git_user commit_message openstack json_key token`),
	// https://github.com/concourse/registry-image-resource/blob/master/types.go
	"registry-image": fields(`repository insecure pre_releases pre_release_prefixes variant semver_constraint tag tag_regex created_at_sort
		annotation_regex label_regex username password aws_access_key_id aws_secret_access_key aws_session_token aws_region
		aws_ecr_registry_id aws_role_arn aws_role_arns aws_account_id azure_acr azure_auth_type azure_client_id azure_tenant_id
		azure_environment registry_mirror content_trust ca_certs platform debug`),
	// https://github.com/concourse/docker-image-resource/blob/master/README.md and cmd/check/models.go
	"docker-image": fields(`repository tag username password email additional_private_registries aws_access_key_id aws_secret_access_key
		aws_session_token insecure_registries registry_mirror ca_certs client_certs max_concurrent_downloads max_concurrent_uploads`),
	// https://github.com/concourse/github-release-resource/blob/master/resources.go
	"github-release": fields(`owner user repository github_api_url github_v4_api_url github_uploads_url access_token drafts pre_release release
		insecure asset_dir tag_filter order_by semver_constraint`),
	// https://github.com/concourse/pool-resource/blob/master/README.md
	"pool": fields(`uri branch pool private_key private_key_user private_key_passphrase username password git_config retry_delay https_tunnel
		forward_agent skip_ssl_verification`),
	// models.go of telia-oss/github-pr-resource and digitalocean/github-pr-resource; github.go, pr/models.go and prlist/models.go of
	// aoldershaw/github-pr-resource
	"pull-request":              fields(pullRequestFields),
	"digitalocean-pull-request": fields(pullRequestFields + ` preview_schema`),
	"pr":                        fields(pullRequestFields + ` number`),
	"prlist":                    fields(pullRequestFields + ` number`), // which has no say
}

const pullRequestFields = `repository access_token v3_endpoint v4_endpoint hosting_endpoint paths ignore_paths disable_ci_skip disable_git_lfs
	skip_ssl_verification disable_forks ignore_drafts git_crypt_key base_branch required_review_approvals labels states`

// ownFields are those of a resource itself, which stand in some sources by mistake (https://concourse-ci.org/resources.html). No
// resource type reads them there.
var ownFields = fields(`check_every check_timeout icon public webhook_token`)

func fields(names string) map[string]bool {
	set := make(map[string]bool)
	for name := range strings.FieldsSeq(names) {
		set[name] = true
	}
	return set
}

// Limits of what is kept of fields that are not known: their names are whatever a pipeline's author wrote.
const (
	maxUnknown     = 10
	maxUnknownName = 100 // bytes
)

// unknownFields are the source's fields that its type's rules don't know, in order. A later release of the resource may decide by
// them. A null counts as no field.
func unknownFields(typeName string, source Source) []string {
	known, listed := sourceFields[typeName]
	if !listed {
		return nil
	}
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(source)) {
		if source[name] == nil || known[name] || ownFields[name] {
			continue
		}
		if len(name) > maxUnknownName {
			name = strings.ToValidUTF8(name[:maxUnknownName], "") + "..."
		}
		if unknown = append(unknown, name); len(unknown) == maxUnknown {
			break
		}
	}
	return unknown
}
