package syncing

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

// Options are the operator's part in a sync. The syncer and the server take them as flags, the resource type as fields of its
// source and of a put's params, and the self-sync task as params, which are the syncer's environment variables. Each program takes
// the groups that concern it.
type Options struct {
	PipelineOptions
	PublishOptions
	RedeployOptions
}

// PipelineOptions say which pipelines are read, and how checks are made from them. In these and the options below, the syncer
// and the server use the flags, the resource type uses the JSON names in its source and params, and the self-sync task uses the
// params, which the syncer reads with FromParams.
type PipelineOptions struct {
	Teams             []string `json:"teams" param:"TEAMS" name:"team" placeholder:"TEAM" help:"Read only the pipelines of this team. Repeatable. The default is all teams in which the login has a role."`
	IncludePaused     bool     `json:"include_paused" param:"INCLUDE_PAUSED" help:"Include paused pipelines."`
	IncludeUnused     bool     `json:"include_unused" param:"INCLUDE_UNUSED" help:"Include resources whose versions no job waits for: those that are only put, and those that no job uses."`
	Var               []string `json:"-" short:"v" sep:"none" placeholder:"NAME=STRING" help:"The value of a ((var)) in the pipelines."`
	YAMLVar           []string `json:"-" short:"y" name:"yaml-var" sep:"none" placeholder:"NAME=YAML" help:"The value of a ((var)), as YAML."`
	LoadVarsFrom      []string `json:"-" short:"l" sep:"none" placeholder:"FILE" help:"A YAML file with values of ((vars))."`
	Vars              Vars     `json:"vars" param:"VARS" kong:"-"`
	TypeAliases       Pairs    `json:"type_aliases" param:"TYPE_ALIASES" name:"type-alias" placeholder:"NAME=TYPE" help:"Treat the resource type NAME, which pipelines declare, as TYPE, such as my-git=git. Repeatable. Well-known images need no alias."`
	RepositoryAliases Pairs    `json:"repository_aliases" param:"REPOSITORY_ALIASES" name:"repository-alias" placeholder:"OLD=NEW" help:"A renamed repository: the URL that pipelines still use, and the URL in deliveries. Repeatable."`
	BaseDefaultsFile  string   `json:"-" name:"base-resource-type-defaults" placeholder:"FILE" help:"The cluster's defaults of base resource types: the file that the ATC is given with the flag of the same name."`
	BaseDefaults      Defaults `json:"base_resource_type_defaults" param:"BASE_RESOURCE_TYPE_DEFAULTS" kong:"-"`
	WebhookToken      string   `json:"webhook_token" param:"WEBHOOK_TOKEN_REFERENCE" env:"WEBHOOK_TOKEN_REFERENCE" placeholder:"REFERENCE" help:"A reference (env:, file:, ssm:, secretsmanager:) to the webhook_token of each resource that has one, for endpoints without a login. {team}, {pipeline} and {resource} are replaced."`
	ForgetTeams       []string `json:"forget_teams" param:"FORGET_TEAMS" name:"forget-team" placeholder:"TEAM" help:"Drop the checks of this team if the login can't read it any more. Otherwise they stay. Repeatable."`
}

// PublishOptions say how the config is published.
type PublishOptions struct {
	Force       bool `json:"force" param:"FORCE_PUBLISH" help:"Remove checks even if those are more than ten, and more than half of all. Otherwise they stay, and the rest is published. Checks of paused pipelines, and those for which no job waits, don't count."`
	NoCatchUp   bool `json:"no_catch_up" param:"NO_CATCH_UP" name:"no-catch-up" help:"Do not check the resources once that were added or changed."`
	CatchUpRate int  `json:"catch_up_rate" param:"CATCH_UP_RATE" name:"catch-up-rate" placeholder:"10" help:"How many of these to check in a second, at most. The default is 10."`
}

func (o *PublishOptions) rate() int {
	if o.CatchUpRate <= 0 {
		return defaultRate
	}
	return o.CatchUpRate
}

