package commands

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"

	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
)

// savingsFlags are what the ATC's API does not tell of a cluster.
type savingsFlags struct {
	Savings          bool          `group:"Output:" xor:"output" help:"Count the checks in an hour, now and with fewer where events come, and print the check_every of each such resource as YAML to paste."`
	Interval         time.Duration `group:"Output:" name:"resource-checking-interval" default:"1m" help:"With --savings: the ATC's flag of this name."`
	WebhookInterval  time.Duration `group:"Output:" name:"resource-with-webhook-checking-interval" placeholder:"DURATION" help:"With --savings: the ATC's flag of this name. The default is the interval of other resources."`
	ConcourseVersion string        `group:"Output:" placeholder:"VERSION" help:"With --savings: the ATC's version, if the pipelines are read from disk or the ATC does not tell it."`
}

// savingsAnswer is the JSON form. docs/coverage.md explains it.
type savingsAnswer struct {
	Now      float64         `json:"checks_per_hour"`
	Then     float64         `json:"checks_per_hour_advised"`
	Polled   int             `json:"polled"`
	Scopes   int             `json:"scopes"`
	Version  string          `json:"version"`
	Warnings []string        `json:"warnings"`
	Advice   []savingsAdvice `json:"advice"`
}

type savingsAdvice struct {
	Resource string `json:"resource"`
	Now      string `json:"check_every"`
	Then     string `json:"check_every_advised"`
}

// server is what is known of the ATC.
type server struct {
	version *semver.Version // nil if it is not known
	global  bool
}

// since82 reports whether it polls triggers only.
func (s server) since82() bool {
	return s.version != nil && (s.version.Major() > 8 || s.version.Major() == 8 && s.version.Minor() >= 2)
}

// server is the ATC by its own word, or by --concourse-version. An ATC that somebody built may say 0.0.0-dev.
func (c *coverageCommand) server(reading *pipeline.Reading) (server, error) {
	s := server{global: reading.GlobalResources}
	if c.ConcourseVersion != "" {
		v, err := semver.NewVersion(c.ConcourseVersion)
		if err != nil {
			return s, fmt.Errorf("--concourse-version %s: it is no version such as 8.2.1", c.ConcourseVersion)
		}
		s.version = v
	} else if v, err := semver.NewVersion(reading.Version); err == nil && v.Major() > 0 {
		s.version = v
	}
	return s, nil
}

// save prints the checks in an hour, and the advice.
func (c *coverageCommand) save(s Streams, list []generate.Coverage, reading *pipeline.Reading) error {
	if c.Pipelines.IncludePaused {
		return errors.New("--savings counts what Concourse polls, and it polls no paused pipelines: leave out --include-paused")
	}
	if c.Interval <= 0 || c.WebhookInterval < 0 {
		return errors.New("--resource-checking-interval: it is no duration such as 1m")
	}
	server, err := c.server(reading)
	if err != nil {
		return err
	}
	savings := generate.Save(list, generate.Cluster{Interval: c.Interval, WebhookInterval: c.WebhookInterval, TriggersOnly: server.since82()})
	if c.JSON {
		return writeJSON(s, savingsJSON(savings, server))
	}
	var text strings.Builder
	c.printSavings(&text, savings, server)
	printAdvice(&text, savings.Advice)
	_, err = io.WriteString(s.Out, text.String())
	return err
}

func savingsJSON(savings generate.Savings, server server) savingsAnswer {
	a := savingsAnswer{
		Now: savings.Now, Then: savings.Then, Polled: savings.Polled, Scopes: savings.Scopes,
		Warnings: append([]string{}, server.warnings()...), Advice: []savingsAdvice{},
	}
	if server.version != nil {
		a.Version = server.version.String()
	}
	for _, advice := range savings.Advice {
		a.Advice = append(a.Advice, savingsAdvice{advice.Resource, advice.Now, advice.Then})
	}
	return a
}

// printSavings prints the counts as comments, so that all of the output is YAML.
func (c *coverageCommand) printSavings(w io.Writer, savings generate.Savings, server server) {
	fewer := 0.0
	if savings.Now > 0 {
		fewer = math.Floor(100 * (savings.Now - savings.Then) / savings.Now)
	}
	version := "of unknown version (before 8.2 it polls all inputs)"
	if server.version != nil {
		version = server.version.String()
	}
	fmt.Fprintf(w, "# Checks an hour now: %.1f, by %d resources\n", savings.Now, savings.Polled)
	fmt.Fprintf(w, "# With this advice:   %.1f, which is %.0f%% fewer\n", savings.Then, fewer)
	fmt.Fprintf(w, "# Counted for a Concourse %s, with a check every %s", printable.Line(version), short(c.Interval))
	if c.WebhookInterval > c.Interval {
		fmt.Fprintf(w, " (%s with a webhook_token)", short(c.WebhookInterval))
	}
	fmt.Fprint(w, " without check_every.\n")
	if server.global {
		fmt.Fprintf(w, "# Global resources are on: these resources share %d checks.\n", savings.Scopes)
	}
	fmt.Fprint(w, "# Not counted: the checks of resource_types, and those that people and builds start.\n")
	for _, warning := range server.warnings() {
		fmt.Fprintf(w, "#\n# %s\n", strings.ReplaceAll(warning, ". ", ".\n# "))
	}
}

// short is a duration without the seconds and minutes that it does not have: 1m, not 1m0s.
func short(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// warnings are what to know before polling less.
func (s server) warnings() []string {
	list := []string{
		"Better not check_every: never. Nothing makes up for a lost delivery then, and the resource has no version until somebody checks it once.",
		"Types that are only assumed are polled each hour, since their rules may miss a version. What has no events, or belongs to others, stays as it is.",
	}
	if s.since82() {
		list = append(list, "Concourse 8.2 and later poll triggers only. Leave other inputs without check_every: Concourse checks them when a build starts, but in "+
			"automatic builds only if their check_every has passed. With 24h they could be a day old.")
	}
	if s.version != nil && s.version.Major() == 8 && s.version.Minor() == 2 && s.global {
		list = append(list, "WARNING: with global resources on, jobs of Concourse 8.2 may stay pending by check_every: 24h "+
			"(https://github.com/concourse/concourse/issues/9620). Do not follow this advice before you have a version in which that is mended: "+
			"it is not in 8.2.5.")
	}
	return list
}

// plainName is a name that YAML reads as a text without quotes, unless it is one of its words.
var (
	plainName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.-]*$`)
	yamlWord  = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null)$`)
)

// printAdvice prints a YAML document for each pipeline.
func printAdvice(w io.Writer, list []generate.Advice) {
	of := ""
	for _, a := range list {
		if a.Pipeline != of {
			of = a.Pipeline
			fmt.Fprintf(w, "---\n# %s\nresources:\n", printable.Line(of))
		}
		name := a.Name
		if !plainName.MatchString(name) || yamlWord.MatchString(name) {
			quoted, _ := json.Marshal(name) //nolint:errchkjson // a string has JSON
			name = string(quoted)
		}
		fmt.Fprintf(w, "- name: %s\n  check_every: %s", name, a.Then)
		if a.Now != "" {
			fmt.Fprintf(w, " # now %s", printable.Line(a.Now))
		}
		fmt.Fprintln(w)
	}
}
