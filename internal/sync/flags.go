package sync

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

// Flags are what the programs that sync ask an operator about the pipelines.
type Flags struct {
	Team          []string `placeholder:"TEAM" help:"Read this team's pipelines only. Repeatable; all that the login may see otherwise."`
	IncludePaused bool     `help:"Include the pipelines that are paused."`
	Var           []string `short:"v" sep:"none" placeholder:"NAME=STRING" help:"The value of a ((var)) that the pipelines leave open."`
	YAMLVar       []string `short:"y" name:"yaml-var" sep:"none" placeholder:"NAME=YAML" help:"The same, in YAML."`
	LoadVarsFrom  []string `short:"l" sep:"none" placeholder:"FILE" help:"The same, from a YAML file."`
	TypeAlias     []string `sep:"none" placeholder:"NAME=TYPE" help:"Treat the pipelines' own type NAME as TYPE, such as my-git=git. Repeatable; well-known images are recognised without."`
	RepoAlias     []string `name:"repository-alias" sep:"none" placeholder:"OLD=NEW" help:"A repository that was renamed: its URL that pipelines still have, and the one that senders tell now. Repeatable."`
	BaseDefaults  string   `name:"base-resource-type-defaults" placeholder:"FILE" help:"The cluster's defaults of base types: the file that the ATC takes by a flag of this name."`
	WebhookToken  string   `env:"WEBHOOK_TOKEN_REFERENCE" placeholder:"REFERENCE" help:"A reference (env:, file:, ssm:, secretsmanager:) to the webhook_token of the resources that have one, for endpoints without a login. {team}, {pipeline} and {resource} are replaced."`
}

// Settings are how checks are made.
func (f *Flags) Settings() (Settings, error) {
	vars := new(Vars)
	for _, v := range f.Var {
		if err := vars.AddString(v); err != nil {
			return Settings{}, err
		}
	}
	for _, v := range f.YAMLVar {
		if err := vars.AddYAML(v); err != nil {
			return Settings{}, err
		}
	}
	for _, path := range f.LoadVarsFrom {
		if err := vars.AddFile(path); err != nil {
			return Settings{}, err
		}
	}
	if f.WebhookToken != "" && !secret.IsReference(f.WebhookToken) {
		return Settings{}, errors.New("--webhook-token: it is not a reference, and a token itself would be published: env:NAME, file:PATH, ssm:NAME or secretsmanager:ID")
	}
	aliases, err := parseAliases(f.TypeAlias)
	if err != nil {
		return Settings{}, err
	}
	repositories := make(map[string]string, len(f.RepoAlias))
	for _, alias := range f.RepoAlias {
		old, now, ok := strings.Cut(alias, "=")
		if !ok {
			return Settings{}, fmt.Errorf("--repository-alias %s: it is not of the form OLD=NEW", alias)
		}
		if err := AddRepositoryAlias(repositories, old, now); err != nil {
			return Settings{}, fmt.Errorf("--repository-alias: %w", err)
		}
	}
	defaults, err := readDefaults(f.BaseDefaults)
	if err != nil {
		return Settings{}, err
	}
	return Settings{Vars: vars, WebhookToken: f.WebhookToken, TypeAliases: aliases, RepositoryAliases: repositories, Defaults: defaults}, nil
}

// AddRepositoryAlias notes that two URLs lead to one repository. Only what names it is kept, no user or password.
func AddRepositoryAlias(aliases map[string]string, old, now string) error {
	from, to := event.RepositoryKey(old), event.RepositoryKey(now)
	if from.Name == "" || to.Name == "" || from == to {
		return errors.New("the URLs of two repositories are needed: https://github.com/acme/old=https://github.com/acme/new")
	}
	aliases[from.Name] = to.Name
	return nil
}

// ReadOptions are what to read.
func (f *Flags) ReadOptions(s Settings) ReadOptions {
	return ReadOptions{Teams: f.Team, Paused: f.IncludePaused, Settings: s.Digest()}
}
