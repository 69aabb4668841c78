package deploy_test

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/server/commands"
)

const unit = "systemd/concourse-resource-endpoints"

// TestSystemdSettings: what the service sets are settings of the server, and systemd waits for the server to end.
func TestSystemdSettings(t *testing.T) {
	t.Parallel()
	var help bytes.Buffer
	if err := commands.Run(t.Context(), []string{"--help"}, &help, &help); err != nil {
		t.Fatal(err)
	}
	service := read(t, unit+".service")
	set := regexp.MustCompile(`(?m)^Environment=([A-Z_]+)=\S+$`).FindAllStringSubmatch(service, -1)
	for _, match := range set {
		if name := match[1]; name != "GITHUB_WEBHOOK_SECRET" && !strings.Contains(help.String(), "$"+name) {
			t.Errorf("the server has no setting %s:\n%s", name, help.String())
		}
	}
	if want := strings.Count(service, "\nEnvironment="); len(set) != want || want == 0 {
		t.Errorf("%d settings, of which %d can be read", want, len(set))
	}
	stop := regexp.MustCompile(`(?m)^TimeoutStopSec=(\d+)$`).FindStringSubmatch(service)
	if stop == nil {
		t.Fatal("no TimeoutStopSec")
	}
	if seconds, err := strconv.Atoi(stop[1]); err != nil || seconds <= 30 {
		t.Errorf("systemd kills the server after %s s, while its last deliveries may take 30 s", stop[1])
	}
}

// TestSystemdSandbox: the service has no rights, no other user's files or processes, and files that only its user reads.
func TestSystemdSandbox(t *testing.T) {
	t.Parallel()
	service := read(t, unit+".service")
	for _, line := range []string{
		"DynamicUser=yes", "UMask=0077", "StateDirectoryMode=0700", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict",
		"ProtectHome=yes", "PrivateTmp=yes", "ProtectProc=invisible", "ProtectKernelLogs=yes",
		"SystemCallFilter=@system-service",
	} {
		if !strings.Contains(service, "\n"+line+"\n") {
			t.Errorf("the service lacks %s", line)
		}
	}
}

// TestSystemdSocket: the service gets the socket of the other unit, and can reach all that it reads.
func TestSystemdSocket(t *testing.T) {
	t.Parallel()
	service, socket := read(t, unit+".service"), read(t, unit+".socket")
	for _, line := range []string{"Requires=concourse-resource-endpoints.socket", "After=concourse-resource-endpoints.socket "} {
		if !strings.Contains(service, "\n"+line) {
			t.Errorf("the service lacks %s", line)
		}
	}
	if !strings.Contains(socket, "\nListenStream=") || !strings.Contains(socket, "\nWantedBy=sockets.target\n") {
		t.Errorf("the socket unit is\n%s", socket)
	}
	loaded := regexp.MustCompile(`(?m)^LoadCredential=([a-z-]+):/`).FindAllStringSubmatch(service, -1)
	used := regexp.MustCompile(`(?m)^Environment=[A-Z_]+=file:%d/([a-z-]+)$`).FindAllStringSubmatch(service, -1)
	if len(loaded) != len(used) || len(used) == 0 {
		t.Fatalf("%d secrets are loaded, and %d are used", len(loaded), len(used))
	}
	for i := range used {
		if used[i][1] != loaded[i][1] {
			t.Errorf("the secret %s is used, and %s is loaded", used[i][1], loaded[i][1])
		}
	}
}
