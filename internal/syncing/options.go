package syncing

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

// Options are the operator's part in a sync. The syncer and the server take them as flags, the resource type as fields of its
// source, and the self-sync task as params, which are the syncer's environment variables.
type Options struct {
	PipelineOptions
	PublishOptions
	RedeployOptions
}

// PipelineOptions say which pipelines are read, and how checks are made of them.
type PipelineOptions struct {
	Teams             List     `json:"teams" name:"team" env:"TEAMS" placeholder:"TEAM" help:"Read this team's pipelines only. Repeatable; all that the login may see otherwise."`
	IncludePaused     bool     `json:"include_paused" env:"INCLUDE_PAUSED" help:"Include the pipelines that are paused."`
	Var               []string `json:"-" short:"v" sep:"none" placeholder:"NAME=STRING" help:"The value of a ((var)) that the pipelines leave open."`
	YAMLVar           []string `json:"-" short:"y" name:"yaml-var" sep:"none" placeholder:"NAME=YAML" help:"The same, in YAML."`
	LoadVarsFrom      []string `json:"-" short:"l" sep:"none" placeholder:"FILE" help:"The same, from a YAML file."`
	Vars              Mapping  `json:"vars" env:"VARS" placeholder:"YAML" help:"The same, as one YAML mapping. The others win over it."`
	TypeAliases       Pairs    `json:"type_aliases" name:"type-alias" env:"TYPE_ALIASES" placeholder:"NAME=TYPE" help:"Treat the pipelines' own type NAME as TYPE, such as my-git=git. Repeatable; well-known images are recognised without."`
	RepositoryAliases Pairs    `json:"repository_aliases" name:"repository-alias" env:"REPOSITORY_ALIASES" placeholder:"OLD=NEW" help:"A repository that was renamed: the URL that pipelines still have, and the one that deliveries name now. Repeatable."`
	BaseDefaults      Mapping  `json:"base_resource_type_defaults" name:"base-resource-type-defaults" env:"BASE_RESOURCE_TYPE_DEFAULTS" placeholder:"FILE" help:"The cluster's defaults of base types: the file that the ATC takes by a flag of this name, or its YAML."`
	WebhookToken      string   `json:"webhook_token" env:"WEBHOOK_TOKEN_REFERENCE" placeholder:"REFERENCE" help:"A reference (env:, file:, ssm:, secretsmanager:) to the webhook_token of the resources that have one, for endpoints without a login. {team}, {pipeline} and {resource} are replaced."`
}

// PublishOptions say how the config is published.
type PublishOptions struct {
	Force     bool `json:"force" env:"FORCE_PUBLISH" help:"Publish even where more than half of the checks would go."`
	NoCatchUp bool `json:"no_catch_up" name:"no-catch-up" env:"NO_CATCH_UP" help:"Do not ask what was added or changed to check once."`
}

// RedeployOptions say which Lambda functions take up what was published.
type RedeployOptions struct {
	Redeploy List `json:"redeploy" env:"REDEPLOY" placeholder:"FUNCTION[:ALIAS]" help:"Make a Lambda function start afresh with the config, by its name or ARN. Repeatable."`
	Smoke    bool `json:"smoke" env:"SMOKE" help:"Invoke each redeployed function, and move its alias back where it does not work."`
}

// Naming is what a program calls an option, or the member key of one, in an error: Flag or Field.
type Naming func(flag, field, key string) string

// Flag names an option as a flag: --type-alias my-git.
func Flag(flag, _, key string) string { return strings.TrimSpace("--" + flag + " " + key) }

// Field names an option as a field of the resource type's source: source.type_aliases.my-git.
func Field(_, field, key string) string { return strings.TrimSuffix("source."+field+"."+key, ".") }

// Settings are how checks are made. The error names every option that is wrong.
func (o *PipelineOptions) Settings(name Naming) (generate.Settings, error) {
	s := generate.Settings{Vars: new(pipeline.Vars), WebhookToken: o.WebhookToken, TypeAliases: o.TypeAliases}
	var errs []error
	if o.WebhookToken != "" && !secret.IsReference(o.WebhookToken) {
		errs = append(errs, fmt.Errorf("%s: it is not a reference, and a token itself would be published: "+
			"env:NAME, file:PATH, ssm:NAME or secretsmanager:ID", name("webhook-token", "webhook_token", "")))
	}
	for _, own := range slices.Sorted(maps.Keys(o.TypeAliases)) {
		if t := o.TypeAliases[own]; !slices.Contains(resource.Names(), t) {
			errs = append(errs, fmt.Errorf("%s: type %q is not known; known are %s",
				name("type-alias", "type_aliases", own), t, strings.Join(resource.Names(), ", ")))
		}
	}
	var err error
	s.RepositoryAliases, err = o.repositoryAliases(name)
	errs = append(errs, err, o.addVars(s.Vars, name))
	err = o.BaseDefaults.into(&s.Defaults)
	if err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", name("base-resource-type-defaults", "base_resource_type_defaults", ""), err))
	}
	return s, errors.Join(errs...)
}

// repositoryAliases are the repositories' keys. They hold no user or password.
func (o *PipelineOptions) repositoryAliases(name Naming) (map[string]string, error) {
	aliases := make(map[string]string, len(o.RepositoryAliases))
	for old, now := range o.RepositoryAliases {
		from, to := event.RepositoryKey(old), event.RepositoryKey(now)
		if from.Name == "" || to.Name == "" || from == to {
			return nil, fmt.Errorf("%s: the URLs of two repositories are needed: https://github.com/acme/old=https://github.com/acme/new",
				name("repository-alias", "repository_aliases", ""))
		}
		aliases[from.Name] = to.Name
	}
	return aliases, nil
}

// addVars takes the vars as fly does: of the files the last counts most.
func (o *PipelineOptions) addVars(vars *pipeline.Vars, name Naming) error {
	var given map[string]any
	if err := o.Vars.into(&given); err != nil {
		return fmt.Errorf("%s: %w", name("vars", "vars", ""), err)
	}
	vars.AddValues(given)
	for _, from := range []struct {
		add  func(string) error
		list []string
	}{{vars.AddString, o.Var}, {vars.AddYAML, o.YAMLVar}, {vars.AddFile, o.LoadVarsFrom}} {
		for _, text := range from.list {
			if err := from.add(text); err != nil {
				return err
			}
		}
	}
	return nil
}

// Functions are the Lambda functions to redeploy.
func (o *RedeployOptions) Functions(name Naming) ([]redeploy.Function, error) {
	functions, err := redeploy.ParseAll(o.Redeploy)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name("redeploy", "redeploy", ""), err)
	}
	return functions, nil
}
