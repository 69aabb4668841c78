package selfsync_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

func readFile(path string) (string, error) {
	content, err := os.ReadFile(path)
	return string(content), err
}

// status is the status of a build of TEAM/PIPELINE[/VARS]/JOB, or "" before the build exists.
func (s *scene) status(job string, number int) string {
	s.t.Helper()
	var builds []struct {
		Name   string `json:"name"`
		Status string `json:"status"`
	}
	team, job, _ := strings.Cut(job, "/")
	s.must(json.Unmarshal([]byte(s.fly("builds", "--team", team, "-j", job, "--json")), &builds))
	for _, b := range builds {
		if b.Name == strconv.Itoa(number) {
			return b.Status
		}
	}
	return ""
}

// succeeded waits until a build of a job has succeeded.
func (s *scene) succeeded(job string, number int) {
	s.t.Helper()
	s.finished(job, number, "succeeded")
}

// finished waits until a build of a job has ended, and checks that its status is one of these.
func (s *scene) finished(job string, number int, statuses ...string) {
	s.t.Helper()
	status := ""
	s.until(fmt.Sprintf("%s build %d", job, number), limit, func() error {
		if status = s.status(job, number); status == "" || status == "pending" || status == "started" {
			return fmt.Errorf("its status is %q", status)
		}
		return nil
	})
	if !slices.Contains(statuses, status) {
		team, name, _ := strings.Cut(job, "/")
		out, _ := s.stack.Fly(s.ctx, "watch", "--team", team, "-j", name, "-b", strconv.Itoa(number))
		s.t.Fatalf("%s build %d: status is %s, want one of %v:\n%s", job, number, status, statuses, out)
	}
}

// hasBuilt returns nil if a build of a job has succeeded.
func (s *scene) hasBuilt(job string, number int) error {
	if status := s.status(job, number); status != "succeeded" {
		return fmt.Errorf("build %d of %s is %q", number, job, status)
	}
	return nil
}

// hasVersions returns nil if a resource has this number of versions.
func (s *scene) hasVersions(resource string, want int) error {
	s.t.Helper()
	var versions []struct{}
	s.must(json.Unmarshal([]byte(s.fly("resource-versions", "-r", resource, "--json")), &versions))
	if len(versions) != want {
		return fmt.Errorf("%s has %d versions, want %d", resource, len(versions), want)
	}
	return nil
}
