package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/endpoint"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/pending"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// The commands reach a running server through a unix socket beside the state file, since no two programs may open that.

// adminRequest is what a command asks a server to do, and adminAnswer what the server says.
type adminRequest struct {
	// Names are resources, TEAM/PIPELINE[/VARS]/RESOURCE; none for all.
	Names      []string `json:"names,omitempty"`
	Repository string   `json:"repository,omitempty"`
	Team       string   `json:"team,omitempty"`
	Provider   string   `json:"provider,omitempty"`
}

type adminAnswer struct {
	pending.Status
	Dead []pending.Entry `json:"dead,omitempty"`
	// Report says what became of the checks that were asked for.
	Report *notify.Report `json:"report,omitempty"`
	Error  string         `json:"error,omitempty"`
}

// admin does what commands ask.
type admin struct {
	queue    *pending.Queue
	state    *pending.State
	endpoint *endpoint.Endpoint
}

// do does one thing, by the name of its path.
func (a *admin) do(ctx context.Context, what string, req adminRequest) (answer adminAnswer, err error) {
	switch what {
	case "/pending":
	case "/dead":
		answer.Dead, err = deadOf(a.state, req.Names)
	case "/dead/drop":
		answer.Dead, err = drop(a.state, req.Names)
	case "/dead/retry":
		answer.Report, err = a.retry(ctx, req.Names)
	case "/check":
		answer.Report, err = a.check(ctx, req)
	case "/pause":
		err = a.queue.SetPause(paused(a.queue.Status().Pause, req))
	case "/resume":
		err = a.queue.SetPause(resumed(a.queue.Status().Pause, req))
	default:
		err = fmt.Errorf("%s is not known: is this the command of another version?", what)
	}
	answer.Status = a.queue.Status()
	return answer, err
}

func (a *admin) check(ctx context.Context, req adminRequest) (*notify.Report, error) {
	names := req.Names
	if len(names) == 0 {
		if names = a.endpoint.Watching(req.Repository); len(names) == 0 {
			return nil, fmt.Errorf("no resource of the config watches %s", req.Repository)
		}
	}
	return a.ask(ctx, names, "an operator asked for it")
}

// retry asks for the dead again; what the queue has taken over is dead no more.
func (a *admin) retry(ctx context.Context, names []string) (*notify.Report, error) {
	dead, err := deadOf(a.state, names)
	if err != nil {
		return nil, err
	}
	names = names[:0:0]
	for _, e := range dead {
		names = append(names, e.Name)
	}
	report, err := a.ask(ctx, names, "an operator asked again for what was given up")
	if err != nil {
		return nil, err
	}
	return report, a.state.Drop(slices.Concat(report.Success, report.Pending))
}

func (a *admin) ask(ctx context.Context, names []string, reason string) (*notify.Report, error) {
	var targets []notify.Target
	var unknown []error
	for _, name := range names {
		t, ok := a.endpoint.Find(name)
		if !ok {
			unknown = append(unknown, fmt.Errorf("the config has no resource %q; write it as TEAM/PIPELINE[/VARS]/RESOURCE", name))
			continue
		}
		t.Rule, t.Reason = string(resource.Named), reason
		targets = append(targets, t)
	}
	report := a.queue.Ask(ctx, targets)
	return &report, errors.Join(unknown...)
}

// deadOf are the dead entries of these names, or all.
func deadOf(state *pending.State, names []string) ([]pending.Entry, error) {
	dead, err := state.Dead()
	if err != nil || len(names) == 0 {
		return dead, err
	}
	var unknown []error
	for _, name := range names {
		if !slices.ContainsFunc(dead, func(e pending.Entry) bool { return e.Name == name }) {
			unknown = append(unknown, fmt.Errorf("%q is not among the dead", name))
		}
	}
	return slices.DeleteFunc(dead, func(e pending.Entry) bool { return !slices.Contains(names, e.Name) }), errors.Join(unknown...)
}

func drop(state *pending.State, names []string) ([]pending.Entry, error) {
	dead, err := deadOf(state, names)
	if err != nil {
		return nil, err
	}
	for i := range dead {
		names = append(names, dead[i].Name)
	}
	return dead, state.Drop(names)
}

func paused(p pending.Pause, req adminRequest) pending.Pause {
	if req.Team == "" && req.Provider == "" {
		p.All = true
	}
	p.Teams, p.Providers = with(p.Teams, req.Team), with(p.Providers, req.Provider)
	return p
}

func resumed(p pending.Pause, req adminRequest) pending.Pause {
	if req.Team == "" && req.Provider == "" {
		return pending.Pause{}
	}
	p.Teams = slices.DeleteFunc(slices.Clone(p.Teams), func(team string) bool { return team == req.Team })
	p.Providers = slices.DeleteFunc(slices.Clone(p.Providers), func(name string) bool { return name == req.Provider })
	return p
}

func with(list []string, one string) []string {
	if one == "" || slices.Contains(list, one) {
		return list
	}
	return append(slices.Clone(list), one)
}

// ServeHTTP answers a command.
func (a *admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var req adminRequest
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&req)
	var answer adminAnswer
	if err == nil {
		answer, err = a.do(r.Context(), r.URL.Path, req)
	}
	if err != nil {
		answer.Error = err.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// listenAdmin listens for commands. Without it the server works on, and gives what does nothing.
func listenAdmin(ctx context.Context, path string, a *admin, logger *slog.Logger) (serve func(context.Context)) {
	_ = os.Remove(path) // of a server that was killed: this one holds the state file
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		logger.Error("the commands `server pending` and so on can't reach this server", "socket", path, "error", err)
		return func(context.Context) {}
	}
	server := &http.Server{Handler: a, ReadHeaderTimeout: 5 * time.Second}
	return func(ctx context.Context) {
		defer context.AfterFunc(ctx, func() { _ = server.Close() })()
		_ = server.Serve(listener)
	}
}

// askServer asks a running server. It reports false where none runs.
func askServer(ctx context.Context, path, what string, req adminRequest) (answer adminAnswer, runs bool, err error) {
	body, err := json.Marshal(req)
	if err != nil {
		return answer, false, err
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path+".sock")
	}}}
	defer client.CloseIdleConnections()
	hr, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://server"+what, bytes.NewReader(body))
	if err != nil {
		return answer, false, err
	}
	resp, err := client.Do(hr)
	if err != nil {
		return answer, false, nil // no server runs
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return answer, true, errors.New("reading the server's answer: it is not that of this command's version")
	}
	if answer.Error != "" {
		return answer, true, errors.New(answer.Error)
	}
	return answer, true, nil
}
