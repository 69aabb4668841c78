// Package atctest replaces the ATC at the start of a sync, in tests: it answers the API calls that a sync makes. The answers
// follow those of Concourse 7.14.2; the tests with a real Concourse are in e2e.
package atctest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/concourse/concourse/atc"
)

// Data is what an ATC holds. In YAML and JSON its fields are named as in the ATC's API, if they are part of it.
type Data struct {
	// Date is the ATC's time; the current time if zero.
	Date time.Time `json:"date"`
	// Version is the ATC's version; 7.14.2 if empty.
	Version         string          `json:"version"`
	GlobalResources bool            `json:"global_resources"`
	Users           map[string]User `json:"users"`
	Teams           []string        `json:"teams"`
	// ResourceTypes are the base types of its one worker.
	ResourceTypes []atc.WorkerResourceType `json:"resource_types"`
	Pipelines     []Pipeline               `json:"pipelines"`
}

// User may log in, and has roles in teams. An admin has a role in each team.
type User struct {
	Password string              `json:"password"`
	Admin    bool                `json:"admin"`
	Teams    map[string][]string `json:"teams"`
}

// Pipeline is a pipeline with its config.
type Pipeline struct {
	atc.Pipeline
	Config json.RawMessage `json:"config"`
	// Status, if it is not 0, is the answer's status instead of the config.
	Status int `json:"status"`
}

// ATC answers requests. It calls Load for each request.
type ATC struct {
	Load func() (*Data, error)
	// Answer, if it is set and returns true, has answered in place of the ATC.
	Answer func(w http.ResponseWriter, r *http.Request) bool
	// Checked is called for each check that was asked for, as TEAM/PIPELINE[/VARS]/RESOURCE.
	Checked func(check string)

	mu       sync.Mutex
	requests []string
}

// Holding makes an ATC with data that the test may change between requests.
func Holding(d *Data) *ATC { return &ATC{Load: func() (*Data, error) { return d, nil }} }

// Token is the bearer token of a user.
func Token(user string) string { return "bearer-of-" + user }

// Requests are the methods and URLs of all requests since the last call.
func (a *ATC) Requests() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := a.requests
	a.requests = nil
	return list
}

func (a *ATC) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.requests = append(a.requests, r.Method+" "+r.URL.RequestURI())
	a.mu.Unlock()
	if a.Answer != nil && a.Answer(w, r) {
		return
	}
	w.Header().Set("X-Concourse-Version", "7.14.2")
	data, err := a.Load()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if !data.Date.IsZero() {
		w.Header().Set("Date", data.Date.UTC().Format(http.TimeFormat))
	}
	request := &request{atc: a, data: data, w: w, r: r}
	if r.URL.Path == "/sky/issuer/token" {
		request.logIn()
		return
	}
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	name, _ := strings.CutPrefix(bearer, Token(""))
	user, ok := data.Users[name]
	if !ok {
		http.Error(w, "not authorized", http.StatusUnauthorized)
		return
	}
	request.user = user
	request.serve()
}

// request is one request, with its user.
type request struct {
	atc  *ATC
	data *Data
	user User
	w    http.ResponseWriter
	r    *http.Request
}

func (q *request) logIn() {
	id, secret, _ := q.r.BasicAuth()
	user := q.data.Users[q.r.FormValue("username")]
	if id != "fly" || secret != "Zmx5" || user.Password == "" || user.Password != q.r.FormValue("password") {
		http.Error(q.w, `{"error":"access_denied"}`, http.StatusUnauthorized)
		return
	}
	q.answer(map[string]any{"access_token": Token(q.r.FormValue("username")), "token_type": "bearer", "expires_in": 86400})
}

