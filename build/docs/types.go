package main

// typeDoc is what the page says of a resource type. What it watches, and which events it decides on, the type itself tells.
type typeDoc struct {
	name string
	// found are the words for the fields by which events find the resource, and decided for those by which the rules decide.
	// In backticks are fields of the source, or openstack.container for one inside another; the type is asked about each.
	found, decided string
	// sources are JSON, and each named field is in one of them where it makes a difference.
	sources []string
}

// typeDocs have an entry for each type, in the order of the page.
var typeDocs = []typeDoc{
	{
		name:  "git",
		found: "`uri` (any form of URL; `git_config` with `insteadOf`)",
		decided: "`branch` (unset: the default branch; may name a tag), `paths`, `ignore_paths` as git and the shell read them, " +
			"`tag_filter`, `tag_regex`, `tag_behaviour`, `disable_ci_skip`; `version_type` with `tag_filters`, `branch_filters`, `branch_regex`",
		sources: []string{
			`{"uri": "https://git.example.com/o/r.git", "branch": "main", "paths": ["a"], "ignore_paths": ["a/b"], "disable_ci_skip": true,
				"git_config": [{"name": "url.https://mirror.example.com/.insteadOf", "value": "https://git.example.com/"}]}`,
			`{"uri": "https://git.example.com/o/r.git", "branch": "main", "tag_filter": "v*", "tag_behaviour": "match_tag_ancestors"}`,
			`{"uri": "https://git.example.com/o/r.git", "tag_regex": "^v"}`,
			`{"uri": "https://git.example.com/o/r.git", "version_type": "tags", "tag_filters": ["v*"]}`,
			`{"uri": "https://git.example.com/o/r.git", "version_type": "branches", "branch_filters": ["release/*"]}`,
			`{"uri": "https://git.example.com/o/r.git", "version_type": "branches", "branch_regex": "^release/"}`,
		},
	},
	{
		name:    "s3",
		found:   "`bucket`",
		decided: "`regexp`, `versioned_file`; Google's `endpoint`",
		sources: []string{
			`{"bucket": "b", "regexp": "a-(.*).tgz", "endpoint": "https://storage.googleapis.com"}`,
			`{"bucket": "b", "versioned_file": "a.tgz"}`,
		},
	},
	{
		name:    "semver",
		found:   "`bucket`, `uri` or `openstack.container`, by `driver`",
		decided: "`key`; `branch` and `file`; `openstack.item_name`; Google's `endpoint`",
		sources: []string{
			`{"driver": "s3", "bucket": "b", "key": "version", "endpoint": "https://storage.googleapis.com"}`,
			`{"driver": "git", "uri": "https://git.example.com/o/r.git", "branch": "main", "file": "version"}`,
			`{"driver": "swift", "openstack": {"container": "c", "item_name": "version"}}`,
		},
	},
	{
		name:    "registry-image",
		found:   "`repository` (ECR: `aws_region`, `aws_account_id`; `registry_mirror`)",
		decided: "`tag`, `tag_regex`, `semver_constraint`, `variant`, `pre_releases`, `pre_release_prefixes`",
		sources: []string{
			`{"repository": "app", "tag": "1", "registry_mirror": {"host": "mirror.example.com"}}`,
			`{"repository": "app", "tag_regex": "^v", "aws_region": "us-east-1", "aws_account_id": "123456789012"}`,
			`{"repository": "o/app", "semver_constraint": ">= 1", "variant": "alpine", "pre_releases": true, "pre_release_prefixes": ["rc"]}`,
		},
	},
	{
		name:    "docker-image",
		found:   "`repository` (`registry_mirror`)",
		decided: "`tag`",
		sources: []string{`{"repository": "o/app", "tag": "1", "registry_mirror": "https://mirror.example.com"}`},
	},
	{
		name:    "github-release",
		found:   "`owner` or `user`, `repository`, `github_api_url`",
		decided: "`drafts`, `pre_release`, `release`",
		sources: []string{
			`{"owner": "o", "repository": "r", "github_api_url": "https://git.example.com/api/v3/", "drafts": true, "pre_release": true, "release": true}`,
			`{"user": "o", "repository": "r"}`,
		},
	},
	{
		name:    "artifactory",
		found:   "`build_name`; or the first part of `repository`, which must not be a virtual one",
		decided: "`build_number_prefix`; the folder in `repository`",
		sources: []string{
			`{"build_name": "b", "build_number_prefix": "1."}`,
			`{"endpoint": "https://art.example.com", "repository": "/local/folder", "regex": "a-(.*)"}`,
		},
	},
	{
		name:    "azure-blobstore",
		found:   "`storage_account_name`, `container`",
		decided: "`regexp`, `versioned_file`",
		sources: []string{
			`{"storage_account_name": "a", "container": "c", "regexp": "a-(.*).tgz"}`,
			`{"storage_account_name": "a", "container": "c", "versioned_file": "a.tgz"}`,
		},
	},
	{
		name: "terraform",
		found: "`backend_config.bucket`, or `backend_config.storage_account_name` and `backend_config.container_name`, by `backend_type` " +
			"(s3, gcs, azurerm; the others tell nobody of a new state); `storage.bucket`, `migrated_from_storage.bucket`",
		decided: "`env_name`, `backend_config.key`, `backend_config.workspace_key_prefix`, `backend_config.prefix`, `storage.bucket_path`; Google's endpoint",
		sources: []string{
			`{"backend_type": "s3", "backend_config": {"bucket": "b", "key": "k", "workspace_key_prefix": "p"}, "env_name": "e"}`,
			`{"backend_type": "gcs", "backend_config": {"bucket": "b", "prefix": "p"}, "env_name": "e"}`,
			`{"backend_type": "azurerm", "backend_config": {"storage_account_name": "a", "container_name": "c", "key": "k"}}`,
			`{"storage": {"bucket": "b", "bucket_path": "p"}, "env_name": "e"}`,
			`{"backend_type": "s3", "backend_config": {"bucket": "b", "key": "k"}, "migrated_from_storage": {"bucket": "o", "bucket_path": "p"}, "env_name": "e"}`,
		},
	},
	{
		name:    "bosh-release",
		found:   "`uri`",
		decided: "`branch`, `dev_releases`; without the latter, what is below the folders releases and config",
		sources: []string{`{"uri": "https://git.example.com/o/r.git", "branch": "main"}`, `{"uri": "https://git.example.com/o/r.git", "dev_releases": true}`},
	},
	{
		name:    "metalink-repository",
		found:   "the repository, or the bucket of S3, in `uri`",
		decided: "the branch and the folder in `uri`",
		sources: []string{`{"uri": "git+https://git.example.com/o/r.git//folder#main"}`, `{"uri": "s3://s3.amazonaws.com/b/folder"}`},
	},
	{
		name:    "git-multibranch",
		found:   "`uri`",
		decided: "`branch`, `branches`, `ignore_branches`",
		sources: []string{
			`{"uri": "https://git.example.com/o/r.git", "branch": "main"}`,
			`{"uri": "https://git.example.com/o/r.git", "branches": "release/.*", "ignore_branches": "release/0"}`,
		},
	},
	{
		name:    "oci-helm-chart",
		found:   "`registry`, `repository`, `chart_name`",
		decided: "`tag`, `tag_regex`",
		sources: []string{
			`{"registry": "registry.example.com", "repository": "charts", "chart_name": "app", "tag": "1"}`,
			`{"registry": "registry.example.com", "repository": "charts", "chart_name": "app", "tag_regex": "^v"}`,
		},
	},
	{
		name:    "github-status",
		found:   "`repository`, `endpoint`",
		decided: "`context`, `branch` (may be a pull request's: `pull/7/head`)",
		sources: []string{
			`{"repository": "o/r", "context": "ci", "branch": "pull/7/head"}`,
			`{"repository": "o/r", "endpoint": "https://git.example.com/api/v3"}`,
		},
	},
	{
		name:    "pool",
		found:   "`uri` (`git_config` with `insteadOf`)",
		decided: "`branch`, `pool` as the shell splits it and git reads it",
		sources: []string{`{"uri": "https://git.example.com/o/r.git", "branch": "main", "pool": "p",
			"git_config": [{"name": "url.https://mirror.example.com/.insteadOf", "value": "https://git.example.com/"}]}`},
	},
	{
		name:    "gcs",
		found:   "`bucket`",
		decided: "`regexp`, `versioned_file`",
		sources: []string{`{"bucket": "b", "regexp": "a-(.*).tgz"}`, `{"bucket": "b", "versioned_file": "a.tgz"}`},
	},
	{
		name:    "pull-request",
		found:   "`repository`, `v3_endpoint`, `hosting_endpoint`",
		decided: "`base_branch`, `states`",
		sources: pullRequestSources,
	},
	{
		name:    "digitalocean-pull-request",
		found:   "`repository`, `v3_endpoint`, `hosting_endpoint`",
		decided: "`base_branch`, `states`, and `[build ci]` comments",
		sources: pullRequestSources,
	},
	{
		name:    "jtarchie-pull-request",
		found:   "`repo`, `api_endpoint`",
		decided: "`base`, `only_mergeable`",
		sources: []string{`{"repo": "o/r"}`, `{"repo": "o/r", "api_endpoint": "https://git.example.com/api/v3", "base": "main", "only_mergeable": true}`},
	},
	{
		name:    "pixelair-github",
		found:   "`repository`, `host_endpoint`, `rest_endpoint`",
		decided: "`kind` (prs, pr, commits-from-prs), `target_branch`, `states`, `number`",
		sources: []string{
			`{"kind": "prs", "repository": "o/r", "target_branch": "main"}`,
			`{"kind": "commits-from-prs", "repository": "o/r", "states": ["MERGED"]}`,
			`{"kind": "pr", "repository": "o/r", "number": 7, "host_endpoint": "https://git.example.com"}`,
			`{"kind": "pr", "repository": "o/r", "number": 7, "rest_endpoint": "https://git.example.com/api/v3"}`,
		},
	},
	{
		name:    "gitlab-merge-request",
		found:   "`uri`",
		decided: "`target_branch`; `[trigger ci]` comments unless `skip_trigger_comment`; `skip_not_mergeable`",
		sources: []string{`{"uri": "https://git.example.com/o/r.git", "target_branch": "main", "skip_trigger_comment": true, "skip_not_mergeable": true}`},
	},
	{
		name:    "pr",
		found:   "`repository`, `v3_endpoint`, `hosting_endpoint`",
		decided: "`number`, or `base_branch`; closing and retargeting",
		sources: append([]string{`{"repository": "o/r", "number": 7}`}, pullRequestSources...),
	},
	{
		name:    "prlist",
		found:   "`repository`, `v3_endpoint`, `hosting_endpoint`",
		decided: "`base_branch`; closing and retargeting",
		sources: pullRequestSources,
	},
}

var pullRequestSources = []string{
	`{"repository": "o/r"}`,
	`{"repository": "o/r", "base_branch": "main", "states": ["OPEN"], "v3_endpoint": "https://git.example.com/api/v3"}`,
	`{"repository": "o/r", "hosting_endpoint": "https://git.example.com"}`,
}