// RedeployOptions say which Lambda functions load the published config, and when other endpoints have loaded it.
type RedeployOptions struct {
	Redeploy      []string `json:"redeploy" param:"REDEPLOY" sep:"none" placeholder:"FUNCTION[:ALIAS]" help:"Make this Lambda function, given by name or ARN, load the new config. Repeatable."`
	Smoke         bool     `json:"smoke" param:"SMOKE" help:"Invoke each redeployed function, and move its alias back if the function fails."`
	ConfigRefresh string   `json:"config_refresh" param:"CONFIG_REFRESH" name:"config-refresh" placeholder:"60s" help:"How old the config of the endpoints may get, as their CONFIG_REFRESH says. If no function is redeployed, new resources are checked this long after publishing. The default is 60s."`
}

// Naming names an option, or the entry key in an option, in an error: Flag or Field.
type Naming func(flag, field, key string) string

// Flag names an option as a flag: --type-alias my-git.
func Flag(flag, _, key string) string { return strings.TrimSpace("--" + flag + " " + key) }

// Field names an option as a field of the resource type's source: source.type_aliases.my-git.
func Field(_, field, key string) string { return strings.TrimSuffix("source."+field+"."+key, ".") }

// Settings makes the settings for generating checks. Its error names every wrong option.
func (o *PipelineOptions) Settings(name Naming) (generate.Settings, error) {
	s := generate.Settings{
		Vars: new(pipeline.Vars), WebhookToken: o.WebhookToken, Forget: o.ForgetTeams, TypeAliases: make(map[string]string),
		IncludeUnused: o.IncludeUnused,
	}
	var errs []error
	if o.WebhookToken != "" && !secret.IsReference(o.WebhookToken) {
		errs = append(errs, fmt.Errorf("%s: it is not a reference, and the token itself would be published; "+
			"give env:NAME, file:PATH, ssm:NAME or secretsmanager:ID", name("webhook-token", "webhook_token", "")))
	}
	for _, alias := range o.TypeAliases {
		if !slices.Contains(resource.Names(), alias.Value) {
			errs = append(errs, fmt.Errorf("%s: type %q is not known; known are %s",
				name("type-alias", "type_aliases", alias.Name), alias.Value, strings.Join(resource.Names(), ", ")))
		}
		s.TypeAliases[alias.Name] = alias.Value
	}
	var err error
	s.RepositoryAliases, err = o.repositoryAliases(name)
	errs = append(errs, err, o.addVars(s.Vars))
	if s.Defaults = o.BaseDefaults; o.BaseDefaultsFile != "" {
		if err := pipeline.ReadYAML(o.BaseDefaultsFile, &s.Defaults); err != nil {
			errs = append(errs, fmt.Errorf("--base-resource-type-defaults: %w", err))
		}
	}
	return s, errors.Join(errs...)
}

// repositoryAliases maps old to new repositories, as event.RepositoryKey names them: without a user or password. A later alias
// wins over an earlier one.
func (o *PipelineOptions) repositoryAliases(name Naming) (map[string]string, error) {
	aliases := make(map[string]string, len(o.RepositoryAliases))
	for _, alias := range o.RepositoryAliases {
		from, to := event.RepositoryKey(alias.Name), event.RepositoryKey(alias.Value)
		if from.Name == "" || to.Name == "" || from == to {
			return nil, fmt.Errorf("%s: two different repository URLs are needed, such as https://github.com/acme/old=https://github.com/acme/new",
				name("repository-alias", "repository_aliases", ""))
		}
		aliases[from.Name] = to.Name
	}
	return aliases, nil
}

// addVars adds the vars in fly's order: a later file wins over an earlier one.
func (o *PipelineOptions) addVars(vars *pipeline.Vars) error {
	vars.AddValues(o.Vars)
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

// Refresh is how long the endpoints may take to load a new config.
func (o *RedeployOptions) Refresh(name Naming) (time.Duration, error) {
	d, err := time.ParseDuration(cmp.Or(o.ConfigRefresh, "60s"))
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s: it is not a duration such as 60s", name("config-refresh", "config_refresh", ""))
	}
	return d, nil
}

// Functions parses the Lambda functions to redeploy.
func (o *RedeployOptions) Functions(name Naming) ([]redeploy.Function, error) {
	functions, err := redeploy.ParseAll(o.Redeploy)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name("redeploy", "redeploy", ""), err)
	}
	return functions, nil
}