func (q *request) serve() {
	path, ok := strings.CutPrefix(q.r.URL.Path, "/api/v1/")
	parts := strings.Split(path, "/")
	switch {
	case !ok:
		http.NotFound(q.w, q.r)
	case path == "info":
		q.answer(atc.Info{Version: cmp.Or(q.data.Version, "7.14.2"), FeatureFlags: map[string]bool{"global_resources": q.data.GlobalResources}})
	case path == "user":
		q.answer(atc.UserInfo{IsAdmin: q.user.Admin, Teams: q.user.Teams})
	case path == "teams":
		q.teams()
	case path == "workers":
		q.answer([]atc.Worker{{Name: "worker", ResourceTypes: q.data.ResourceTypes}})
	case path == "pipelines":
		q.pipelines()
	case len(parts) == 4 && parts[0] == "teams" && parts[2] == "pipelines":
		q.pipeline(parts[1], parts[3])
	case len(parts) == 5 && parts[0] == "teams" && parts[2] == "pipelines" && parts[4] == "config":
		q.config(parts[1], parts[3])
	case len(parts) == 7 && parts[0] == "teams" && parts[4] == "resources" && parts[6] == "check" && q.r.Method == http.MethodPost:
		q.check(parts[1], parts[3], parts[5])
	default:
		http.NotFound(q.w, q.r)
	}
}

func (q *request) answer(v any) {
	q.w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(q.w).Encode(v)
}

func (q *request) teams() {
	list := []atc.Team{}
	for i, name := range q.data.Teams {
		list = append(list, atc.Team{ID: i + 1, Name: name})
	}
	q.answer(list)
}

// mayRead reports whether the user has a role in the team.
func (q *request) mayRead(team string) bool { return q.user.Admin || len(q.user.Teams[team]) > 0 }

func (q *request) pipelines() {
	list := []atc.Pipeline{}
	for _, p := range q.data.Pipelines {
		if p.Public || q.mayRead(p.TeamName) {
			list = append(list, p.Pipeline)
		}
	}
	q.answer(list)
}

// find finds the pipeline that the URL names, or answers 404.
func (q *request) find(team, name string) *Pipeline {
	vars, err := atc.InstanceVarsFromQueryParams(q.r.URL.Query())
	if err != nil {
		http.Error(q.w, err.Error(), http.StatusBadRequest)
		return nil
	}
	for i := range q.data.Pipelines {
		p := &q.data.Pipelines[i]
		if p.TeamName == team && p.Name == name && reflect.DeepEqual(p.InstanceVars, vars) {
			return p
		}
	}
	http.NotFound(q.w, q.r)
	return nil
}

func (q *request) pipeline(team, name string) {
	p := q.find(team, name)
	switch {
	case p == nil:
	case !p.Public && !q.mayRead(team):
		http.Error(q.w, "forbidden", http.StatusForbidden)
	default:
		q.answer(p.Pipeline)
	}
}

func (q *request) config(team, name string) {
	p := q.find(team, name)
	switch {
	case p == nil:
	case !q.mayRead(team):
		http.Error(q.w, "forbidden", http.StatusForbidden)
	case p.Status != 0:
		http.Error(q.w, http.StatusText(p.Status), p.Status)
	case p.Archived:
		http.NotFound(q.w, q.r)
	default:
		q.w.Header().Set(atc.ConfigVersionHeader, fmt.Sprint(p.LastUpdated))
		q.answer(map[string]any{"config": p.Config})
	}
}

func (q *request) check(team, name, resource string) {
	p := q.find(team, name)
	if p == nil {
		return
	}
	roles := q.user.Teams[team]
	if !q.user.Admin && !slices.Contains(roles, "pipeline-operator") && !slices.Contains(roles, "member") && !slices.Contains(roles, "owner") {
		http.Error(q.w, "forbidden", http.StatusForbidden)
		return
	}
	if q.atc.Checked != nil {
		q.atc.Checked(team + "/" + p.Ref().String() + "/" + resource)
	}
	q.w.WriteHeader(http.StatusCreated)
	_, _ = q.w.Write([]byte(`{"id": 1}`))
}
