package commands

import (
	"context"
	"errors"
	"fmt"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/match"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

type matchCommand struct {
	Config   string `env:"CONFIG" required:"" placeholder:"FILE|s3://BUCKET/KEY" help:"The config to match against."`
	Delivery string `required:"" placeholder:"FILE" help:"An HTTP request as sent on the wire (request line, headers, empty line, body), the body of one, or a Lambda event in JSON."`
	Provider string `placeholder:"NAME" help:"The file is the body alone, of this provider's: github, gitlab and so on, as in the endpoint's paths. Most bodies are recognised without it."`
	Event    string `placeholder:"EVENT" help:"The event of the body, for the providers that name it in a header: push for github and gitea, repo:push for bitbucket."`
	JSON     bool   `name:"json" help:"Print JSON."`
	All      bool   `help:"Also list the checks that would not be made, and why."`
}

// Help shows examples.
func (matchCommand) Help() string {
	return `It posts nothing, and needs no signature. The JSON names the rule of each decision; docs/rules.md explains them.

The body of a webhook, as copied from GitHub's page "Recent Deliveries", is enough. If only a part of a batch can be read, the others count, and a warning says which part can't be, and why.

Examples:

    syncer match --config config.json --delivery examples/deliveries/github-push.http
    syncer match --config s3://my-bucket/ci/config.json --delivery event.json --all --json
    syncer match --config config.json --delivery payload.json --provider github --event push`
}

// answer is the JSON form.
type answer struct {
	Events  []eventAnswer `json:"events"`
	Checks  []checkAnswer `json:"checks"`
	Message string        `json:"message"`
	// Unread says of each part of the delivery that can't be read why.
	Unread []string `json:"unread,omitempty"`
}

type eventAnswer struct {
	Kind string   `json:"kind"`
	Text string   `json:"text"`
	Keys []string `json:"keys"`
}

type checkAnswer struct {
	Check    string `json:"check"`
	Decision string `json:"decision"`
	// Role is how jobs use the resource, or what is more, another one of its scope.
	Role config.Role `json:"role"`
	// Rule is the stable name of the rule that decided (docs/rules.md).
	Rule   resource.Rule `json:"rule"`
	Reason string        `json:"reason"`
}

func (c *matchCommand) Run(ctx context.Context, s Streams) error {
	document, matcher, err := load(ctx, c.Config, s)
	var unread match.Unread
	if err != nil && !errors.As(err, &unread) {
		return err
	}
	for _, reason := range unread {
		fmt.Fprintf(s.Err, "warning: %s\n", reason)
	}
	if c.Event != "" && c.Provider == "" {
		return errors.New("--event: it needs --provider, since events of several providers have the same names")
	}
	delivery, err := readDelivery(c.Delivery, copied{c.Provider, c.Event})
	if err != nil {
		return fmt.Errorf("reading the delivery %s: %w", c.Delivery, err)
	}
	for _, reason := range delivery.unread {
		fmt.Fprintf(s.Err, "warning: reading the delivery %s: %s\n", c.Delivery, printable.Line(reason))
	}
	a := c.decide(matcher, document.Roles(), delivery.events)
	a.Unread = delivery.unread
	switch {
	case len(delivery.events) > 0:
		a.Message = fmt.Sprintf("%d of %d resources would be checked", count(a.Checks), matcher.Len())
	case delivery.ignored != "":
		a.Message = delivery.ignored
	default:
		a.Message = "the delivery holds no events"
	}
	if c.JSON {
		return writeJSON(s, a)
	}
	for _, e := range a.Events {
		fmt.Fprintf(s.Err, "event: %s\n", printable.Line(e.Text))
	}
	for _, check := range a.Checks {
		if c.All {
			fmt.Fprint(s.Out, printable.Row(check.Decision, check.Check, string(check.Role), check.Reason))
		} else {
			fmt.Fprint(s.Out, printable.Row(check.Decision, check.Check, check.Reason))
		}
	}
	fmt.Fprintln(s.Err, printable.Line(a.Message))
	return nil
}

func (c *matchCommand) decide(matcher *match.Matcher, roles map[string]config.Role, events []event.Event) answer {
	a := answer{Events: []eventAnswer{}, Checks: []checkAnswer{}}
	for _, e := range events {
		shown := eventAnswer{Kind: e.Kind(), Text: e.String()}
		for _, k := range e.Keys() {
			shown.Keys = append(shown.Keys, k.String())
		}
		a.Events = append(a.Events, shown)
	}
	matches := matcher.Match(events)
	if c.All {
		matches = matcher.All(events)
	}
	for _, m := range matches {
		decision := "skip"
		if m.Check {
			decision = "check"
		}
		if m.Check || c.All {
			a.Checks = append(a.Checks, checkAnswer{m.Ref.String(), decision, roles[m.Ref.String()], m.Rule, m.Reason})
		}
	}
	return a
}

func count(checks []checkAnswer) int {
	n := 0
	for _, c := range checks {
		if c.Decision == "check" {
			n++
		}
	}
	return n
}
