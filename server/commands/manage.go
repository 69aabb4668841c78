package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kong"

	"github.com/dpb587/concourse-resource-endpoints/internal/pending"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
)

func isCommand(name string) bool {
	return slices.Contains([]string{"pending", "dead", "check", "pause", "resume"}, name)
}

// manage are the commands that look after what is pending.
type manage struct {
	stateFlags
	Config string `env:"CONFIG" placeholder:"FILE" help:"The server's config, beside which its state file is; or give --state."`
	JSON   bool   `name:"json" help:"Print JSON."`

	Pending struct{} `cmd:"" help:"List what Concourse has not taken yet."`
	Dead    struct {
		List  names `cmd:"" default:"withargs" help:"List what was given up, and why."`
		Retry names `cmd:"" help:"Ask for it again."`
		Drop  names `cmd:"" help:"Forget it."`
	} `cmd:"" help:"Look after what was given up."`
	Check struct {
		names
		Repository string `placeholder:"URL" help:"All resources that watch this repository."`
		All        bool   `help:"All resources of the config."`
	} `cmd:"" help:"Ask Concourse now to check resources, for after an incident. A server must be running."`
	Pause  hold `cmd:"" help:"Keep checks, and post none until resume: all, a team's, or those that only a provider's deliveries want."`
	Resume hold `cmd:"" help:"Post again."`
}

type names struct {
	Resources []string `arg:"" optional:"" name:"resource" help:"TEAM/PIPELINE[/VARS]/RESOURCE; all where none is given."`
}

type hold struct {
	Team     string `placeholder:"TEAM" help:"Only this team's."`
	Provider string `placeholder:"NAME" help:"Only those that no other provider's delivery wants, such as github."`
}

// runCommand runs one of the commands: on the server that runs, or else on its state file.
func runCommand(ctx context.Context, args []string, out io.Writer) error {
	var m manage
	var parsed *kong.Context
	helped, err := parse(&m, "server", "Looks after the checks that Concourse has not taken yet, of a server that runs or has run.", args, out,
		kong.WithAfterApply(func(c *kong.Context) error { parsed = c; return nil }))
	if err != nil || helped {
		return err
	}
	path, err := m.path(m.Config)
	if err != nil {
		return err
	}
	if path == "" {
		return errors.New("--state none keeps nothing that a command could look after")
	}
	out = printable.Writer(out) // JSON may have C1 controls, and errors quote what others wrote
	what, req := m.request(strings.Fields(parsed.Command()))
	if what == "/check" && len(req.Names) == 0 && req.Repository == "" && !m.Check.All {
		return errors.New("name the resources to check, or give --repository URL or --all")
	}
	answer, runs, err := askServer(ctx, path, what, req)
	if err == nil && !runs {
		answer, err = onFile(path, what, req)
	}
	if err != nil {
		return err
	}
	if m.JSON {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(answer)
	}
	return answer.print(out, what)
}

// request is what the command line asks for.
func (m *manage) request(command []string) (what string, req adminRequest) {
	what = "/" + command[0]
	switch command[0] {
	case "dead":
		switch {
		case len(command) > 1 && command[1] == "retry":
			return "/dead/retry", adminRequest{Names: m.Dead.Retry.Resources}
		case len(command) > 1 && command[1] == "drop":
			return "/dead/drop", adminRequest{Names: m.Dead.Drop.Resources}
		}
		req.Names = m.Dead.List.Resources
	case "check":
		req = adminRequest{Names: m.Check.Resources, Repository: m.Check.Repository}
	case "pause":
		req = adminRequest{Team: m.Pause.Team, Provider: m.Pause.Provider}
	case "resume":
		req = adminRequest{Team: m.Resume.Team, Provider: m.Resume.Provider}
	}
	return what, req
}

// onFile does what it can where no server runs.
func onFile(path, what string, req adminRequest) (answer adminAnswer, err error) {
	if what == "/check" {
		return answer, fmt.Errorf("no server runs with the state file %s; start it, since it knows the config and the login", path)
	}
	if _, err := os.Stat(path); err != nil {
		return answer, fmt.Errorf("no server runs with the state file %s, and %w", path, err)
	}
	state, err := pending.Open(path, slog.New(slog.DiscardHandler))
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	if answer.Pending, err = state.Pending(); err == nil {
		answer.Pause, err = state.Paused()
	}
	if err != nil {
		return answer, err
	}
	switch what {
	case "/dead":
		answer.Dead, err = deadOf(state, req.Names)
	case "/dead/drop":
		answer.Dead, err = drop(state, req.Names)
	case "/dead/retry":
		answer.Dead, err = revive(state, req.Names)
	case "/pause":
		answer.Pause = paused(answer.Pause, req)
		err = state.SetPaused(answer.Pause)
	case "/resume":
		answer.Pause = resumed(answer.Pause, req)
		err = state.SetPaused(answer.Pause)
	}
	return answer, err
}

// revive makes the dead pending again, for the next server.
func revive(state *pending.State, names []string) ([]pending.Entry, error) {
	dead, err := deadOf(state, names)
	if err != nil {
		return nil, err
	}
	for i := range dead {
		dead[i].Died, dead[i].Attempts, dead[i].Oldest = time.Time{}, 0, time.Now().UTC()
	}
	if err := state.Put(dead); err != nil {
		return nil, err
	}
	return drop(state, names)
}

func (a adminAnswer) print(out io.Writer, what string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	switch {
	case what == "/pending":
		list(w, "AGE", a.Pending)
		fmt.Fprintf(w, "%d pending%s\n", len(a.Pending), a.Pause)
	case what == "/pause", what == "/resume":
		fmt.Fprintf(w, "%d pending%s\n", len(a.Pending), a.Pause)
	case a.Report != nil:
		fmt.Fprintf(w, "%d taken, %d pending, %d failed\n", len(a.Report.Success), len(a.Report.Pending), len(a.Report.Failure))
		for _, f := range a.Report.Failure {
			fmt.Fprint(w, printable.Row(f.Check, f.Error))
		}
	default:
		list(w, "AGE", a.Dead)
		fmt.Fprintf(w, "%d %s\n", len(a.Dead), map[string]string{"/dead": "dead", "/dead/drop": "dropped", "/dead/retry": "pending again"}[what])
	}
	return w.Flush()
}

func list(w io.Writer, age string, entries []pending.Entry) {
	if len(entries) == 0 {
		return
	}
	fmt.Fprint(w, printable.Row("RESOURCE", age, "ATTEMPTS", "DELIVERY", "LAST ERROR"))
	for _, e := range entries {
		delivery := "-"
		if n := len(e.Deliveries); n > 0 {
			delivery = e.Deliveries[n-1]
		}
		fmt.Fprint(w, printable.Row(e.Name, time.Since(e.Oldest).Round(time.Second).String(), strconv.Itoa(e.Attempts), delivery, e.Error))
	}
}
