package resource

import (
	"maps"
	"slices"
	"strings"
)

// sourceFields are all fields of a type's source: those that decide, and those that decide nothing, such as credentials and what
// only the get and put steps use. Each list is from the resource's own code and README, with fields that it took before. artifactory,
// which is two resources, has none: it takes every field.
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
	// https://github.com/jtarchie/github-pullrequest-resource/blob/master/assets/lib and the history of its README.md
	jtarchieKind.name: fields(`repo access_token uri base base_url api_endpoint authorship_restriction ci_skip disable_forks every
		git_config ignore_paths label no_ssl_verify only_mergeable password paths private_key require_manual_approval require_review_approval
		skip_ssl_verification username`),
	// https://github.com/PixelAirIO/github-resource: github.go and kinds/*/types.go
	pixelAirType: fields(`kind access_token graphql_endpoint rest_endpoint host_endpoint repository disable_git_lfs skip_ssl_verification states
		labels target_branch exclude_drafts number depth submodules fetch_tags merge_strategy`),
	// pkg/models.go of samcontesse/gitlab-merge-request-resource, and scripts of swisscom/gitlab-merge-request-resource
	mergeRequestType: fields(`uri private_token insecure recursive skip_work_in_progress skip_not_mergeable skip_trigger_comment concourse_url
		pipeline_name labels target_branch source_branch sort paths ignore_paths ssh_keys no_ssl private_key username password
		skip_ssl_verification`),
	// https://github.com/dpb587/github-status-resource/blob/master/bin/common.sh
	"github-status": fields(`repository access_token branch context endpoint skip_ssl_verification`),
	// https://github.com/dpb587/bosh-release-resource/blob/master/api/source.go
	"bosh-release": fields(`uri branch name version dev_releases private_config private_key`),
	// https://github.com/dpb587/metalink-repository-resource/blob/master/api/source.go
	"metalink-repository": fields(`uri options skip_hash_verification skip_signature_verification signature_trust_store url_handlers mirror_files
		include_files exclude_files version filters`),
	// https://github.com/cloudfoundry-community/git-multibranch-resource/blob/master/assets
	"git-multibranch": fields(`uri branch branches ignore_branches paths ignore_paths private_key redis skip_ssl_verification`),
	// https://github.com/cloudoperators/concourse-oci-helm-chart-resource/blob/main/pkg/resource/types.go
	"oci-helm-chart": fields(`registry repository chart_name tag tag_regex created_at_sort auth_username auth_password`),
	// https://github.com/pivotal-cf/azure-blobstore-resource/blob/master/api/request.go
	"azure-blobstore": fields(`base_url storage_account_name storage_account_key container versioned_file regexp`),
	// https://github.com/ljfranklin/terraform-resource/tree/master/src/terraform-resource/models: source.go and terraform.go
	"terraform": fields(`storage migrated_from_storage env_name terraform_source vars var_files env delete_on_failure plan_only plan_run
		output_module import_files override_files module_override_files plugin_dir backend_type backend_config parallelism lock_timeout
		private_key`),
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
